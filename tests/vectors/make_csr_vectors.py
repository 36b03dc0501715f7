#!/usr/bin/python3
"""Writes csr/*.der: certification requests good and hostile, for tests/unit/pki/test_csr.c.

Every request is signed properly unless its name says otherwise, so that a refusal is never owed to
the signature by accident. The output is the same on every run.
"""
import hashlib
import os
import random

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "csr")
RANDOM = random.Random("bestow csr vectors")


# -- DER --

def length(n):
    if n < 0x80:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts):
    contents = b"".join(parts)
    return bytes([tag]) + length(len(contents)) + contents


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *parts)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def bits(octets, unused=0):
    return tlv(0x03, bytes([unused]), octets)


def octets(contents):
    return tlv(0x04, contents)


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        group = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            group.append(0x80 | arc & 0x7F)
        out += bytes(reversed(group))
    return tlv(0x06, out)


NULL = b"\x05\x00"
PKCS9 = "1.2.840.113549.1.9."
EXTENSION_REQUEST = PKCS9 + "14"
MS_EXTENSIONS = "1.3.6.1.4.1.311.2.1.14"
CHALLENGE = PKCS9 + "7"
OTP = PKCS9 + "16.2.56"
LINKING = PKCS9 + "16.2.58"
CHANGE_SUBJECT = "1.3.6.1.5.5.7.7.36"
RSA_OID = "1.2.840.113549.1.1.1"
EC_OID = "1.2.840.10045.2.1"
SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), NULL)
ECDSA_SHA256 = seq(oid("1.2.840.10045.4.3.2"))


# -- names, attributes --

def utf8(text):
    return tlv(0x0C, text.encode())


def printable(text):
    return tlv(0x13, text.encode())


def rdn(type_, value):
    return set_of(seq(oid(type_), value))


def cn(text):
    return seq(rdn("2.5.4.3", utf8(text)))


def attribute(type_, *values):
    return seq(oid(type_), set_of(*values))


def extension(type_, value, critical=False):
    return seq(oid(type_), b"\x01\x01\xff" if critical else b"", octets(value))


def san(*names):
    return extension("2.5.29.17", seq(*names))


def dns(text):
    return tlv(0x82, text.encode())


def extension_request(*extensions, type_=EXTENSION_REQUEST):
    return attribute(type_, seq(*extensions))


# -- keys --

def is_prime(n):
    if n < 2 or any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23) if n != p):
        return False
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    for _ in range(12):
        x = pow(RANDOM.randrange(2, n - 1), d, n)
        if x in (1, n - 1):
            continue
        for _ in range(s - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def next_prime(n, e=65537):
    n |= 1
    while not (is_prime(n) and (n - 1) % e):
        n += 2
    return n


def prime(size):
    return next_prime(RANDOM.getrandbits(size) | 3 << (size - 2))


def pkcs1_padded(message, size):
    digest = seq(seq(oid("2.16.840.1.101.3.4.2.1"), NULL), octets(hashlib.sha256(message).digest()))
    return b"\x00\x01" + b"\xff" * (size - 3 - len(digest)) + b"\x00" + digest


class Rsa:
    algorithm = SHA256_RSA
    key_algorithm = seq(oid(RSA_OID), NULL)

    def __init__(self, p, q, e=65537, n=None):
        self.n = n or p * q
        self.e = e
        self.size = (self.n.bit_length() + 7) // 8
        try:
            self.d = pow(e, -1, (p - 1) * (q - 1))
        except ValueError:
            self.d = 1

    def spki(self):
        return seq(self.key_algorithm, bits(seq(integer(self.n), integer(self.e))))

    def sign(self, message):
        padded = int.from_bytes(pkcs1_padded(message, self.size), "big")
        return pow(padded, self.d, self.n).to_bytes(self.size, "big")


class Pss(Rsa):
    def __init__(self, p, q, hash_oid="2.16.840.1.101.3.4.2.1", salt=32):
        super().__init__(p, q)
        digest = seq(oid(hash_oid), NULL)
        self.algorithm = seq(oid("1.2.840.113549.1.1.10"), seq(
            tlv(0xA0, digest),
            tlv(0xA1, seq(oid("1.2.840.113549.1.1.8"), digest)),
            tlv(0xA2, integer(salt))))
        self.salt = salt

    def sign(self, message):
        """EMSA-PSS of RFC 8017 9.1.1 with a fixed salt."""
        salt = b"\x5a" * self.salt
        h = hashlib.sha256(b"\0" * 8 + hashlib.sha256(message).digest() + salt).digest()
        db = b"\0" * (self.size - len(h) - len(salt) - 2) + b"\x01" + salt
        mask = b"".join(hashlib.sha256(h + i.to_bytes(4, "big")).digest() for i in range(16))
        masked = bytearray(a ^ b for a, b in zip(db, mask))
        masked[0] &= 0x7F
        encoded = int.from_bytes(bytes(masked) + h + b"\xbc", "big")
        return pow(encoded, self.d, self.n).to_bytes(self.size, "big")


class Fake:
    """A key that cannot sign: its request carries junk for a signature."""

    def __init__(self, spki, algorithm=ECDSA_SHA256):
        self.der = spki
        self.algorithm = algorithm

    def spki(self):
        return self.der

    def sign(self, message):
        return seq(integer(1), integer(1))


def junk_rsa(size, e=65537):
    return Fake(seq(Rsa.key_algorithm, bits(seq(integer(modulus(size)), integer(e)))), SHA256_RSA)


def modulus(size):
    """Odd, of exactly this size, and without a small factor, but nobody knows the factors."""
    n = RANDOM.getrandbits(size) | 1 << (size - 1) | 1
    while any(n % p == 0 for p in range(3, 1000, 2)):
        n += 2
    return n


CURVES = {
    "p256": (ec.SECP256R1(), "1.2.840.10045.3.1.7", "1.2.840.10045.4.3.2", hashlib.sha256,
             0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551),
    "p384": (ec.SECP384R1(), "1.3.132.0.34", "1.2.840.10045.4.3.3", hashlib.sha384,
             int("ffffffffffffffffffffffffffffffffffffffffffffffff"
                 "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)),
    "p521": (ec.SECP521R1(), "1.3.132.0.35", "1.2.840.10045.4.3.4", hashlib.sha512,
             int("01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                 "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", 16)),
}


class Ec:
    def __init__(self, curve="p256", secret=0x1234567890ABCDEF):
        self.curve, curve_oid, algorithm, self.hash, self.order = CURVES[curve]
        self.algorithm = seq(oid(algorithm))
        self.key_algorithm = seq(oid(EC_OID), oid(curve_oid))
        self.secret = secret
        self.numbers = ec.derive_private_key(secret, self.curve).public_key().public_numbers()
        self.width = (self.curve.key_size + 7) // 8

    def point(self):
        return b"\x04" + self.numbers.x.to_bytes(self.width, "big") + \
            self.numbers.y.to_bytes(self.width, "big")

    def spki(self):
        return seq(self.key_algorithm, bits(self.point()))

    def sign(self, message):
        digest = int.from_bytes(self.hash(message).digest(), "big")
        excess = self.hash().digest_size * 8 - self.order.bit_length()
        digest >>= max(excess, 0)
        nonce = int.from_bytes(hashlib.shake_256(b"nonce" + message).digest(self.width), "big")
        nonce = nonce % (self.order - 1) + 1
        r = ec.derive_private_key(nonce, self.curve).public_key().public_numbers().x % self.order
        s = pow(nonce, -1, self.order) * (digest + r * self.secret) % self.order
        return seq(integer(r), integer(s))


class Ed:
    algorithm = seq(oid("1.3.101.112"))

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x11" * 32)
        self.raw = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def spki(self):
        return ed_spki(self.raw)

    def sign(self, message):
        return self.key.sign(message)


def ed_spki(raw, type_="1.3.101.112"):
    return seq(seq(oid(type_)), bits(raw))


def ec_spki(point, curve="1.2.840.10045.3.1.7"):
    return seq(seq(oid(EC_OID), oid(curve)), bits(point))


# -- requests --

def info(key, subject=None, attributes=(), version=0, tail=b"", with_attributes=True):
    return seq(integer(version), subject or cn("device-1"), key.spki(),
               tlv(0xA0, *attributes) if with_attributes else b"", tail)


def sign(key, request_info, algorithm=None, signature=None, unused=0):
    if signature is None:
        signature = key.sign(request_info)
    return seq(request_info, algorithm or key.algorithm, bits(signature, unused))


def request(key, **how):
    return sign(key, info(key, **how))


EC256 = Ec()
VECTORS = {}


def add(name, der):
    assert name not in VECTORS, name
    VECTORS[name] = der


def add_good(rsa_primes):
    p, q = rsa_primes
    add("ok-p256", request(EC256))
    add("ok-p384", request(Ec("p384")))
    add("ok-p521", request(Ec("p521")))
    add("ok-ed25519", request(Ed()))
    add("ok-rsa-2048", request(Rsa(p, q)))
    add("ok-rsa-3072", request(Rsa(prime(1536), prime(1536))))
    add("ok-rsa-exponent-3", request(Rsa(next_prime(p, 3), next_prime(q, 3), e=3)))
    add("ok-rsa-pss", request(Pss(p, q)))
    add("ok-everything", request(EC256, subject=seq(
        rdn("2.5.4.6", printable("DE")), rdn("2.5.4.10", utf8("Acme")),
        rdn("2.5.4.3", utf8("device-1"))), attributes=(
            extension_request(
                san(dns("device-1.example"), tlv(0x87, bytes([192, 0, 2, 1]))),
                extension("2.5.29.15", b"\x03\x02\x07\x80", critical=True),
                extension("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.2")))),
            attribute(CHALLENGE, printable(" c2VjcmV0\n")),
            attribute(OTP, utf8("otp-value")),
            attribute(LINKING, utf8("bGlua2luZw==")),
            attribute("1.3.6.1.4.1.55555.1", printable("nobody knows"), printable("twice")))))
    for name, value in (("utf8", utf8("pässword")), ("ia5", tlv(0x16, b"p@ss_word")),
                        ("printable-odd", tlv(0x13, b"p@ss_word")),
                        ("bmp", tlv(0x1E, "pässword".encode("utf-16-be"))),
                        ("teletex", tlv(0x14, b"password")), ("255", utf8("x" * 255))):
        add("ok-challenge-" + name, request(EC256, attributes=[attribute(CHALLENGE, value)]))
    add("ok-unknown-critical-extension", request(EC256, attributes=[
        extension_request(extension("1.3.6.1.4.1.55555.2", NULL, critical=True))]))
    add("ok-extensions-of-a-ca", request(EC256, attributes=[extension_request(
        extension("2.5.29.19", seq(b"\x01\x01\xff", integer(3)), critical=True),
        extension("2.5.29.15", b"\x03\x02\x01\x06"),
        extension("2.5.29.37", seq()))]))
    new_name = cn("device-2")
    new_san = seq(dns("device-2.example"))
    add("ok-change-both", request(EC256, attributes=[
        attribute(CHANGE_SUBJECT, seq(new_name, new_san))]))
    add("ok-change-subject", request(EC256, attributes=[attribute(CHANGE_SUBJECT, seq(new_name))]))
    add("ok-change-san", request(EC256, attributes=[attribute(CHANGE_SUBJECT, seq(new_san))]))
    add("lenient-no-attributes", request(EC256, with_attributes=False))
    add("lenient-microsoft", request(EC256, attributes=[
        extension_request(san(dns("device-1.example")), type_=MS_EXTENSIONS)]))


def add_encodings():
    good = request(EC256)
    inner = info(EC256)
    body = good[3 if good[1] == 0x81 else 2 + (good[1] & 0x7F if good[1] > 0x80 else 0):]
    add("trailing-bytes", good + b"\x00")
    add("trailing-second", good + good)
    add("trailing-inside", seq(inner, EC256.algorithm, bits(EC256.sign(inner)), NULL))
    add("trailing-in-info", sign(EC256, info(EC256, tail=NULL)))
    add("ber-indefinite", b"\x30\x80" + body + b"\x00\x00")
    add("ber-length-not-minimal", b"\x30\x83" + len(body).to_bytes(3, "big") + body)
    for power in (31, 32, 63):
        n = (1 << power).to_bytes(8, "big").lstrip(b"\0")
        add("length-2-to-%d" % power, b"\x30" + bytes([0x80 | len(n)]) + n + body)
    add("version-1", sign(EC256, info(EC256, version=1)))
    add("version-minus-1", sign(EC256, info(EC256, version=-1)))
    add("version-two-octets", sign(EC256, inner.replace(b"\x02\x01\x00", b"\x02\x02\x00\x00", 1)))
    deep = b""
    for _ in range(6000):
        deep = seq(deep)
    add("nested", request(EC256, attributes=[attribute("1.3.6.1.4.1.55555.3", deep)])
        if len(deep) < 20000 else deep[:32768])
    add("too-large", request(EC256, attributes=[
        attribute("1.3.6.1.4.1.55555.4", octets(b"\0" * 33000))]))
    add("name-1000-rdns", request(EC256, subject=seq(*[rdn("2.5.4.11", utf8("x"))] * 1000)))
    add("name-empty-rdn", request(EC256, subject=seq(set_of())))
    add("name-nul", request(EC256, subject=cn("a\0b")))
    add("name-crlf", request(EC256, subject=seq(rdn("2.5.4.3", printable("a\r\nb")))))
    add("name-65", request(EC256, subject=cn("x" * 65)))


def add_signatures(rsa_primes):
    key = Rsa(*rsa_primes)
    ec_info, rsa_info = info(EC256), info(key)
    add("signature-wrong", sign(EC256, ec_info, signature=EC256.sign(ec_info + b"x")))
    add("signature-of-other-key", sign(EC256, ec_info, signature=Ec(secret=77).sign(ec_info)))
    add("signature-empty", sign(EC256, ec_info, signature=b""))
    add("signature-unused-bits", sign(EC256, ec_info, unused=3))
    add("signature-zeros", sign(EC256, ec_info, signature=seq(integer(0), integer(0))))
    add("signature-rsa-null-missing",
        sign(key, rsa_info, algorithm=seq(oid("1.2.840.113549.1.1.11"))))
    add("signature-ecdsa-null-extra",
        sign(EC256, ec_info, algorithm=seq(oid("1.2.840.10045.4.3.2"), NULL)))
    add("signature-algorithm-of-other-type", sign(EC256, ec_info, algorithm=SHA256_RSA))
    add("signature-md5", sign(key, rsa_info, algorithm=seq(oid("1.2.840.113549.1.1.4"), NULL)))
    add("signature-sha1", sign(key, rsa_info, algorithm=seq(oid("1.2.840.113549.1.1.5"), NULL)))
    add("signature-ecdsa-sha1", sign(EC256, ec_info, algorithm=seq(oid("1.2.840.10045.4.1"))))
    add("signature-pss-sha1", sign(key, rsa_info, algorithm=seq(
        oid("1.2.840.113549.1.1.10"), seq())))
    add("signature-pss-salt-20", request(Pss(*rsa_primes, salt=20)))
    add("signature-pss-shorter-salt", sign(
        Pss(*rsa_primes), rsa_info, signature=Pss(*rsa_primes, salt=20).sign(rsa_info)))


def add_rsa_keys(rsa_primes):
    p, q = rsa_primes
    forged = Rsa(p, q, e=1)
    forged_info = info(forged)
    add("rsa-e-1-forged", sign(forged, forged_info, signature=pkcs1_padded(forged_info, 256)))
    add("rsa-e-2", request(Rsa(p, q, e=2)))
    add("rsa-e-even", request(Rsa(p, q, e=65536)))
    add("rsa-e-0", request(Rsa(p, q, e=0)))
    add("rsa-e-negative", request(Fake(seq(Rsa.key_algorithm, bits(seq(
        integer(p * q), integer(-3)))), SHA256_RSA)))
    add("rsa-e-above-n", request(Rsa(p, q, e=p * q + 2)))
    add("rsa-e-long", request(Rsa(p, q, e=RANDOM.getrandbits(2046) | 1)))
    add("rsa-e-65-bits", request(Rsa(p, q, e=(1 << 64) + 1)))
    for size in (512, 1023, 1024, 2047):
        add("rsa-%d" % size, request(junk_rsa(size)))
    for size in (2050, 4104, 8192, 16384, 16392):
        add("rsa-%d" % size, request(junk_rsa(size)))
    add("rsa-65536", request(junk_rsa(65536)))
    add("rsa-2056", request(junk_rsa(2056)))
    half = p * q // 2 | 1
    while any(half % d == 0 for d in range(3, 1000, 2)):
        half += 2
    add("rsa-even", request(Rsa(p, q, n=2 * half)))
    add("rsa-factor-3", request(Rsa(3, prime(2047))))
    add("rsa-factor-997", request(Rsa(997, prime(2039))))
    negative = tlv(0x02, (p * q).to_bytes(256, "big"))
    padded = tlv(0x02, b"\0\0", (p * q).to_bytes(256, "big"))
    for name, n in (("negative", negative), ("padded", padded), ("zero", integer(0)),
                    ("empty", tlv(0x02))):
        add("rsa-modulus-" + name, request(Fake(seq(Rsa.key_algorithm, bits(seq(
            n, integer(65537)))), SHA256_RSA)))
    add("rsa-third-number", request(Fake(seq(Rsa.key_algorithm, bits(seq(
        integer(p * q), integer(65537), integer(1)))), SHA256_RSA)))
    add("rsa-parameters-absent", request(Fake(seq(seq(oid(RSA_OID)), bits(seq(
        integer(p * q), integer(65537)))), SHA256_RSA)))
    add("rsa-close-primes", request(Rsa(p, next_prime(p + 2 ** 480))))
    add("rsa-square", request(Rsa(p, p)))
    add("rsa-roca", request(Rsa(roca_prime(), roca_prime())))


def roca_prime():
    """As the flawed library made them for 2048-bit keys: k * M + (65537^a mod M)."""
    m = 1
    for n in range(2, 702):
        if all(n % d for d in range(2, int(n ** 0.5) + 1)):
            m *= n
    while True:
        k = RANDOM.getrandbits(1024 - m.bit_length()) | 3 << (1022 - m.bit_length())
        p = k * m + pow(65537, RANDOM.getrandbits(256), m)
        if p.bit_length() == 1024 and p >> 1022 == 3 and is_prime(p):
            return p


def add_ec_keys():
    point = EC256.point()
    x, y = point[1:33], point[33:]
    p = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    n = CURVES["p256"][4]
    for name, curve in (("p192", "1.2.840.10045.3.1.1"), ("p224", "1.3.132.0.33"),
                        ("secp256k1", "1.3.132.0.10"), ("sect163k1", "1.3.132.0.1"),
                        ("secp112r1", "1.3.132.0.6"),
                        ("brainpool", "1.3.36.3.3.2.8.1.1.7")):
        add("ec-" + name, request(Fake(ec_spki(point, curve))))

    def explicit(generator):
        return seq(oid(EC_OID), seq(
            integer(1), seq(oid("1.2.840.10045.1.1"), integer(p)),
            seq(octets((p - 3).to_bytes(32, "big")), octets(b.to_bytes(32, "big"))),
            octets(generator), integer(n), integer(1)))

    generator = Ec(secret=1).point()
    add("ec-explicit", request(Fake(seq(explicit(generator), bits(point)))))
    add("ec-explicit-other-generator", request(Fake(seq(explicit(point), bits(point)))))
    add("ec-implicit", request(Fake(seq(seq(oid(EC_OID), NULL), bits(point)))))
    add("ec-no-parameters", request(Fake(seq(seq(oid(EC_OID)), bits(point)))))
    add("ec-off-curve", request(Fake(ec_spki(point[:-1] + bytes([point[-1] ^ 1])))))
    add("ec-origin", request(Fake(ec_spki(b"\x04" + b"\0" * 64))))
    add("ec-infinity", request(Fake(ec_spki(b"\0"))))
    add("ec-empty", request(Fake(ec_spki(b""))))
    add("ec-compressed", request(Fake(ec_spki(bytes([2 + (y[-1] & 1)]) + x))))
    add("ec-hybrid", request(Fake(ec_spki(bytes([6 + (y[-1] & 1)]) + x + y))))
    add("ec-short", request(Fake(ec_spki(point[:-1]))))
    add("ec-long", request(Fake(ec_spki(point + b"\0"))))
    small = next(v for v in range(1, 1000) if pow(v ** 3 - 3 * v + b, (p - 1) // 2, p) == 1)
    root = pow(small ** 3 - 3 * small + b, (p + 1) // 4, p)
    assert root * root % p == (small ** 3 - 3 * small + b) % p
    add("ec-x-above-p", request(Fake(ec_spki(
        b"\x04" + (small + p).to_bytes(32, "big") + root.to_bytes(32, "big")))))
    add("ec-unused-bits", request(Fake(seq(EC256.key_algorithm, bits(point, 1)))))


def add_other_keys():
    p = 2 ** 255 - 19
    eight = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    algorithm = Ed.algorithm
    for name, raw in (("0", bytes(32)), ("1", b"\1" + bytes(31)),
                      ("1-sign", b"\1" + bytes(30) + b"\x80"),
                      ("p-minus-1", (p - 1).to_bytes(32, "little")), ("8", eight),
                      ("8-sign", eight[:31] + bytes([eight[31] | 0x80]))):
        add("ed25519-small-order-" + name, request(Fake(ed_spki(raw), algorithm)))
    add("ed25519-y-p", request(Fake(ed_spki(p.to_bytes(32, "little")), algorithm)))
    add("ed25519-y-p-plus-3", request(Fake(ed_spki((p + 3).to_bytes(32, "little")), algorithm)))
    add("ed25519-31", request(Fake(ed_spki(b"\x42" * 31), algorithm)))
    add("ed25519-33", request(Fake(ed_spki(b"\x42" * 33), algorithm)))
    add("x25519", request(Fake(ed_spki(b"\x42" * 32, "1.3.101.110"), algorithm)))
    add("ed448", request(Fake(ed_spki(b"\x42" * 57, "1.3.101.113"), algorithm)))
    for name, type_ in (("dsa", "1.2.840.10040.4.1"), ("dh", "1.2.840.10046.2.1"),
                        ("gost", "1.2.643.7.1.1.1.1"), ("rsa-pss-key", "1.2.840.113549.1.1.10"),
                        ("composite", "2.16.840.1.114027.80.8.1.1"),
                        ("unknown-key", "1.3.6.1.4.1.55555.5")):
        add(name, request(Fake(seq(seq(oid(type_), NULL), bits(seq(integer(5)))))))
    add("key-garbage", request(Fake(seq(NULL))))


def add_attributes():
    def with_attributes(name, *attributes):
        add(name, request(EC256, attributes=attributes))

    names = san(dns("device-1.example"))
    with_attributes("attribute-twice", attribute(CHALLENGE, utf8("a")),
                    attribute(CHALLENGE, utf8("a")))
    with_attributes("attribute-unknown-twice", attribute("1.3.6.1.4.1.55555.6", NULL),
                    attribute("1.3.6.1.4.1.55555.6", NULL))
    with_attributes("attributes-17", *[attribute("1.3.6.1.4.1.55555.7.%d" % i, NULL)
                                       for i in range(17)])
    with_attributes("attribute-without-value", attribute(CHALLENGE))
    with_attributes("attribute-not-sequence", NULL)
    with_attributes("challenge-two-values", attribute(CHALLENGE, utf8("a"), utf8("b")))
    with_attributes("challenge-256", attribute(CHALLENGE, utf8("x" * 256)))
    with_attributes("challenge-20000", attribute(CHALLENGE, utf8("x" * 20000)))
    with_attributes("challenge-nul", attribute(CHALLENGE, utf8("a\0b")))
    with_attributes("challenge-escape", attribute(CHALLENGE, utf8("a\x1b[2J")))
    with_attributes("challenge-octets", attribute(CHALLENGE, octets(b"abc")))
    with_attributes("challenge-bad-utf8", attribute(CHALLENGE, tlv(0x0C, b"\xc0\x80")))
    with_attributes("extensions-san-twice", extension_request(names, names))
    with_attributes("extensions-both-oids", extension_request(names),
                    extension_request(names, type_=MS_EXTENSIONS))
    with_attributes("extensions-two-values", attribute(EXTENSION_REQUEST, seq(names), seq(names)))
    with_attributes("extensions-empty-value",
                    extension_request(extension("2.5.29.15", b"")))
    with_attributes("extensions-not-sequence", attribute(EXTENSION_REQUEST, octets(b"x")))
    with_attributes("extensions-33", extension_request(
        *[extension("1.3.6.1.4.1.55555.8.%d" % i, NULL) for i in range(33)]))
    with_attributes("san-empty", extension_request(san()))
    with_attributes("san-nul", extension_request(san(dns("a\0b.example"))))
    with_attributes("san-ip-5", extension_request(san(tlv(0x87, bytes(5)))))
    with_attributes("change-empty", attribute(CHANGE_SUBJECT, seq()))
    with_attributes("change-third", attribute(CHANGE_SUBJECT, seq(
        cn("a"), seq(dns("a.example")), NULL)))
    with_attributes("change-bad-name", attribute(CHANGE_SUBJECT, seq(cn("a\0b"))))
    with_attributes("change-not-sequence", attribute(CHANGE_SUBJECT, NULL))


def add_strangers():
    validity = seq(tlv(0x17, b"250101000000Z"), tlv(0x17, b"350101000000Z"))
    tbs = seq(tlv(0xA0, integer(2)), integer(1), ECDSA_SHA256, cn("a"), validity, cn("a"),
              EC256.spki())
    add("stranger-certificate", seq(tbs, ECDSA_SHA256, bits(EC256.sign(tbs))))
    add("stranger-pkcs7", seq(oid("1.2.840.113549.1.7.2"), tlv(0xA0, seq(integer(1)))))
    add("stranger-private-key", seq(integer(0), EC256.key_algorithm,
                                    octets(seq(integer(1), octets(b"\0" * 32)))))
    add("stranger-crmf", seq(seq(seq(integer(0), seq()))))
    add("stranger-openssh", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB device\n")
    add("stranger-empty", b"")


def main():
    primes = prime(1024), prime(1024)
    add_good(primes)
    add_encodings()
    add_signatures(primes)
    add_rsa_keys(primes)
    add_ec_keys()
    add_other_keys()
    add_attributes()
    add_strangers()
    os.makedirs(HERE, exist_ok=True)
    for name, der in VECTORS.items():
        with open(os.path.join(HERE, name + ".der"), "wb") as f:
            f.write(der)
    print(len(VECTORS), "vectors")


main()
