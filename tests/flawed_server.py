"""An EST server that keeps every rule that `bestow conformance` looks at, but for one that a test names: each item of the kit
must notice the server that breaks it. One rule Python's TLS cannot keep: it hangs up on client certificates of unknown CAs
(TLS-12)."""
import base64
import re
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID

from der import integer, oid, tlv
from est_server import DER, PASSPHRASE, PEM, USER, Authority, EstServer

BODY_MAX = 65536
GET, POST = ("cacerts", "csrattrs"), ("simpleenroll", "simplereenroll")
CERTS_ONLY = "application/pkcs7-mime; smime-type=certs-only"


def certs_only(certificates):
    """RFC 8951's certs-only, written here because releases of `cryptography` differ in it."""
    ordered = sorted(one.public_bytes(DER) for one in certificates)
    signed = tlv(0x30, integer(1), tlv(0x31), tlv(0x30, oid("1.2.840.113549.1.7.1")), tlv(0xa0, *ordered), tlv(0x31))
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xa0, signed))


CHALLENGE = oid("1.2.840.113549.1.9.7")
KEY_USAGE = oid("2.5.29.15")
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


def sequence(*contents):
    return tlv(0x30, *contents)


def set_of(*contents):
    return tlv(0x31, *contents)


class Answered(Exception):
    """The request is answered with this status and text."""

    def __init__(self, status, text="", **fields):
        super().__init__(text)
        self.status, self.text, self.fields = status, text, fields


class FlawedServer(EstServer):
    """`flaw` is the id of the item that it breaks; None breaks none."""

    def __init__(self, flaw=None):
        self.flaw = flaw
        super().__init__(server="other-host" if flaw == "TLS-02" else None)
        self.kept = {}
        self.waiting, self.calls = set(), 0
        self.tls = self.make_context()

    def has(self, item):
        return self.flaw == item

    # -- TLS --

    def make_context(self):
        context = self.context()
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["h2", "http/1.1"] if self.has("HTTP-07") else ["http/1.1"])
        if self.has("TLS-01"):
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        if self.has("TLS-03"):
            context.verify_mode = ssl.CERT_REQUIRED
        if self.has("TLS-04"):
            context.verify_mode = ssl.CERT_NONE
        if self.has("TLS-10"):
            context.set_ciphers("AECDH-AES128-SHA:DEFAULT:@SECLEVEL=0")
        return context

    def talk(self, plain):
        try:
            plain.settimeout(20)
            with self.tls.wrap_socket(plain, server_side=True) as connection:
                stream = connection.makefile("rb")
                while self.serve_one(connection, stream):
                    pass
        except (OSError, EOFError, ValueError):
            pass
        finally:
            plain.close()

    # -- HTTP --

    def serve_one(self, connection, stream):
        """True if the connection stays open."""
        request, fields, status, body = None, {}, 200, b""
        try:
            request = self.read_head(stream)
            self.read_body(request, connection, stream)
            fields, body = self.act(request, connection)
        except Answered as answered:
            status, body = answered.status, (answered.text + "\n").encode() if answered.text else b""
            kind = "text/html" if self.has("HTTP-16") else "text/plain; charset=utf-8"
            fields = {**({"Content-Type": kind} if body else {}), **{k.replace("_", "-"): v for k, v in answered.fields.items()}}
        keeps = request is not None and request["keeps"] and status not in (400, 413)
        lines = [f"HTTP/1.1 {status} Said", *(f"{k}: {v}" for k, v in fields.items())]
        if status != 304:
            lines.append(f"Content-Length: {len(body)}")
        if not keeps:
            lines.append("Connection: close")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return keeps

    def read_head(self, stream):
        line = stream.readline(8192).decode("latin-1").split()
        if len(line) != 3:
            raise EOFError
        fields = []
        while text := stream.readline(8192).decode("latin-1").rstrip("\r\n"):
            key, _, value = text.partition(":")
            fields.append((key.lower(), value.strip()))
        request = {"method": line[0], "target": line[1], "fields": dict(fields), "keeps": False}
        names = [key for key, _ in fields]
        ambiguous = (any(key != key.strip() for key in names) or names.count("content-length") > 1
                     or {"content-length", "transfer-encoding"} <= set(names))
        if ambiguous and not self.has("HTTP-06"):
            raise Answered(400, "ambiguous")
        request["keeps"] = line[2] == "HTTP/1.1" and request["fields"].get("connection", "").lower() != "close"
        return request

    def read_body(self, request, connection, stream):
        fields = request["fields"]
        length = int(fields.get("content-length", 0))
        if length > BODY_MAX:
            raise Answered(500 if self.has("HTTP-08") else 413, "too long")
        if fields.get("expect") == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "transfer-encoding" in fields and "content-length" not in fields:
            if self.has("HTTP-05"):
                raise Answered(501, "not chunked")
            request["body"] = b""
            while size := int(stream.readline(), 16):
                request["body"] += stream.read(size)
                stream.readline()
            stream.readline()
            return
        request["body"] = stream.read(length)

    def act(self, request, connection):
        """Fields and body of a 200."""
        operation = self.find(request)
        if self.has("TLS-09") and connection.session_reused:
            raise Answered(403, "you again")
        if request["method"] not in (("GET",) if operation in GET else ("POST",)):
            raise Answered(400 if self.has("HTTP-03") else 405, "method", Allow="GET" if operation in GET else "POST")
        if operation == "cacerts":
            return self.cacerts(request)
        if operation == "csrattrs":
            return self.csrattrs(request, connection)
        return self.enroll(request, operation, connection)

    def find(self, request):
        target = request["target"]
        if not self.has("HTTP-04"):
            target = re.sub(r"^https://[^/]*", "", target)
        target = target.partition("?")[0]
        if not self.has("HTTP-02"):
            target = target.removesuffix("/")
        operation = target.removeprefix("/.well-known/est/")
        if operation not in GET + POST or target == operation or (self.has("HTTP-01") and operation == "cacerts"):
            raise Answered(404, "no such place")
        return operation

    # -- what is told --

    def fields(self, kind):
        return {"Content-Type": kind, **({} if self.has("ENC-03") else {"Content-Transfer-Encoding": "base64"})}

    def cacerts(self, request):
        self.calls += 1
        certificates = [self.issuing.certificate, self.root.certificate]
        if self.has("CA-02"):
            certificates.pop()
        if self.has("CA-03"):
            certificates.append(Authority("Test Root").certificate)
        if not self.has("CA-05") and request["fields"].get("if-none-match") == '"1"':
            raise Answered(304, ETag='"1"')
        der = certs_only(certificates)
        if self.has("ENC-06"):
            builder = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(self.root.certificate, self.root.key, hashes.SHA256())
            for certificate in certificates:
                builder = builder.add_certificate(certificate)
            der = builder.sign(DER, [])
        body = base64.b64encode(der) + b"\n" * (self.calls if self.has("CA-06") else 1)
        return {**self.fields("text/plain" if self.has("CA-01") else "application/pkcs7-mime"), "ETag": '"1"'}, body

    def csrattrs(self, request, connection):
        if self.has("ATT-07") and "authorization" not in request["fields"] and not self.presented(connection):
            raise Answered(403, "nobody")
        wanted = {
            "ATT-04": [sequence(oid(EXTENSION_REQUEST), set_of(sequence())), sequence(oid(EXTENSION_REQUEST), set_of(sequence()))],
            "ATT-08": [sequence(oid("1.2.840.10045.2.1"), set_of(oid("1.3.132.0.34")))],
            "ATT-09": [oid(f"1.3.6.1.4.1.99999.{i}") for i in range(10000, 10150)],
            "ATT-03": [],
            "ATT-05": [sequence(oid("1.2.840.113549.1.9.16.2.61"), set_of(sequence(integer(1))))],
            "POP-02": [CHALLENGE], "POP-03": [CHALLENGE], "POP-04": [CHALLENGE], "POP-05": [CHALLENGE],
        }.get(self.flaw, [sequence(oid("1.2.840.10045.2.1"), set_of(oid("1.2.840.10045.3.1.7")))])
        kind = "application/pkcs10" if self.has("ATT-01") else "application/csrattrs"
        return self.fields(kind), base64.b64encode(sequence(*wanted)) + b"\n"

    # -- who asks --

    def presented(self, connection):
        der = connection.getpeercert(True)
        return x509.load_der_x509_certificate(der) if der else None

    def require_somebody(self, request, connection):
        if self.has("TLS-04") or self.presented(connection):
            return
        given = request["fields"].get("authorization", "")
        users = (USER,) if self.has("HTTP-13") else (USER, "")
        if given.startswith("Basic ") and base64.b64decode(given[6:]).decode() in [f"{user}:{PASSPHRASE}" for user in users]:
            return
        challenge = 'Digest realm="est"' if self.has("HTTP-12") else 'Basic realm="est"'
        raise Answered(401, **({} if self.has("HTTP-11") else {"WWW_Authenticate": challenge}))

    # -- enrollment --

    def enroll(self, request, operation, connection):
        kind = request["fields"].get("content-type", "")
        if not self.has("HTTP-09"):
            kind = kind.lower().partition(";")[0]
        if kind != "application/pkcs10":
            raise Answered(415, "type")
        if not (operation == "simplereenroll" and self.has("ENR-08")):
            self.require_somebody(request, connection)
        csr = self.read_csr(request)
        self.judge(csr, request)
        if operation == "simplereenroll":
            self.judge_renewal(csr, request, connection)
        self.hold(csr)
        subject = csr.subject
        if self.has("ENR-10") and operation == "simpleenroll" and self.presented(connection):
            subject = self.presented(connection).subject
        return self.fields(CERTS_ONLY), base64.b64encode(certs_only(self.certificates_for(csr, subject))) + b"\n"

    def read_csr(self, request):
        body = request["body"]
        if b"BEGIN" in body and not self.has("ENC-04"):
            return x509.load_pem_x509_csr(body)
        try:
            if self.has("ENC-01") and request["fields"].get("content-transfer-encoding") == "binary":
                return x509.load_der_x509_csr(body)
            if not self.has("ENC-02"):
                body = re.sub(rb"[ \t\r\n]", b"", body)
            return x509.load_der_x509_csr(base64.b64decode(body, validate=True))
        except ValueError:
            if self.has("ENC-05"):
                return self.read_loosely(base64.b64decode(body))
            raise Answered(500 if self.has("HTTP-15") else 400, "no request") from None

    @staticmethod
    def read_loosely(der):
        """What follows the length is passed by; an indefinite length is taken."""
        if der[:2] == b"\x30\x80":
            inner = der[2:-2]
            return x509.load_der_x509_csr(b"\x30\x82" + len(inner).to_bytes(2, "big") + inner)
        head = 4 if der[1] == 0x82 else 3
        return x509.load_der_x509_csr(der[:head + int.from_bytes(der[2:head], "big")])

    def judge(self, csr, request):
        if isinstance(csr.public_key(), x25519.X25519PublicKey):
            raise Answered(500 if self.has("ENR-12") else 400, "a key that cannot sign")
        if not self.has("ENR-01") and not csr.is_signature_valid:
            raise Answered(400, "signature")
        # the library may pass over the second of two
        if not self.has("ENR-13") and csr.public_bytes(DER).count(KEY_USAGE) > 1:
            raise Answered(400, "extensions")
        if self.has("ATT-08") and isinstance(csr.public_key().curve, ec.SECP384R1):
            raise Answered(400, "key")
        if self.has("ATT-03") and not isinstance(csr.public_key(), ec.EllipticCurvePublicKey):
            raise Answered(400, "key")
        if self.has("POP-04"):
            raise Answered(400, "binding")
        if self.has("POP-03") and csr.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD):
            raise Answered(400, "binding")

    def judge_renewal(self, csr, request, connection):
        presented = self.presented(connection)
        if presented is None:
            if self.has("ENR-08"):
                return
            raise Answered(403, "certificate")
        if self.has("HTTP-14") and "authorization" in request["fields"]:
            raise Answered(403, "the passphrase is nobody's certificate")
        if self.has("ENR-06"):
            return
        same = csr.subject.public_bytes() == presented.subject.public_bytes()
        if not self.has("ENR-07"):
            same = [(a.oid, a.value) for a in csr.subject] == [(a.oid, a.value) for a in presented.subject]
        if not same:
            raise Answered(403, "names")

    def hold(self, csr):
        der = csr.public_bytes(DER)
        if self.has("ENR-05"):
            raise Answered(202)
        if self.has("ENR-03"):
            if der in self.waiting:
                raise Answered(400, "once is enough")
            self.waiting.add(der)
            raise Answered(202, Retry_After="60")

    def certificates_for(self, csr, subject):
        der = csr.public_bytes(DER)
        if der not in self.kept or self.has("ENR-11"):
            key = ec.generate_private_key(ec.SECP256R1()).public_key() if self.has("ENR-02") else csr.public_key()
            self.kept[der] = self.issuing.sign(key, subject)
            self.issued.append(self.kept[der])
        return [self.kept[der]]


def write_many_cas(path, count=60):
    """As a store of anchors that is much too big."""
    path.write_bytes(b"".join(Authority(f"A certification authority of a very long name, number {i}").certificate.public_bytes(PEM)
                              for i in range(count)))
