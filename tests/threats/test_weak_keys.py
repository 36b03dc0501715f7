"""Rows CS-13, CS-18, CS-19 and CS-27: keys that are weak by what the world knows of them, and names that look like others."""
import hashlib
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from node import make_csr, make_key

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE, check=True).stdout


def csr_with_modulus(prime):
    """A request whose RSA modulus is this prime, signed as only its holder could: e has an inverse modulo n - 1."""
    key = rsa.generate_private_key(65537, 2048)
    csr = make_csr(key, "cs-13")
    octets = key.public_key().public_numbers().n.to_bytes(256, "big")
    assert csr.count(octets) == 1
    csr = csr.replace(octets, prime.to_bytes(256, "big"))
    info = csr[4:4 + 4 + int.from_bytes(csr[6:8], "big")]
    digest = SHA256_INFO + hashlib.sha256(info).digest()
    padded = b"\x00\x01" + b"\xff" * (256 - 3 - len(digest)) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), pow(65537, -1, prime - 1), prime)
    return csr[:-256] + signature.to_bytes(256, "big")


def refused(node, csr):
    answer = node.enroll(csr)
    assert answer.status in (400, 403), answer.text
    return node.events("--refusals")[0]["reason"]


def test_cs_13_a_modulus_that_is_a_prime(node):
    while True:
        prime = int(openssl("prime", "-generate", "-bits", "2048"))
        if (prime - 1) % 65537:
            break
    assert refused(node, csr_with_modulus(prime)) == "key_invalid"
    assert node.enroll(make_csr(rsa.generate_private_key(65537, 2048), "cs-13 sound")).status == 200


def modulus_line(key):
    """As lists of weak keys name an RSA key: made by openssl and sha1sum, not by us."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    text = openssl("rsa", "-noout", "-modulus", data=pem)
    return hashlib.sha1(text).hexdigest()[20:]


def same_modulus(key, exponent):
    numbers = key.private_numbers()
    p, q = numbers.p, numbers.q
    d = pow(exponent, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(exponent, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def test_cs_18_and_19_keys_on_the_list(node, tmp_path):
    weak = rsa.generate_private_key(65537, 2048)
    shared = same_modulus(weak, 257)
    curve = make_key()
    spki = curve.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    listed = tmp_path / "weak.txt"
    listed.write_text(f"# known\r\n{modulus_line(weak)}\r\n\n{hashlib.sha256(spki).hexdigest().upper()}  -\n")
    assert node.ctl_json("key", "block", listed, "--remark", "test")["added"] == 2
    assert node.ctl_json("key", "block", listed)["present"] == 2
    for key in (weak, shared, curve):
        assert refused(node, make_csr(key, "cs-18")) == "key_blocklisted"
    assert node.ctl_json("key", "list")["count"] == 2
    assert [k["of"] for k in node.ctl_json("key", "list")["keys"]].count("modulus") == 1
    node.ctl("key", "unblock", modulus_line(weak))
    assert node.enroll(make_csr(shared, "cs-18")).status == 200
    listed.write_text("not a fingerprint\n")
    run = node.ctl_run("key", "block", listed)
    assert run.returncode != 0 and "line 1" in run.stderr
    node.ctl("audit", "verify")


def test_cs_27_letters_that_look_like_others(node):
    """xn--80ak6aa92e is Cyrillic and reads as apple."""
    for name in ("xn--80ak6aa92e.example", "www.XN--80ak6aa92e.example"):
        assert refused(node, make_csr(make_key(), "cs-27", san=[x509.DNSName(name)])) == "san_rule"
    node.set_profile("demo", r'san.dns.pattern=(xn--bcher-kva|[a-z]+)\.example')
    try:
        time.sleep(0.3)
        assert node.enroll(make_csr(make_key(), "cs-27", san=[x509.DNSName("xn--bcher-kva.example")])).status == 200
        assert node.enroll(make_csr(make_key(), "cs-27 b", san=[x509.DNSName("plain.example")])).status == 200
        assert refused(node, make_csr(make_key(), "cs-27 c", san=[x509.DNSName("xn--80ak6aa92e.example")])) == "san_rule"
    finally:
        node.set_profile("demo", "san.dns.pattern=null")
