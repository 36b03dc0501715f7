"""A real proxy (bestow-ra) for the tests, before a node or before another proxy."""
import datetime
import http.client
import ipaddress
import os
import pathlib
import secrets
import signal
import ssl
import subprocess
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from node import BIN, START_SECONDS, Identity, Node, free_port, make_csr, make_key

PEM = serialization.Encoding.PEM


def write_key(path, key):
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


class LocalCa:
    """Makes what a test needs beside a node: certificates of servers, and of manufacturers."""

    def __init__(self, name="Local CA"):
        self.key = make_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self.key.public_key(), self.name, [], [(x509.BasicConstraints(True, None), True), (x509.KeyUsage(
            False, False, False, False, False, True, True, False, False), True)])

    def sign(self, public_key, subject, san, extensions):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=30))
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
        # strict verifiers, such as Python's ssl since 3.13, want the key identifiers of RFC 5280 4.2.1.1 and 4.2.1.2
        identifiers = [(x509.SubjectKeyIdentifier.from_public_key(public_key), False),
                       (x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False)]
        for extension, critical in identifiers + extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, key, name, usage=ExtendedKeyUsageOID.CLIENT_AUTH, san=()):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self.sign(key.public_key(), subject, list(san), [(x509.ExtendedKeyUsage([usage]), False)])

    def server(self, folder):
        """Writes tls.crt and tls.key for a server on this machine."""
        key = make_key()
        certificate = self.issue(key, "localhost", ExtendedKeyUsageOID.SERVER_AUTH,
                                 [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        (folder / "tls.crt").write_bytes(certificate.public_bytes(PEM))
        write_key(folder / "tls.key", key)

    def pem(self):
        return self.certificate.public_bytes(PEM)


def make_ra(node, folder, *profiles, name="ra-1"):
    """An RA certificate of the node, as files ra.crt and ra.key in the folder."""
    key = make_key()
    (folder / "ra.csr").write_bytes(make_csr(key, name))
    scope = [word for profile in profiles for word in ("--profile", profile)]
    node.ctl("ra", "enroll", name, "--ca", "Demo Issuing", *scope, "--csr", folder / "ra.csr", "--out", folder / "ra.crt")
    write_key(folder / "ra.key", key)
    return x509.load_pem_x509_certificate((folder / "ra.crt").read_bytes())


class Proxy(Node):
    """A running bestow-ra. Its devices trust `ca`; what it asks is said in `upstream` and `profile` settings."""

    def __init__(self, upstream_url, anchors, credential=None, profile="", upstream="", label="site", upstream_label="demo", edges=1,
                 node="", port=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bestow-ra-"))
        self.port = port or free_port()
        self.config = self.folder / "bestow-ra.conf"
        self.log_path = self.folder / "log"
        self.environment = dict(os.environ)
        self.process = None
        self.label = label
        self.ca = LocalCa("Proxy CA")
        self.ca.server(self.folder)
        self.passphrase = secrets.token_hex(16)
        (self.folder / "ca.pem").write_bytes(self.ca.pem())
        (self.folder / "anchors.pem").write_bytes(anchors)
        (self.folder / "devices.pem").write_bytes(anchors)
        (self.folder / "devices.pass").touch(mode=0o600)
        (self.folder / "devices.pass").write_text(f"# devices of this site\n{self.passphrase}\n")
        self.texts = {"url": upstream_url, "upstream_label": upstream_label, "profile": profile, "upstream": upstream, "edges": edges,
                      "node": node, "credential": credential or "certificate = ra.crt\nprivate_key = ra.key"}
        self.write()

    def write(self, **changes):
        self.texts |= changes
        t = self.texts
        self.config.write_text(
            f"[node]\nedges = {t['edges']}\nlog_format = json\n{t['node']}\n"
            f"[est]\nlisten = 127.0.0.1:{self.port}\ncertificate = tls.crt\nprivate_key = tls.key\n"
            f"[upstream main]\nurl = {t['url']}\nanchors = anchors.pem\n{t['credential']}\nrefresh = 1s\n{t['upstream']}\n"
            f"[profile site]\nupstream = main\nupstream_label = {t['upstream_label']}\nlabel = {self.label}\nallow = 127.0.0.1\n"
            f"auth = either\nclient_anchors = devices.pem\npassphrase_file = devices.pass\n{t['profile']}\n")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, wait=True):
        self.process = subprocess.Popen([BIN / "bestow-ra", "--config", self.config], stdout=subprocess.DEVNULL,
                                        stderr=open(self.log_path, "ab"), stdin=subprocess.DEVNULL, start_new_session=True)
        if wait:
            self.wait(self.accepts, "the proxy to serve")

    def accepts(self):
        try:
            return self.request("GET", f"/.well-known/est/{self.label}/cacerts", timeout=5).status == 200
        except OSError:
            return False

    def enroll(self, csr, profile=None, passphrase=None, **options):
        return super().enroll(csr, profile or self.label, passphrase, **options)

    def reenroll(self, csr, identity, profile=None, **options):
        return super().reenroll(csr, identity, profile or self.label, **options)

    def device(self, name="dev-1", kind="p256", profile=None, **csr_options):
        return super().device(name, kind, profile or self.label, **csr_options)

    def says(self, *words):
        return any(all(word in line for word in words) for line in self.log().splitlines())
