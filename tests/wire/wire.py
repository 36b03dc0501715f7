"""What the wire tests stand on: a server to speak to, certificates, sockets, a strict reader of answers."""
import datetime
import os
import pathlib
import re
import select
import socket
import ssl
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PATIENCE = 10  # seconds until an answer that must come counts as missing


def echo_program():
    return pathlib.Path(os.environ["BESTOW_BIN"]) / "tests/wire/http_echo"


class Credential:
    """A key with a certificate, signed by itself or by another credential, in files as the ssl module wants them."""

    def __init__(self, folder, name, key=None, issuer=None, start=-1, end=365):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=start))
            .not_valid_after(now + datetime.timedelta(days=end))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
            .sign(issuer.key if issuer else self.key, hashes.SHA256())
        )
        self.chain = [self.certificate] + (issuer.chain if issuer else [])
        self.chain_path = folder / f"{name}.crt"
        self.key_path = folder / f"{name}.key"
        pem = serialization.Encoding.PEM
        self.chain_path.write_bytes(b"".join(c.public_bytes(pem) for c in self.chain))
        self.key_path.write_bytes(self.key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)


class Sha1Credential:
    """Self-signed with SHA-1, which newer libraries no longer do."""

    def __init__(self, folder):
        self.chain_path, self.key_path = folder / "sha1.crt", folder / "sha1.key"
        subprocess.run(["openssl", "req", "-x509", "-sha1", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sha1",
                        "-out", self.chain_path, "-keyout", self.key_path], check=True, capture_output=True)
        self.certificate = x509.load_pem_x509_certificate(self.chain_path.read_bytes())
        self.chain = [self.certificate]

    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)


def rsa_key(bits):
    return rsa.generate_private_key(65537, bits)


class Server:
    """http_echo on free ports. Leaving it checks that it ended in order, so a leak fails the test."""

    def __init__(self, folder, credential, **limits):
        self.log_path = folder / f"echo-{time.monotonic_ns()}.log"
        self.ports = {}
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [echo_program(), credential.chain_path, credential.key_path]
                + [f"{name}={value}" for name, value in limits.items()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        for line in self.process.stdout:
            name, _, value = line.strip().partition("=")
            if name == "ready":
                return
            self.ports[name] = int(value)
        raise RuntimeError("http_echo did not start: " + self.log())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0, self.log()
        return self.log()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text, start=0):
        deadline = time.monotonic() + PATIENCE
        while text not in self.log()[start:]:
            assert time.monotonic() < deadline, f"not logged: {text}\n{self.log()[start:]}"
            time.sleep(0.01)

    def connect_raw(self, listener, source=None):
        raw = socket.create_connection(
            ("127.0.0.1", self.ports[listener]), PATIENCE, (source, 0) if source else None)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return raw

    def connect(self, listener="plain", source=None, context=None):
        raw = self.connect_raw(listener, source)
        if listener == "tls":
            return (context or client_context()).wrap_socket(raw, suppress_ragged_eofs=False)
        return raw

    def facts(self):
        """What the handler is told about a plain request, counters included."""
        with self.connect() as peer:
            return ask(peer)

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def client_context(credential=None, version=None, level=0):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"ALL:@SECLEVEL={level}")
    if version:
        context.minimum_version = context.maximum_version = version
    if credential:
        context.load_cert_chain(credential.chain_path, credential.key_path)
    return context


class Closed(Exception):
    """The peer ended before a whole answer came."""


class Memory:
    """A client whose octets pass through our hands."""

    def __init__(self, server, context, source=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing)
        self.peer = server.connect_raw("tls", source)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def hello(self):
        try:
            self.session.do_handshake()
        except ssl.SSLWantReadError:
            self.flush()

    def flush(self, piece=65536, change=bytes):
        while self.outgoing.pending:
            self.peer.sendall(change(self.outgoing.read(piece)))

    def drive(self, step, **how):
        """Runs a step of the session to its end."""
        while True:
            try:
                result, done = step(), True
            except ssl.SSLWantReadError:
                result, done = None, False
            self.flush(**how)
            if done:
                return result
            got = self.peer.recv(65536)
            if not got:
                raise Closed
            self.incoming.write(got)

    def read_to_the_end(self):
        octets = b""
        while True:
            got = self.peer.recv(65536)
            if not got:
                return octets
            octets += got


class Answer:
    def __init__(self, status, fields, body, raw_head):
        self.status, self.fields, self.body, self.raw_head = status, fields, body, raw_head

    def facts(self):
        return dict(line.split("=", 1) for line in self.body.decode().splitlines())


def read_some(peer):
    """One read. Empty at the end of the stream; a TLS stream must end in close_notify, or ssl raises."""
    try:
        return peer.recv(65536)
    except ssl.SSLZeroReturnError:
        return b""


class Reader:
    """Reads answers off one connection; what came too much stays for the next."""

    def __init__(self, peer):
        self.peer, self.pending = peer, b""

    def more(self):
        got = read_some(self.peer)
        if not got:
            raise Closed(self.pending)
        self.pending += got

    def take(self, length):
        while len(self.pending) < length:
            self.more()
        taken, self.pending = self.pending[:length], self.pending[length:]
        return taken

    def head(self):
        while b"\r\n\r\n" not in self.pending:
            self.more()
        return self.take(self.pending.index(b"\r\n\r\n") + 4)

    def answer(self, is_head=False):
        raw = self.head()
        lines = raw.decode("ascii").split("\r\n")[:-2]
        status = int(re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Za-z -]+", lines[0]).group(1))
        fields = {}
        for line in lines[1:]:
            name, value = re.fullmatch(r"([A-Z][A-Za-z-]*): (.*)", line).groups()
            assert name not in fields, raw
            fields[name] = value
        assert len(raw) < 1024
        has_length = "Content-Length" in fields
        assert has_length == (status not in (100, 204, 304)), raw
        length = int(fields["Content-Length"]) if has_length and not is_head else 0
        return Answer(status, fields, self.take(length), raw)

    def assert_closed(self):
        assert not self.pending, self.pending
        assert read_some(self.peer) == b""


def ask(peer, path="/", method="GET", extra="", body=b"", reader=None):
    """One request and its answer's facts."""
    peer.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{extra}\r\n".encode() + body)
    return (reader or Reader(peer)).answer().facts()


def is_quiet(peer, seconds):
    """Nothing came, and nobody hung up, in this time."""
    return not select.select([peer], [], [], seconds)[0]
