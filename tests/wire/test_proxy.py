"""The PROXY protocol on its own listeners: who is believed, and who is named."""
import socket
import ssl
import struct

import pytest

import wire

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def v2(command=0x21, family=0x11, block=None, tlvs=b"", length=None):
    block = socket.inet_aton("198.51.100.7") + socket.inet_aton("192.0.2.1") + b"\x10\x00\x20\x00" \
        if block is None else block
    rest = block + tlvs
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(rest) if length is None else length) + rest


def crc32c(octets):
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def with_checksum(wrong=0):
    header = v2(tlvs=b"\x01\x00\x02h2\x03\x00\x04\0\0\0\0")
    return header[:-4] + struct.pack("!I", crc32c(header) ^ wrong)


def unix_block():
    return b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0")


def v6_block(text):
    return socket.inet_pton(socket.AF_INET6, text) + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + b"\0\1\0\2"


NAMED = {
    "v1 tcp4": (b"PROXY TCP4 198.51.100.7 192.0.2.1 4096 8192\r\n", "198.51.100.7"),
    "v1 tcp6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7"),
    "v2 tcp4": (v2(), "198.51.100.7"),
    "v2 tcp6": (v2(family=0x21, block=v6_block("2001:db8::7")), "2001:db8::7"),
    "v2 checksum": (with_checksum(), "198.51.100.7"),
    "v2 tlvs": (v2(tlvs=b"\x02\x00\x05a.org\x04\x00\x00"), "198.51.100.7"),
}

UNNAMED = {
    "v1 unknown": b"PROXY UNKNOWN\r\n",
    "v1 unknown with addresses": b"PROXY UNKNOWN 198.51.100.7 192.0.2.1 4096 8192\r\n",
    "v1 v4 in v6": b"PROXY TCP6 ::ffff:198.51.100.7 ::ffff:192.0.2.1 4096 8192\r\n",
    "v2 local": v2(command=0x20, family=0, block=b""),
    "v2 local with addresses": v2(command=0x20),
    "v2 unspecified": v2(family=0, block=b""),
    "v2 unix": v2(family=0x31, block=unix_block()),
    "v2 v4 in v6": v2(family=0x21, block=v6_block("::ffff:198.51.100.7")),
}

REFUSED = {
    "none": REQUEST,
    "client hello": b"\x16\x03\x01\x02\x00\x01",
    "lower case": b"proxy TCP4 198.51.100.7 192.0.2.1 4096 8192\r\n",
    "v1 232 octets": b"PROXY TCP4 " + b"1" * 219 + b"\r\n",
    "v1 107 octets without end": b"PROXY UNKNOWN " + b"x" * 93,
    "v1 bare LF": b"PROXY TCP4 198.51.100.7 192.0.2.1 4096 8192\n",
    "v1 two spaces": b"PROXY TCP4  198.51.100.7 192.0.2.1 4096 8192\r\n",
    "v1 a word too many": b"PROXY TCP4 198.51.100.7 192.0.2.1 4096 8192 1\r\n",
    "v1 a word too few": b"PROXY TCP4 198.51.100.7 192.0.2.1 4096\r\n",
    "v1 port": b"PROXY TCP4 198.51.100.7 192.0.2.1 65536 8192\r\n",
    "v1 leading zero": b"PROXY TCP4 198.51.100.07 192.0.2.1 4096 8192\r\n",
    "v1 family": b"PROXY UDP4 198.51.100.7 192.0.2.1 4096 8192\r\n",
    "v1 v6 in tcp4": b"PROXY TCP4 2001:db8::7 192.0.2.1 4096 8192\r\n",
    "v1 v4 in tcp6": b"PROXY TCP6 198.51.100.7 192.0.2.1 4096 8192\r\n",
    "v1 NUL": b"PROXY TCP4 198.51.100.7\0 192.0.2.1 4096 8192\r\n",
    "v2 version 1": v2(command=0x11),
    "v2 command 2": v2(command=0x22),
    "v2 udp": v2(family=0x12),
    "v2 family 4": v2(family=0x41),
    "v2 short block": v2(block=b"\x01\x02\x03"),
    "v2 length 65535": v2(length=65535),
    "v2 tlv cut short": v2(tlvs=b"\x02\x00"),
    "v2 tlv too long": v2(tlvs=b"\x02\x00\x09ab"),
    "v2 wrong checksum": with_checksum(1),
    "v2 checksum of two octets": v2(tlvs=b"\x03\x00\x02ab"),
}


def rejected(peer):
    """Closed without a word."""
    try:
        return peer.recv(4096) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("name", NAMED)
def test_a_trusted_proxy_names_the_client(server, name):
    header, address = NAMED[name]
    with server.connect("proxy") as peer:
        peer.sendall(header + REQUEST)
        facts = wire.Reader(peer).answer().facts()
    assert (facts["peer"], facts["unknown"]) == (address, "0")


@pytest.mark.parametrize("name", UNNAMED)
def test_ip_17a_nobody_is_named(server, name):
    with server.connect("proxy") as peer:
        peer.sendall(UNNAMED[name] + REQUEST)
        facts = wire.Reader(peer).answer().facts()
    assert (facts["peer"], facts["unknown"]) == ("127.0.0.1", "1")


@pytest.mark.parametrize("name", REFUSED)
def test_ip_16_no_sound_header(server, name):
    with server.connect("proxy") as peer:
        peer.sendall(REFUSED[name])
        assert rejected(peer)


@pytest.mark.parametrize("name", ["v1 tcp4", "v2 checksum"])
def test_octet_by_octet_then_tls(server, name):
    header, address = NAMED[name]
    with server.connect("proxy_tls") as raw:
        for octet in header:
            raw.sendall(bytes([octet]))
        with wire.client_context().wrap_socket(raw) as peer:
            assert wire.ask(peer)["peer"] == address


def test_header_and_client_hello_in_one_segment(server):
    """Reading the header must leave the hello where TLS finds it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = wire.client_context().wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    with server.connect("proxy_tls") as raw:
        raw.sendall(NAMED["v2 tcp4"][0] + outgoing.read())
        assert raw.recv(5)[:3] == b"\x16\x03\x03"


def test_ip_15_an_untrusted_peer_is_not_heard(server):
    for listener in ("proxy", "proxy_tls"):
        with server.connect(listener, source="127.0.0.2") as peer:
            assert rejected(peer)


def test_ip_15_on_a_listener_without_it(server):
    with server.connect("plain") as peer:
        peer.sendall(NAMED["v1 tcp4"][0] + REQUEST)
        reader = wire.Reader(peer)
        assert reader.answer().status == 400
        reader.assert_closed()
    with server.connect("plain") as peer:
        peer.sendall(NAMED["v2 tcp4"][0] + REQUEST)
        assert wire.Reader(peer).answer().status == 400
    with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as peer:
        peer.sendall(NAMED["v2 tcp4"][0])
        while peer.recv(4096):
            pass


def test_ip_17b_a_header_twice(server):
    with server.connect("proxy") as peer:
        peer.sendall(NAMED["v1 tcp4"][0] * 2 + REQUEST)
        reader = wire.Reader(peer)
        assert reader.answer().status == 400
        reader.assert_closed()


def test_ip_17b_a_header_inside_tls(server):
    with server.connect("tls") as peer:
        peer.sendall(NAMED["v1 tcp4"][0] + REQUEST)
        assert wire.Reader(peer).answer().status == 400


def test_the_gate_is_asked_about_the_client_that_was_named(server):
    """http_echo turns 127.0.0.66 away."""
    with server.connect("plain", source="127.0.0.66") as peer:
        assert rejected(peer)
    with server.connect("proxy") as peer:
        peer.sendall(b"PROXY TCP4 127.0.0.66 192.0.2.1 1 2\r\n" + REQUEST)
        assert rejected(peer)


def test_ip_16_a_header_cut_short(server):
    for header in (b"PROXY TC", SIGNATURE[:5], v2()[:20]):
        with server.connect("proxy") as peer:
            peer.sendall(header)
            peer.shutdown(socket.SHUT_WR)
            assert rejected(peer)


def test_ip_16_a_late_header(folder, identity):
    with wire.Server(folder, identity, handshake_ms=300) as server:
        with server.connect("proxy") as peer:
            peer.sendall(b"PROXY TC")
            assert rejected(peer)


def test_the_share_of_an_address_counts_the_named_client(folder, identity):
    with wire.Server(folder, identity, connections_per_address=2) as server:
        peers = []
        for last in (1, 1, 2, 2):
            peer = server.connect("proxy")
            peer.sendall(b"PROXY TCP4 198.51.100.%d 192.0.2.1 1 2\r\n" % last + REQUEST)
            assert wire.Reader(peer).answer().status == 200
            peers.append(peer)
        with server.connect("proxy") as peer:
            peer.sendall(b"PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n" + REQUEST)
            assert rejected(peer)
        for peer in peers:
            peer.close()
