"""Other people's EST clients against a real node: each does cacerts, enroll, reenroll, and is refused when it should be."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, load_der_private_key, pkcs12

import http_clients
from http_clients import GnutlsCurl, JavaHttp, NodeJs, Wget, java
from node import Identity, load_certificates, make_csr, make_key, spki

REFUSALS = ("wrong-passphrase", "unlisted-address", "revoked", "outside-the-window")


def run(*command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, timeout=120, **options)


class Curl:
    """curl and openssl, as the README has it."""

    name = "curl"

    def __init__(self, node, folder):
        self.node, self.folder = node, folder

    def url(self, operation, profile="demo"):
        return f"https://127.0.0.1:{self.node.port}/.well-known/est/{profile}/{operation}"

    def call(self, *arguments):
        done = run("curl", "-sS", "-w", "%{stderr}status %{http_code}", "--cacert", self.node.folder / "ca.pem", *arguments)
        return done.returncode == 0 and b"status 200" in done.stderr, done.stdout, done.stderr.decode()

    def pem(self, body):
        der = base64.b64decode(body)
        return run("openssl", "pkcs7", "-inform", "DER", "-print_certs", input=der).stdout

    def cacerts(self):
        good, body, said = self.call(self.url("cacerts"))
        assert good, said
        return self.pem(body)

    def enroll(self, name, passphrase, source=None):
        return self.post("simpleenroll", name, "--user", f"device:{passphrase}", *self.source(source))

    def reenroll(self, name, identity, source=None):
        return self.post("simplereenroll", name, "--cert", identity.path, *self.source(source))

    def source(self, source):
        return ("--interface", source) if source else ()

    def post(self, operation, name, *arguments):
        key = self.folder / f"{name}.key"
        csr = run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", f"/CN={name}",
                  "-keyout", key, "-outform", "DER").stdout
        body = self.folder / f"{name}.b64"
        body.write_bytes(base64.encodebytes(csr))
        good, answer, said = self.call("-H", "Content-Type: application/pkcs10", "--data-binary", f"@{body}", *arguments, self.url(operation))
        if not good:
            return None, said + answer.decode()
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        return Identity(self.folder, load_pem_private_key(key.read_bytes(), None), x509.load_pem_x509_certificate(self.pem(answer))), said


class StrongSwan:
    """strongSwan's pki --est and --estca."""

    name = "strongswan"

    def __init__(self, node, folder, version=None):
        self.node, self.folder = node, folder
        config = folder / "strongswan.conf"
        if not config.exists():
            limits = f"libtls {{\n version_min = {version}\n version_max = {version}\n}}\n" if version else ""
            config.write_text(limits + "pki {\n load = random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pkcs12 pem openssl\n}\n")
        self.environment = {"STRONGSWAN_CONF": str(config), "PATH": "/usr/bin:/bin"}
        # pki wants each CA in a file of its own
        self.cas = []
        for i, pem in enumerate((node.folder / "ca.pem").read_text().split("-----END CERTIFICATE-----\n")[:-1]):
            path = folder / f"ca-{i}.pem"
            path.write_text(pem + "-----END CERTIFICATE-----\n")
            self.cas += ["--cacert", path]

    def url(self):
        return f"https://127.0.0.1:{self.node.port}/.well-known/est/demo"

    def base(self):
        # pki adds /.well-known/est itself and takes one label after the host
        return f"https://127.0.0.1:{self.node.port}/demo"

    def cacerts(self):
        done = run("pki", "--estca", "--url", self.base(), *self.cas, "--caout", self.folder / "out-ca.pem", "--outform", "pem", "--force",
                   env=self.environment, cwd=self.folder)
        assert done.returncode == 0, done.stderr.decode()
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("out-ca*.pem")))

    def enroll(self, name, passphrase, source=None):
        return self.est(name, "--userpass", f"device:{passphrase}")

    def reenroll(self, name, identity, source=None):
        certificate, key = self.folder / "old.pem", self.folder / "old.key"
        certificate.write_bytes(identity.certificate.public_bytes(Encoding.PEM))
        run("openssl", "pkey", "-in", identity.path, "-out", key)
        return self.est(name, "--cert", certificate, "--key", key)

    def est(self, name, *arguments):
        key = make_key()
        csr = self.folder / f"{name}.csr"
        csr.write_bytes(make_csr(key, name))
        done = run("pki", "--est", "--url", self.base(), "--in", csr, *self.cas, *arguments, "--outform", "pem",
                   env=self.environment, cwd=self.folder)
        if done.returncode:
            return None, done.stderr.decode()
        return Identity(self.folder, key, x509.load_pem_x509_certificate(done.stdout)), done.stderr.decode()


class BouncyCastle:
    """org.bouncycastle.est."""

    name = "bouncycastle"
    label = "demo"
    options = ()

    def __init__(self, node, folder):
        self.node, self.folder = node, folder

    def java(self, operation, name="-", user="", password="", p12="-"):
        out = self.folder / "bc.pem"
        out.unlink(missing_ok=True)
        done = run(*java("EstClient.java", *self.options), f"127.0.0.1:{self.node.port}", self.label, self.node.folder / "ca.pem", operation,
                   name, user, password, p12, out)
        said = done.stdout.decode() + done.stderr.decode()
        return (out.read_bytes() if done.returncode == 0 else None), said

    def cacerts(self):
        pem, said = self.java("cacerts")
        assert pem, said
        return pem

    def enroll(self, name, passphrase, source=None):
        return self.result(*self.java("enroll", name, "device", passphrase))

    def reenroll(self, name, identity, source=None):
        store = self.folder / "identity.p12"
        store.write_bytes(pkcs12.serialize_key_and_certificates(b"device", identity.key, identity.certificate, None,
                                                                BestAvailableEncryption(b"identity")))
        return self.result(*self.java("reenroll", name, p12=store))

    def result(self, pem, said):
        if pem is None:
            return None, said
        # the key stays in the other program, so the identity cannot be used further
        return x509.load_pem_x509_certificate(pem), said


class BouncyCastleTls(BouncyCastle):
    """The same, with TLS by Bouncy Castle too: JSSE over its own low-level API."""

    def __init__(self, node, folder, version):
        super().__init__(node, folder)
        self.options = ("-Dest.jsse=org.bouncycastle.jsse.provider.BouncyCastleJsseProvider", f"-Djdk.tls.client.protocols=TLSv{version}",
                        "-Djava.util.logging.config.file=/dev/null")


class Libest:
    """libest's estclient, as Debian 13 has it: HTTP/1.0, TLS 1.2, and no label in the URL."""

    name = "libest"

    def __init__(self, node, folder):
        self.node, self.folder = node, folder
        node.ctl("profile", "default", "demo")
        self.key = folder / "libest.key"
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key)

    def call(self, operation, *arguments):
        # it ends with 0 whatever happened, so what it wrote is the judge
        for old in [*self.folder.glob("cert-*"), *self.folder.glob("cacert-*")]:
            old.unlink()
        done = run("estclient", operation, "-s", "127.0.0.1", "-p", str(self.node.port), "-o", self.folder, *arguments,
                   env={"EST_OPENSSL_CACERT": str(self.node.folder / "ca.pem"), "PATH": "/usr/bin:/bin"})
        written = [*self.folder.glob("cert-*"), *self.folder.glob("cacert-*")]
        said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
        if not written:
            return None, said
        der = base64.b64decode(written[0].read_bytes())
        return run("openssl", "pkcs7", "-inform", "DER", "-print_certs", input=der).stdout, said

    def cacerts(self):
        pem, said = self.call("-g")
        assert pem, said
        return pem

    def result(self, pem, said):
        return (x509.load_pem_x509_certificate(pem) if pem else None), said.replace("EST_ERR_AUTH_FAIL", "401")

    def enroll(self, name, passphrase, source=None):
        return self.result(*self.call("-e", "-u", "device", "-h", passphrase, "--common-name", name, "-x", self.key))

    def reenroll(self, name, identity, source=None):
        return self.result(*self.call("-r", "-c", identity.path, "-k", identity.path, "-x", identity.path))


def where(is_there, *names):
    return [pytest.param(name, marks=pytest.mark.skipif(not is_there, reason=f"no {name} here")) for name in names]


HTTP_LIBRARIES = [*where(NodeJs.is_there, "nodejs-tls12", "nodejs-tls13"), *where(JavaHttp.is_there, "java"),
                  *where(Wget.is_there, "wget-tls12", "wget-tls13"), *where(GnutlsCurl.is_there, "gnutls-curl-tls12", "gnutls-curl-tls13")]


@pytest.fixture(params=["curl", "strongswan", "strongswan-tls12", "strongswan-tls13", "bouncycastle",
                        *where(pathlib.Path("/usr/share/java/bctls.jar").exists(), "bouncycastle-tls12", "bouncycastle-tls13"),
                        *where(shutil.which("estclient"), "libest"),
                        *HTTP_LIBRARIES])
def client(request, node, tmp_path):
    kind, _, version = request.param.partition("-tls")
    version = {"12": "1.2", "13": "1.3"}.get(version)
    if kind in http_clients.KINDS:
        return http_clients.KINDS[kind](node, tmp_path, version)
    if kind == "strongswan":
        return StrongSwan(node, tmp_path, version)
    if kind == "bouncycastle" and version:
        return BouncyCastleTls(node, tmp_path, version)
    return {"curl": Curl, "bouncycastle": BouncyCastle, "libest": Libest}[kind](node, tmp_path)


def subject(identity):
    certificate = getattr(identity, "certificate", identity)
    return certificate.subject.rfc4514_string()


def test_cacerts(client):
    pem = client.cacerts()
    assert pem.count(b"BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("client", HTTP_LIBRARIES, indirect=True)
def test_csrattrs(client):
    status, body = client.csrattrs()
    assert status == 204 and not body


def test_enroll_and_reenroll(client, node):
    identity, said = client.enroll("fleet-1", node.passphrase)
    assert identity, said
    assert subject(identity) == "CN=fleet-1"
    old = node.device("fleet-2")
    identity, said = client.reenroll("fleet-2", old)
    assert identity, said
    assert subject(identity) == "CN=fleet-2"


def test_wrong_passphrase(client):
    identity, said = client.enroll("guess", "not-the-passphrase")
    assert identity is None
    assert "401" in said or client.name == "bouncycastle"


def test_revoked(client, node):
    old = node.device("to-revoke")
    node.ctl("cert", "revoke", node.serial(old.certificate))
    identity, said = client.reenroll("to-revoke", old)
    assert identity is None
    assert node.events("--refusals")[0]["reason"] == "cert_revoked"


def test_outside_the_window(client, node):
    old = node.device("too-early")
    node.set_profile("demo", "renewal.while_valid=in-window", "renewal.opens_before=1d")
    try:
        identity, said = client.reenroll("too-early", old)
        assert identity is None
        assert node.events("--refusals")[0]["reason"] == "renewal_too_early"
    finally:
        node.set_profile("demo", "renewal.while_valid=any-time")
    identity, said = client.reenroll("too-early", old)
    assert identity, said


def test_serverkeygen_by_bouncycastle(node, tmp_path):
    """A client that reads the two parts by itself."""
    node.set_profile("demo-tls", "serverkeygen=true", "identity=any")
    device = node.device("generated")
    client = BouncyCastle(node, tmp_path)
    store = tmp_path / "identity.p12"
    store.write_bytes(pkcs12.serialize_key_and_certificates(b"device", device.key, device.certificate, None, BestAvailableEncryption(b"identity")))
    client.label = "demo-tls"
    node.wait(lambda: client.java("serverkeygen", "generated", p12=store)[0], "a generated key", 30)
    certificate = x509.load_pem_x509_certificate((tmp_path / "bc.pem").read_bytes())
    key = load_der_private_key((tmp_path / "bc.pem.key").read_bytes(), None)
    assert spki(key) == spki(certificate)
    pem, said = client.java("serverkeygen", "generated")
    assert pem is None and "status 403" in said


@pytest.fixture
def bridge(node, tmp_path):
    """Asks by acme2certifier with these settings; returns the error and the certificates."""
    python = os.environ.get("BESTOW_CHECKERS")
    if not python or run(python, "-c", "import acme2certifier").returncode:
        pytest.skip("no Python with acme2certifier: see tests/interop/requirements.txt")

    def ask(request, label, **settings):
        config, csr = tmp_path / "acme_srv.cfg", tmp_path / "bridge.csr"
        csr.write_bytes(request)
        settings.update(est_host=f"https://localhost:{node.port}/{label}", ca_bundle=node.folder / "ca.pem")
        config.write_text("[CAhandler]\n" + "".join(f"{key}: {value}\n" for key, value in settings.items()))
        done = run(python, pathlib.Path(__file__).with_name("acme_bridge.py"), csr, env={**os.environ, "ACME_SRV_CONFIGFILE": str(config)})
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return answer["error"], load_certificates((answer["bundle"] or "").encode())
    return ask


def test_an_acme_server_before_est(node, bridge):
    """Its settings name a host, after which it appends the fixed part: the label stands before that."""
    request = make_csr(make_key(), "by-acme")
    error, chain = bridge(request, "demo", est_user="device", est_password=node.passphrase)
    assert error is None and len(chain) == 3 and subject(chain[0]) == "CN=by-acme"
    error, chain = bridge(request, "demo", est_user="device", est_password="not-the-passphrase")
    assert error and not chain
    identity = node.device("bridge")
    certificate, key = node.folder / "bridge.pem", node.folder / "bridge.key"
    certificate.write_bytes(identity.certificate.public_bytes(Encoding.PEM))
    run("openssl", "pkey", "-in", identity.path, "-out", key)
    error, chain = bridge(make_csr(make_key(), "bridge"), "demo-tls", est_client_cert=certificate, est_client_key=key)
    assert error is None and subject(chain[0]) == "CN=bridge", error


@pytest.mark.parametrize("client", ["curl", *[library for library in HTTP_LIBRARIES if library.values != ("java",)]], indirect=True)
def test_unlisted_address(node, client):
    """Those that can choose their source address."""
    identity, said = client.enroll("outside", node.passphrase, source="127.0.0.2")
    assert identity is None and "403" in said


@pytest.mark.parametrize("fetch", ["curl -sS --cacert", pytest.param("wget -q -O - --ca-certificate", marks=pytest.mark.skipif(
    not shutil.which("wget"), reason="no wget here"))])
def test_the_pipe_that_most_people_write(node, fetch):
    """`openssl base64 -d` of OpenSSL 3.0 decodes a part of a long line and ends with 0."""
    url = f"https://127.0.0.1:{node.port}/.well-known/est/demo/cacerts"
    pipe = f"{fetch} {node.folder}/ca.pem {url} | openssl base64 -d | openssl pkcs7 -inform DER -print_certs"
    done = run("sh", "-c", pipe)
    assert done.stdout.count(b"BEGIN CERTIFICATE") == 2, done.stderr


def test_what_is_issued_verifies_everywhere(node, tmp_path):
    identity = node.device("verified", san=[x509.DNSName("verified.example")])
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(identity.certificate.public_bytes(Encoding.PEM))
    ca = node.folder / "ca.pem"
    assert run("openssl", "verify", "-x509_strict", "-CAfile", ca, leaf).returncode == 0
    if shutil.which("certtool"):
        done = run("certtool", "--verify", "--load-ca-certificate", ca, "--infile", leaf)
        assert done.returncode == 0, done.stdout
    issuing = x509.load_pem_x509_certificate(ca.read_bytes())
    from cryptography.hazmat.primitives.asymmetric import ec
    issuing.public_key().verify(identity.certificate.signature, identity.certificate.tbs_certificate_bytes,
                                ec.ECDSA(identity.certificate.signature_hash_algorithm))
