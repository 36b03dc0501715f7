"""DER by hand, for what no library writes or reads."""


def tlv(tag, *contents):
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(length)]) + length + body


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    octets = bytearray()
    for arc in (first * 40 + second, *rest):
        digits = [arc & 127]
        while arc := arc >> 7:
            digits.insert(0, arc & 127 | 128)
        octets += bytes(digits)
    return tlv(6, bytes(octets))


def read(der):
    """The elements one after the other: (tag, contents, whole)."""
    while der:
        tag, length, start = der[0], der[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7f)
            length = int.from_bytes(der[2:start], "big")
        yield tag, der[start:start + length], der[:start + length]
        der = der[start + length:]


def inside(der):
    """The contents' elements of the only element."""
    ((_, contents, _),) = read(der)
    return list(read(contents))
