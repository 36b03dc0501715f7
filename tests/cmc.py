"""CMC messages (RFC 5272): PKIData put together here, signed and verified by openssl."""
import base64
import datetime
import hashlib
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from der import inside, integer, oid, read, tlv
from node import spki, load_certificates

PKI_DATA, PKI_RESPONSE = "1.3.6.1.5.5.7.12.2", "1.3.6.1.5.5.7.12.3"
ID_CMC = "1.3.6.1.5.5.7.7."
SUCCESS, FAILED, PENDING = 0, 2, 3
BAD_ALG, BAD_MESSAGE_CHECK, BAD_REQUEST, BAD_CERT_ID, BAD_IDENTITY, POP_REQUIRED, POP_FAILED, NO_KEY_REUSE = 0, 1, 2, 4, 7, 8, 9, 10
SHA256_HASH = hashes.SHA256()
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
SHA256 = bytes.fromhex("300b0609608648016503040201")


def control(part, number, value):
    return tlv(0x30, integer(part), oid(ID_CMC + str(number)), tlv(0x31, value))


def pkcs10(part, csr):
    return tlv(0xa0, integer(part), csr)


def distinguished(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]).public_bytes()


def crmf(part, key, name, *controls, signed_by=None, proof=None, issuer=b"", extensions=()):
    """A CertReqMsg (RFC 4211) as CMC has it; `proof` in the stead of the signature by its key."""
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    template = tlv(0x30, tlv(0xa3, issuer) if issuer else b"", tlv(0xa5, distinguished(name)), tlv(0xa6, *(whole for _, _, whole in inside(info))),
                   tlv(0xa9, *extensions) if extensions else b"")
    request = tlv(0x30, integer(part), template, tlv(0x30, *controls) if controls else b"")
    if proof is None:
        proof = tlv(0xa1, ECDSA_SHA256, tlv(3, b"\0", (signed_by or key).sign(request, ec.ECDSA(SHA256_HASH))))
    return tlv(0xa1, request, proof)


def old_cert_id(certificate):
    return tlv(0x30, oid("1.3.6.1.5.5.7.5.1.5"), tlv(0x30, tlv(0xa4, certificate.issuer.public_bytes()), integer(certificate.serial_number)))


def san_extension(*names):
    return tlv(0x30, oid("2.5.29.17"), tlv(4, tlv(0x30, *(tlv(0x82, name.encode()) for name in names))))


def pki_data(*requests, controls=(), contents=(), others=()):
    return tlv(0x30, *(tlv(0x30, *parts) for parts in (controls, requests, contents, others)))


def sign(data, identity, *options, content_type=PKI_DATA):
    """A Full PKI Request by openssl."""
    done = subprocess.run(["openssl", "cms", "-sign", "-binary", "-nodetach", "-econtent_type", content_type, "-signer", identity.path, "-inkey",
                           identity.path, "-md", "sha256", "-outform", "DER", *options], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def unsigned(data, content_type=PKI_DATA):
    """One with id-alg-noSignature (RFC 5272 C.1), which openssl does not write."""
    info = tlv(0x30, integer(3), tlv(0x80, b"nobody"), SHA256, tlv(0x30, oid("1.3.6.1.5.5.7.6.2"), b"\x05\0"),
               tlv(4, hashlib.sha256(data).digest()))
    content = tlv(0x30, oid(content_type), tlv(0xa0, tlv(4, data)))
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xa0, tlv(0x30, integer(3), tlv(0x31, SHA256), content, tlv(0x31, info))))


class Response:
    """A Full PKI Response, whose signature openssl has verified up to the node's root; and those within it, by body part."""

    def __init__(self, node, der):
        self.der = der
        path, certificates = node.folder / "cmc.der", node.folder / "cmc-certificates.pem"
        path.write_bytes(self.der)
        done = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", path, "-CAfile", node.folder / "ca.pem", "-purpose", "any",
                               "-binary", "-certsout", certificates], capture_output=True)
        assert done.returncode == 0, done.stderr
        self.certificates = load_certificates(certificates.read_bytes())
        self.controls, self.statuses, self.tokens, ids = {}, {}, {}, []
        controls, contents, others = inside(done.stdout)
        for _, _, whole in read(controls[1]):
            (_, part, _), (_, _, name), (_, value, _) = inside(whole)
            ids.append(int.from_bytes(part, "big"))
            if name == oid(ID_CMC + "25"):
                self.read_status(value)
            else:
                self.controls[name] = value
        self.messages = {}
        for _, _, whole in read(contents[1]):
            (_, part, _), (_, _, message) = inside(whole)
            ids.append(int.from_bytes(part, "big"))
            self.messages[ids[-1]] = Response(node, message)
        assert others[1] == b"" and len(set(ids)) == len(ids) and 0 not in ids

    def read_status(self, value):
        fields = inside(value)
        (part,) = read(fields[1][1])
        texts = [contents.decode() for tag, contents, _ in fields[2:] if tag == 12]
        fails = [int.from_bytes(contents, "big") for tag, contents, _ in fields[2:] if tag == 2]
        for tag, _, whole in fields[2:]:
            if tag == 0x30:
                (_, token, _), (_, time, _) = inside(whole)
                at = datetime.datetime.strptime(time.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
                self.tokens[int.from_bytes(part[1], "big")] = token, at
        self.statuses[int.from_bytes(part[1], "big")] = (int.from_bytes(fields[0][1], "big"), fails[0] if fails else None, texts[0] if texts else "")

    def crls(self):
        """What stands in the SignedData's crls [1]."""
        signed_data = inside(inside(inside(self.der)[1][2])[0][2])
        return [x509.load_der_x509_crl(whole) for tag, contents, _ in signed_data if tag == 0xa1 for _, _, whole in read(contents)]

    def control(self, number):
        return self.controls.get(oid(ID_CMC + str(number)))

    def status(self, part):
        """(status, failInfo)"""
        return self.statuses[part][:2]

    def text(self, part):
        return self.statuses[part][2]

    def certificate_for(self, key):
        (found,) = [one for one in self.certificates if spki(one) == spki(key)]
        return found


def post(node, message, profile="demo-tls", headers=None, **options):
    headers = {"Content-Type": "application/pkcs7-mime; smime-type=CMC-request", **(headers or {})}
    return node.request("POST", f"/.well-known/est/{profile}/fullcmc", base64.b64encode(message), headers, **options)


def ask(node, message, profile="demo-tls", **options):
    answer = post(node, message, profile, **options)
    assert answer.status == 200, (answer.status, answer.text)
    assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=CMC-response"
    return Response(node, base64.b64decode(answer.body))


def revoke_request(part, certificate, reason=0, more=b""):
    return control(part, 17, tlv(0x30, certificate.issuer.public_bytes(), integer(certificate.serial_number), tlv(0x0a, bytes([reason])), more))


def get_cert(part, certificate):
    return control(part, 15, tlv(0x30, tlv(0xa4, certificate.issuer.public_bytes()), integer(certificate.serial_number)))


def batch(part, *parts):
    return control(part, 28, tlv(0x30, *map(integer, parts)))


def content(part, message):
    return tlv(0x30, integer(part), message)


def get_crl(part, issuer, more=b""):
    return control(part, 16, tlv(0x30, issuer.public_bytes(), more))


def query_pending(part, token):
    return control(part, 21, tlv(4, token))


def pem(certificate):
    return certificate.public_bytes(Encoding.PEM)
