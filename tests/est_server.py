"""An EST server that behaves as others do, well or badly: switches choose how. For the tests of the device's side."""
import base64
import datetime
import hashlib
import ipaddress
import os
import pathlib
import re
import secrets
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

from der import tlv

USER, PASSPHRASE = "device", "correct horse"
DAY = datetime.timedelta(days=1)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def printable(subject):
    """The same name in another string type."""
    return x509.Name([x509.NameAttribute(part.oid, part.value, _ASN1Type.PrintableString) for part in subject])


def alternative_names(holder):
    try:
        return list(holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return []


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


class Authority:
    """A CA that signs anything."""

    def __init__(self, common_name, parent=None):
        self.key, self.name, self.parent = ec.generate_private_key(ec.SECP256R1()), name(common_name), parent
        issuer = parent or self
        self.certificate = issuer.sign(self.key.public_key(), self.name, ca=True)

    def sign(self, public_key, subject, ca=False, san=None, usages=None, start=None, end=None):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
                   .serial_number(x509.random_serial_number()).not_valid_before(start or now() - DAY)
                   .not_valid_after(end or now() + 300 * DAY)
                   .add_extension(x509.BasicConstraints(ca, None), True)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False))
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
        return builder.sign(self.key, hashes.SHA256())


class Request:
    """One HTTP request."""

    def __init__(self, stream):
        line = stream.readline(8192).decode("latin-1").split()
        if len(line) != 3:
            raise EOFError
        self.method, self.path, self.headers = line[0], line[1], {}
        while (field := stream.readline(8192).decode("latin-1").strip()):
            key, _, value = field.partition(":")
            self.headers[key.lower()] = value.strip()
        self.body = stream.read(int(self.headers.get("content-length", 0)))
        self.operation = self.path.rsplit("/", 1)[1]


class EstServer:
    """Use as a context manager. `switches` are read at each request, so a test may change them."""

    def __init__(self, **switches):
        self.switches = switches
        self.requests, self.issued = [], []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="est-server-"))
        self.root = Authority("Test Root")
        self.issuing = Authority("Test Issuing", self.root)
        self.other = Authority("Other Root")
        self.first = [self.root, self.issuing]
        self.nonce = secrets.token_hex(8)
        (self.folder / "root.pem").write_bytes(self.root.certificate.public_bytes(PEM))
        self.write_identity()
        self.listener = socket.create_server((switches.get("address", "127.0.0.1"), 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def get(self, switch, default=None):
        return self.switches.get(switch, default)

    def write_identity(self):
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self.other if self.get("server") == "other-root" else self.issuing
        end = now() - DAY / 2 if self.get("server") == "expired" else None
        san = [x509.DNSName("elsewhere.example")] if self.get("server") in ("other-host", "cmc-ra") else [
            x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        usages = {"client-only": [ExtendedKeyUsageOID.CLIENT_AUTH],
                  "cmc-ra": [ExtendedKeyUsageOID.SERVER_AUTH, x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28")]}.get(
                      self.get("server"), [ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = signer.sign(key.public_key(), name("server"), san=san, usages=usages, end=end)
        chain = certificate.public_bytes(PEM) + signer.certificate.public_bytes(PEM)
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / "server.pem").write_bytes(private + chain)

    @property
    def url(self):
        return f"https://localhost:{self.port}/.well-known/est"

    def __enter__(self):
        self.thread.start()
        return self

    def go_down(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def __exit__(self, *_):
        self.go_down()
        for file in self.folder.iterdir():
            file.unlink()
        self.folder.rmdir()

    # -- connections --

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        context.verify_mode = ssl.CERT_OPTIONAL
        # what clients may show: also what a test has replaced since
        for authority in (*self.first, self.root, self.issuing):
            context.load_verify_locations(cadata=authority.certificate.public_bytes(PEM).decode())
        if self.get("tls") == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if self.get("tls") == "1.1":
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        return context

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, plain):
        try:
            if self.get("tls") == "silent":
                time.sleep(60)
            if self.get("tls") == "none":
                plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            with self.context().wrap_socket(plain, server_side=True) as connection:
                stream = connection.makefile("rb")
                while self.answer(connection, Request(stream)):
                    pass
                if self.get("goodbye", True):
                    connection.unwrap()
        except (OSError, EOFError, ValueError):
            pass
        finally:
            plain.close()

    # -- answers --

    def answer(self, connection, request):
        """True if the connection is kept."""
        self.requests.append(request)
        request.peer = connection.getpeercert(True)
        request.tls_unique = connection.get_channel_binding("tls-unique") if connection.version() == "TLSv1.2" else None
        fields, status, body = {}, 200, b""
        if self.get("only") in (None, request.operation):
            shaped = self.misbehave(connection, request)
            if shaped is not None:
                return shaped
        if request.method == "POST" and not self.knows(request, connection):
            status, fields["WWW-Authenticate"] = 401, self.challenge()
        elif self.get("redirect") and not request.path.startswith("/moved"):
            status, fields["Location"] = self.get("redirect_status", 307), self.get("redirect").replace("PORT", str(self.port)) + "/" + request.operation
        elif request.method == "POST" and self.get("pending", 0) > 0:
            self.switches["pending"] -= 1
            status, fields["Retry-After"] = 202, str(self.get("retry_after", 1))
        else:
            status, fields, body = self.operate(request)
        return self.send(connection, status, fields, body)

    def misbehave(self, connection, request):
        how = self.get("misbehave")
        if request.method == "GET" and how and not self.get("only"):
            return None
        raw = {
            "garbage": os.urandom(4096),
            "no-http": b"hello\n",
            "http-0.9": b"<html>hello</html>",
            "html": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>captive</html>",
            "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "not-base64": b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n!!!!!!!!",
            "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nMIIB",
            "many-headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000 + b"Content-Length: 0\r\n\r\n",
            "long-header": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 500_000 + b"\r\n\r\n",
            "negative-length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
            "chunk-bomb": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
            "500": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
            "503": b"HTTP/1.1 503 Later\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n",
            "403": b"HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\r\nnot your profile\n",
            "418": b"HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n",
            "103": b"HTTP/1.1 103 Early\r\n\r\n",
        }.get(how)
        if how == "huge":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Length: 10000000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"A" * 10000)
            return False
        if how == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                connection.sendall(b"1000\r\n" + b"A" * 4096 + b"\r\n")
        if how == "slow":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
            while True:
                connection.sendall(b"A")
                time.sleep(0.2)
        if how == "hang":
            time.sleep(60)
            return False
        if raw is None:
            return None
        connection.sendall(raw)
        return False

    def send(self, connection, status, fields, body):
        version = "1.0" if self.get("http") == "1.0" else "1.1"
        framing = "close" if version == "1.0" else self.get("framing", "length")
        lines = [f"HTTP/{version} {status} Said"]
        if framing.startswith("length"):
            fields["Content-Length"] = str(len(body))
        elif framing == "chunked":
            fields["Transfer-Encoding"] = "chunked"
            body = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 50]), body[i:i + 50]) for i in range(0, len(body), 50)) + b"0\r\n\r\n"
        if framing.endswith("close"):
            fields["Connection"] = "close"
        lines += [f"{key.lower() if self.get('lower') else key}: {value}" for key, value in fields.items()]
        if self.get("continue"):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return not framing.endswith("close")

    # -- who asks --

    def challenge(self):
        if self.get("auth") == "basic":
            return 'Basic realm="est"'
        algorithm = {"digest-sha256": "SHA-256", "digest-md5": "MD5"}[self.get("auth")]
        return f'Digest realm="est", nonce="{self.nonce}", qop="auth", algorithm={algorithm}'

    def knows(self, request, connection):
        if not self.get("auth") or connection.getpeercert():
            return True
        given = request.headers.get("authorization", "")
        if given.startswith("Basic "):
            return self.get("auth") == "basic" and base64.b64decode(given[6:]).decode() == f"{USER}:{PASSPHRASE}"
        return given.startswith("Digest ") and self.get("auth").startswith("digest") and self.digest_is_right(given, request)

    def digest_is_right(self, given, request):
        fields = {key: quoted or bare for key, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', given)}

        def digest(text):
            return hashlib.new("sha256" if self.get("auth") == "digest-sha256" else "md5", text.encode()).hexdigest()
        first = digest(f"{USER}:est:{PASSPHRASE}")
        second = digest(f"{request.method}:{fields['uri']}")
        wanted = digest(":".join([first, self.nonce, fields["nc"], fields["cnonce"], fields["qop"], second]))
        return fields.get("nonce") == self.nonce and secrets.compare_digest(fields["response"], wanted)

    # -- EST --

    def wrap(self, certificates):
        form = self.get("form", "pkcs7")
        if form == "pem":
            return b"".join(c.public_bytes(PEM) for c in certificates)
        der = pkcs7.serialize_certificates(certificates, DER)
        if form == "pem-pkcs7":
            return pkcs7.serialize_certificates(certificates, PEM)
        if form == "der":
            return der
        return self.text(der)

    def text(self, der):
        layout = self.get("base64", "line")
        line = base64.b64encode(der).decode()
        if layout == "bare":
            return line.encode()
        width, end = {"line": (len(line), "\n"), "64": (64, "\n"), "76-crlf": (76, "\r\n"), "spaces": (60, " \t\r\n")}[layout]
        return "".join(line[i:i + width] + end for i in range(0, len(line), width)).encode()

    def operate(self, request):
        fields = {"Content-Type": "application/pkcs7-mime; smime-type=certs-only", "Date": self.get("date", "Sun, 06 Nov 1994 08:49:37 GMT")}
        if request.operation == "cacerts":
            return 200, fields, self.wrap(self.get("cacerts") or [self.issuing.certificate, self.root.certificate])
        if request.operation == "csrattrs":
            attrs = self.get("csrattrs")
            if attrs is None:
                return self.get("csrattrs_status", 204), {}, b""
            return 200, {"Content-Type": "application/csrattrs"}, attrs if self.get("csrattrs_raw") else self.text(attrs)
        if not self.can_read(request.body):
            return 400, {"Content-Type": "text/plain"}, b"invalid CSR: parse PKCS#10"
        csr = x509.load_der_x509_csr(base64.b64decode(request.body))
        if not csr.is_signature_valid or not self.is_bound(csr, request):
            return 400, {}, b""
        if request.operation == "serverkeygen":
            return self.keygen(csr, request)
        if request.operation == "simplereenroll" and self.get("names") == "by octets" and not self.repeats_names(csr, request.peer):
            return 403, {}, b""
        return self.get("issued_status", 200), fields, self.wrap(self.issue(csr))

    def can_read(self, body):
        """libest's server decodes as `openssl base64 -d` does, est-ca's by the letter of RFC 4648."""
        lines = body.split(b"\n")
        return {None: True, "lines": len(lines) > 1 and lines[-1] == b"" and max(map(len, lines)) <= 76,
                "bare": len(lines) == 1}[self.get("reads")]

    def repeats_names(self, csr, peer):
        """As GlobalSign's and Foundries.io's servers compare them, which issue another string type than was asked for."""
        shown = x509.load_der_x509_certificate(peer)
        return csr.subject.public_bytes() == shown.subject.public_bytes() and alternative_names(csr) == alternative_names(shown)

    def is_bound(self, csr, request):
        """RFC 7030 3.5: challengePassword is this session's tls-unique, as the TLS of Python sees it."""
        if not self.get("tls_unique"):
            return True
        try:
            challenge = csr.attributes.get_attribute_for_oid(AttributeOID.CHALLENGE_PASSWORD).value
        except x509.AttributeNotFound:
            return False
        return challenge == base64.b64encode(request.tls_unique)

    def issue(self, csr):
        leaf = self.get("leaf")
        key = ec.generate_private_key(ec.SECP256R1()).public_key() if leaf == "other-key" else csr.public_key()
        subject = name("somebody-else") if leaf == "other-name" else csr.subject
        san = None
        if self.get("names") == "by octets":
            subject, san = printable(csr.subject), alternative_names(csr) or [x509.DNSName("added.example"), x509.DNSName("a.example")]
        signer = self.other if leaf == "other-ca" else self.issuing
        end = now() - DAY / 2 if leaf == "expired" else None
        start = now() + 30 * DAY if leaf == "future" else None
        certificate = signer.sign(key, subject, ca=leaf == "ca", san=san, start=start, end=end)
        self.issued.append(certificate)
        stranger = self.issuing.sign(ec.generate_private_key(ec.SECP256R1()).public_key(), name("stranger"))
        return {None: [certificate], "chain": [self.root.certificate, self.issuing.certificate, certificate],
                "strangers": [stranger, self.other.certificate, certificate]}[self.get("extra")]

    def openssl(self, data, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout

    def pem_files(self, authority):
        """Certificate and key of who signs, as openssl takes them."""
        certificate, key = self.folder / "signer.pem", self.folder / "signer.key"
        certificate.write_bytes(authority.certificate.public_bytes(PEM))
        key.write_bytes(authority.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return "-signer", certificate, "-inkey", key

    def envelop(self, pkcs8, request):
        """RFC 7030 4.4.2 as `openssl cms` makes it, or something near it."""
        how = self.get("envelope")
        packages = {"two-keys": pkcs8 * 2, "no-keys": b"", "garbage-key": tlv(0x30, b"\x02\x01\x00")}
        package = tlv(0x30, packages.get(how, pkcs8)) if how != "no-package" else pkcs8
        kind = "1.2.840.113549.1.7.1" if how == "other-type" else "2.16.840.1.101.2.1.2.78.5"
        signer = self.pem_files(self.other if how == "other-signer" else self.issuing)
        signed = self.openssl(package, "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-econtent_type", kind, *signer,
                              *(["-nocerts"] if how in ("nocerts", "other-signer-nocerts") else []))
        if how == "changed":
            at = signed.index(pkcs8[-20:])
            signed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1:]
        content = package if how == "unsigned" else signed
        recipient = self.folder / "recipient.pem"
        der = self.issuing.certificate.public_bytes(DER) if how == "other-recipient" else request.peer
        recipient.write_bytes(x509.load_der_x509_certificate(der).public_bytes(PEM))
        if how == "for-nobody":
            return signed
        envelope = self.openssl(content, "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc", "-recip", recipient,
                                *(["-stream"] if how == "streamed" else []), *(["-keyopt", "rsa_padding_mode:oaep"] if how == "oaep" else []))
        return envelope[:-7] if how == "cut" else envelope + b"\0" if how == "trailing" else envelope

    def keygen(self, csr, request):
        key = ec.generate_private_key(ec.SECP256R1())
        if self.get("leaf") == "other-key":
            certificate = self.issuing.sign(ec.generate_private_key(ec.SECP256R1()).public_key(), csr.subject)
        else:
            certificate = self.issuing.sign(key.public_key(), csr.subject)
        self.issued.append(certificate)
        pkcs8 = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key_part = ("application/pkcs8", pkcs8)
        if self.get("envelope"):
            key_part = (self.get("envelope_type", "application/pkcs7-mime; smime-type=server-generated-key"), self.envelop(pkcs8, request))
        parts = [key_part, ("application/pkcs7-mime; smime-type=certs-only", pkcs7.serialize_certificates([certificate], DER))]
        if self.get("order") == "certificate-first":
            parts.reverse()
        end = "\n" if self.get("line_ends") == "lf" else "\r\n"
        text = "preamble" + end
        for kind, der in parts:
            text += f"--the=bound'ry{end}Content-Type: {kind}{end}Content-Transfer-Encoding: base64{end}{end}"
            text += self.text(der).decode() + end
        text += f"--the=bound'ry--{end}"
        return 200, {"Content-Type": "multipart/mixed; boundary=\"the=bound'ry\""}, text.encode()
