"""Keys made by the node (RFC 7030 4.4): read with Python's email and cryptography, opened with openssl cms."""
import base64
import email
import hashlib
import re
import socket
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ObjectIdentifier

from der import oid, tlv
from node import Identity, Node, Refused, make_csr, make_key

DECRYPT_KEY_ID = ObjectIdentifier("1.2.840.113549.1.9.16.2.37")
ASYMMETRIC_DECRYPT_KEY_ID = ObjectIdentifier("1.2.840.113549.1.9.16.2.54")
SMIME_CAPABILITIES = ObjectIdentifier("1.2.840.113549.1.9.15")
OAEP = bytes.fromhex("06092a864886f70d010107")
AES_128 = bytes.fromhex("0609608648016503040102")
AES_256 = bytes.fromhex("060960864801650304012a")
KEY_PACKAGE = "2.16.840.1.101.2.1.2.78.5"
USAGES = 'key_usage=["digitalSignature","keyEncipherment","keyAgreement"]'


def capabilities(*ciphers):
    return tlv(0x30, *(tlv(0x30, cipher) for cipher in ciphers))


def with_attributes(csr, *attributes):
    """The same request with these attributes (OID, DER value): its signature is wrong now, and counts for nothing."""
    from_python = x509.load_der_x509_csr(csr)
    rows = [tlv(0x30, oid(name.dotted_string), tlv(0x31, value)) for name, value in attributes]
    spki = from_python.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = tlv(0x30, b"\x02\x01\x00", from_python.subject.public_bytes(), spki, tlv(0xa0, *rows))
    return tlv(0x30, info, bytes.fromhex("300a06082a8648ce3d040302"), b"\x03\x03\x00\x30\x00")


def parts(answer):
    """The two parts' media types and DER; what a client would read with a library for mail."""
    assert answer.status == 200, (answer.status, answer.text)
    message = email.message_from_bytes(b"Content-Type: " + answer.headers["Content-Type"].encode() + b"\r\n\r\n" + answer.body)
    assert message.get_content_type() == "multipart/mixed"
    found = message.get_payload()
    assert len(found) == 2 and all(part["Content-Transfer-Encoding"] == "base64" for part in found)
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    return [(part["Content-Type"], part.get_payload(decode=True)) for part in found]


def certificate_of(part):
    assert part[0] == "application/pkcs7-mime; smime-type=certs-only"
    (certificate,) = pkcs7.load_der_pkcs7_certificates(part[1])
    return certificate


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def node():
    with Node() as running:
        running.set_profile("demo-tls", "serverkeygen=true", "identity=any", USAGES)
        running.set_profile("demo", USAGES)
        running.wait(lambda: keygen(running, make_csr(make_key(), "probe")).status != 404, "serverkeygen to be there", 10)
        yield running


def keygen(node, csr, identity=None, profile="demo-tls", **options):
    return node.post_csr("serverkeygen", csr, profile, identity=identity, **options)


def test_skg_05_is_off_until_switched_on(node):
    device = node.device("off")
    answer = keygen(node, make_csr(make_key(), "off"), device, profile="demo")
    assert answer.status == 404
    answer = node.request("GET", "/.well-known/est/demo-tls/serverkeygen")
    assert answer.status == 405 and answer.headers["Allow"] == "POST"


def test_skg_05_never_by_a_shared_passphrase(node):
    with pytest.raises(Refused) as refused:
        node.set_profile("demo", "serverkeygen=true")
    assert "serverkeygen" in refused.value.text
    answer = keygen(node, make_csr(make_key(), "stranger"), headers=node.basic())
    assert answer.status == 403 and "no_client_cert" in answer.text
    answer = keygen(node, make_csr(make_key(), "stranger"))
    assert answer.status == 403


def test_skg_05_not_by_passphrase_where_either_is_taken():
    with Node() as node:
        node.set_profile("demo", "auth=either", "serverkeygen=true")
        node.wait(lambda: keygen(node, make_csr(make_key(), "probe"), profile="demo").status != 404, "serverkeygen", 10)
        answer = keygen(node, make_csr(make_key(), "stranger"), profile="demo", headers=node.basic())
        assert answer.status == 403 and "no_client_cert" in answer.text
        assert keygen(node, make_csr(make_key(), "dev"), node.device("dev"), profile="demo").status == 200


def test_skg_02_two_parts_the_key_first(node):
    device = node.device("skg-2")
    answer = keygen(node, make_csr(make_key(), "skg-2"), device)
    (key_type, key_der), certificate_part = parts(answer)
    assert key_type == "application/pkcs8"
    key = serialization.load_der_private_key(key_der, None)
    certificate = certificate_of(certificate_part)
    assert spki(key.public_key()) == spki(certificate.public_key())
    assert certificate.subject.rfc4514_string() == "CN=skg-2"
    # and it serves as what it is: the new identity authenticates
    fresh = Identity(node.folder, key, certificate)
    assert node.reenroll(make_csr(make_key(), "skg-2"), fresh, profile="demo-tls").status in (200, 403)
    assert node.enroll(make_csr(make_key(), "skg-2"), profile="demo-tls", identity=fresh).status in (200, 403)


def test_skg_01_signature_and_key_count_for_nothing(node):
    device = node.device("skg-1")
    junk = with_attributes(make_csr(make_key(), "skg-1"))
    assert subprocess.run(["openssl", "req", "-inform", "DER", "-verify", "-noout"], input=junk, capture_output=True).stderr.find(b"OK") < 0
    answer = keygen(node, junk, device)
    certificate = certificate_of(parts(answer)[1])
    assert spki(certificate.public_key()) not in junk
    # all else counts
    assert keygen(node, junk + b"\0", device).status == 400
    assert keygen(node, b"\x30\x00", device).status == 400
    assert "csr_malformed" in keygen(node, with_attributes(make_csr(make_key(), "x"), (SMIME_CAPABILITIES, b"\x04\x00")), device).text


@pytest.mark.parametrize("asked, kind, size", [("p384", ec.EllipticCurvePrivateKey, 384), ("rsa3072", rsa.RSAPrivateKey, 3072),
                                               ("rsa1024", rsa.RSAPrivateKey, 2048)])
def test_skg_01_the_kind_is_asked_for_by_the_csrs_key(node, asked, kind, size):
    device = node.device(f"kind-{asked}")
    (_, der), _ = parts(keygen(node, make_csr(make_key(asked), f"kind-{asked}"), device))
    key = serialization.load_der_private_key(der, None)
    assert isinstance(key, kind) and key.key_size == size


def test_the_profile_decides_what_kind(node):
    with Node() as other:
        other.set_profile("demo-tls", "serverkeygen=true", "identity=any", "key.types=[\"p521\"]")
        other.wait(lambda: keygen(other, make_csr(make_key(), "probe")).status != 404, "serverkeygen", 10)
        (_, der), _ = parts(keygen(other, make_csr(make_key("ed25519"), "any"), other.device("any")))
        assert serialization.load_der_private_key(der, None).key_size == 521


def test_skg_04_a_retry_gives_another_key_and_nothing_is_kept(node):
    device = node.device("skg-4")
    csr = make_csr(make_key(), "skg-4")
    first, second = (parts(keygen(node, csr, device)) for _ in range(2))
    assert first[0][1] != second[0][1]
    assert certificate_of(first[1]).serial_number != certificate_of(second[1]).serial_number
    numbers = serialization.load_der_private_key(first[0][1], None).private_numbers()
    secret = numbers.private_value.to_bytes(32, "big")
    needles = (secret, secret.hex().encode(), base64.b64encode(first[0][1])[:40])
    for path in [node.log_path, *(node.folder / "state").rglob("*")]:
        if path.is_file():
            content = path.read_bytes()
            assert not any(needle in content for needle in needles), path


def test_names_are_judged_as_in_any_enrollment():
    with Node() as node:
        node.set_profile("demo-tls", "serverkeygen=true")
        node.wait(lambda: keygen(node, make_csr(make_key(), "probe")).status != 404, "serverkeygen", 10)
        answer = keygen(node, make_csr(make_key(), "somebody-else"), node.device("myself"))
        assert answer.status == 403 and "name_not_authorized" in answer.text


# -- on the wire --

def records_of(node, identity, version, request):
    """Sends the request; the decrypted answer, and how many TLS records of application data came with it."""
    context = node.tls(identity, version)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", node.port), timeout=20) as peer:
        def receive():
            octets = peer.recv(65536)
            assert octets, "the node closed the connection"
            incoming.write(octets)
            return octets

        def through(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    peer.sendall(outgoing.read())
                    seen.append(receive())
                finally:
                    if outgoing.pending:
                        peer.sendall(outgoing.read())
        seen, answer = [], b""
        through(tls.do_handshake)
        with pytest.raises(ssl.SSLWantReadError):
            tls.read(1)  # whatever tickets came are read before
        seen = []
        through(lambda: tls.write(request))
        while not is_whole(answer):
            answer += through(lambda: tls.read(65536))
    wire, types = b"".join(seen), []
    while wire:
        types.append(wire[0])
        wire = wire[5 + int.from_bytes(wire[3:5], "big"):]
    return answer, types.count(23)


def is_whole(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head + b"\r\n")
    return bool(end) and (not length or len(body) >= int(length[1]))


@pytest.mark.parametrize("kind", ["p256", "rsa4096"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_skg_02_one_record_with_content_length_and_nothing_but_the_two_parts(node, version, kind):
    name = f"wire-{version.name}-{kind}"
    device, body = node.device(name), base64.b64encode(make_csr(make_key(kind), name))
    request = (f"POST /.well-known/est/demo-tls/serverkeygen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pkcs10\r\n"
               f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    answer, records = records_of(node, device, version, request)
    assert records == 1
    head, _, content = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    fields = dict(line.split(": ", 1) for line in lines[1:])
    assert int(fields["Content-Length"]) == len(content) and "Transfer-Encoding" not in fields
    boundary = re.fullmatch(r'multipart/mixed; boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', fields["Content-Type"])[1]
    part = "--{}\r\nContent-Type: {}\r\nContent-Transfer-Encoding: base64\r\n\r\n([A-Za-z0-9+/]+={{0,2}})\n\r\n"
    whole = "".join(part.format(re.escape(boundary), re.escape(kind_of)) for kind_of in
                    ("application/pkcs8", "application/pkcs7-mime; smime-type=certs-only")) + f"--{re.escape(boundary)}--\r\n"
    found = re.fullmatch(whole, content.decode())
    assert found, content
    key = serialization.load_der_private_key(base64.b64decode(found[1], validate=True), None)
    (certificate,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(found[2], validate=True))
    assert spki(key.public_key()) == spki(certificate.public_key())


# -- encrypted, beside what TLS does --

def key_id(identity):
    return identity.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def ask_encrypted(node, device, name, identifier, *ciphers, named_by=ASYMMETRIC_DECRYPT_KEY_ID):
    attributes = [(named_by, tlv(4, identifier))]
    if ciphers:
        attributes.append((SMIME_CAPABILITIES, capabilities(*ciphers)))
    return keygen(node, with_attributes(make_csr(make_key(), name), *attributes), device)


def open_with_openssl(node, device, der):
    """What the recipient does: decrypt, check the CA's signature, take the key out of its package."""
    envelope, recipient = node.folder / "envelope.der", node.folder / "recipient.pem"
    envelope.write_bytes(der)
    recipient.write_bytes(device.certificate.public_bytes(serialization.Encoding.PEM))
    opened = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-in", envelope, "-recip", recipient, "-inkey", device.path, "-binary"],
                            capture_output=True)
    assert opened.returncode == 0, opened.stderr
    signed = node.folder / "signed.der"
    signed.write_bytes(tlv(0x30, bytes.fromhex("06092a864886f70d010702"), tlv(0xa0, opened.stdout)))
    checked = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", signed, "-CAfile", node.folder / "ca.pem", "-purpose", "any",
                              "-binary"], capture_output=True)
    assert checked.returncode == 0, checked.stderr
    printed = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", signed], capture_output=True).stdout.decode()
    assert KEY_PACKAGE in printed
    package = checked.stdout
    header = 2 + (package[1] & 127 if package[1] & 128 else 0)
    return serialization.load_der_private_key(package[header:], None)


def describe(der):
    return subprocess.run(["openssl", "cms", "-cmsout", "-print", "-inform", "DER"], input=der, capture_output=True).stdout.decode()


@pytest.mark.parametrize("kind, ciphers, says", [
    ("p256", (AES_256,), ("aes-256-cbc", "dhSinglePass-stdDH-sha256kdf-scheme")),
    ("p384", (AES_128,), ("aes-128-cbc", "dhSinglePass-stdDH-sha256kdf-scheme")),
    ("rsa2048", (AES_128, AES_256), ("aes-256-cbc", "rsaEncryption")),
    ("rsa2048", (AES_256, OAEP), ("aes-256-cbc", "rsaesOaep")),
])
def test_skg_03_to_the_key_of_the_client_certificate(node, kind, ciphers, says):
    name = f"skg-3-{kind}-{len(ciphers)}"
    device = node.device(name, kind)
    key_part, certificate_part = parts(ask_encrypted(node, device, name, key_id(device), *ciphers))
    assert key_part[0] == "application/pkcs7-mime; smime-type=server-generated-key"
    text = describe(key_part[1])
    assert all(word in text for word in says), text
    assert tlv(4, key_id(device)) in key_part[1] or tlv(0x80, key_id(device)) in key_part[1]
    key = open_with_openssl(node, device, key_part[1])
    assert spki(key.public_key()) == spki(certificate_of(certificate_part).public_key())


def test_skg_03_an_unknown_key_is_refused_never_plain(node):
    device = node.device("unknown-key")
    for answer in (ask_encrypted(node, device, "unknown-key", b"\1" * 20, AES_256),
                   ask_encrypted(node, device, "unknown-key", key_id(device), AES_256, named_by=DECRYPT_KEY_ID),
                   ask_encrypted(node, device, "unknown-key", key_id(device)),
                   ask_encrypted(node, device, "unknown-key", key_id(device), OAEP)):
        assert answer.status == 400 and "decrypt_key" in answer.text, answer.text


def test_skg_03_a_key_that_may_not_encrypt_is_refused():
    with Node() as node:
        node.set_profile("demo-tls", "serverkeygen=true", "identity=any")
        node.wait(lambda: keygen(node, make_csr(make_key(), "probe")).status != 404, "serverkeygen", 10)
        device = node.device("signs-only")
        answer = ask_encrypted(node, device, "signs-only", key_id(device), AES_256)
        assert answer.status == 400 and "keyAgreement" in answer.text
        edwards = node.device("edwards", "ed25519")
        answer = ask_encrypted(node, edwards, "edwards", key_id(edwards), AES_256)
        assert answer.status == 400 and "ed25519" in answer.text


def test_skg_03_the_key_by_its_hash(node):
    """A client may name its key by the hash of RFC 5280 4.2.1.2 where the certificate says something else or nothing."""
    device = node.device("by-hash", "rsa2048")
    bits = device.certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert parts(ask_encrypted(node, device, "by-hash", hashlib.sha1(bits).digest(), AES_256))[0][0].endswith("server-generated-key")
