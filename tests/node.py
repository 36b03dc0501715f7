"""A real node for the tests: started like the demo, set up by bestowctl, talked to over real TLS sockets."""
import atexit
import base64
import datetime
import functools
import http.client
import itertools
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("BESTOW_BIN", ROOT / "build"))
START_SECONDS = 30
# what a node that was set up leaves to the copies of it
KEPT = ("key.pass", "passphrase", "root.pem", "ca.pem")
CURVES = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}


class Refused(Exception):
    """bestowctl ended with another code than 0."""

    def __init__(self, arguments, run):
        super().__init__(f"{arguments}: exit {run.returncode}: {run.stderr.strip()} {run.stdout.strip()}")
        self.code, self.text, self.output = run.returncode, run.stderr, run.stdout


def free_port(given=set()):
    """Never one twice, and below those that the system gives to connections, one of which might have it before the node listens."""
    while (port := random.SystemRandom().randrange(12000, 32000)) in given or not is_free(port):
        pass
    given.add(port)
    return port


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def rsa_of(p, q):
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public).private_key()


@functools.cache
def rsa_keys(bits):
    """No key comes twice, but their primes do: to search for two of them takes as long as most tests."""
    primes = []
    while True:
        found = rsa.generate_private_key(65537, bits)
        yield found
        fresh = found.private_numbers().p, found.private_numbers().q
        yield from (rsa_of(*pair) for pair in itertools.product(fresh, primes))
        primes.extend(fresh)


def make_key(kind="p256"):
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return next(rsa_keys(int(kind.removeprefix("rsa"))))


def make_csr(key, name="dev-1", san=None, subject=None, attributes=(), extensions=()):
    """DER of a certification request. `san` is a list of x509.GeneralName, `subject` an x509.Name."""
    builder = x509.CertificateSigningRequestBuilder()
    if subject is None:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = builder.subject_name(subject)
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for oid, value in attributes:
        builder = builder.add_attribute(oid, value)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, digest).public_bytes(serialization.Encoding.DER)


def spki(holder):
    """The public key of a key, certificate or request as its DER: old releases of `cryptography` do not compare keys."""
    return holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def load_certificates(pem):
    """All of a text, which old releases cannot do either."""
    ends = b"-----END CERTIFICATE-----"
    return [x509.load_pem_x509_certificate(part + ends) for part in pem.split(ends) if b"BEGIN CERTIFICATE" in part]


def valid_from(certificate):
    utc = getattr(certificate, "not_valid_before_utc", None)
    return utc or certificate.not_valid_before.replace(tzinfo=datetime.timezone.utc)


def valid_until(certificate):
    utc = getattr(certificate, "not_valid_after_utc", None)
    return utc or certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)


def verify_issued_by(certificate, issuer):
    """Raises if it was not. What old releases cannot do at all (PSS) is left to the other judges."""
    if hasattr(certificate, "verify_directly_issued_by"):
        certificate.verify_directly_issued_by(issuer)
        return
    assert certificate.issuer == issuer.subject
    key, signed = issuer.public_key(), (certificate.signature, certificate.tbs_certificate_bytes)
    if certificate.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        return
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(*signed)
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(*signed, padding.PKCS1v15(), certificate.signature_hash_algorithm)
    else:
        key.verify(*signed, ec.ECDSA(certificate.signature_hash_algorithm))


class Answer:
    """What the node sent back."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def certificates(self):
        return pkcs7.load_der_pkcs7_certificates(base64.b64decode(self.body))

    @property
    def certificate(self):
        (leaf,) = self.certificates
        return leaf


class Identity:
    """A certificate and its key, as files that Python's ssl module can load."""

    def __init__(self, folder, key, *certificates):
        self.key, self.certificate = key, certificates[0]
        self.path = pathlib.Path(folder) / f"identity-{secrets.token_hex(4)}.pem"
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for certificate in certificates:
            pem += certificate.public_bytes(serialization.Encoding.PEM)
        self.path.write_bytes(pem)


def is_alive(pid):
    """A process whose first thread has ended holds its files until the last one has."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" or len(os.listdir(f"/proc/{pid}/task")) > 1
    except OSError:
        return False


class Node:
    """A running node. Use as a context manager; everything of it is in `folder`."""

    def __init__(self, settings="", est_settings="", edges=2, setup=True, environment=None, va_settings=None, admin=False, metrics=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bestow-node-"))
        self.port = free_port()
        self.va_port = free_port() if va_settings is not None else None
        self.va_settings = va_settings
        self.admin_port = free_port() if admin else None
        self.metrics_port = free_port() if metrics else None
        self.config = self.folder / "bestowd.conf"
        self.log_path = self.folder / "log"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.passphrase = None
        self._setup = setup
        # URLs of the validation authority stand in certificates, and under another clock those of the copy are of another day
        self._copied = setup and va_settings is None and "LD_PRELOAD" not in (environment or {})
        (self.folder / "state").mkdir(mode=0o700)
        passphrase_file = self.folder / "key.pass"
        passphrase_file.touch(mode=0o600)
        passphrase_file.write_text(secrets.token_hex(32) + "\n")
        self.write_config(settings, est_settings, edges)

    def write_config(self, settings="", est_settings="", edges=2):
        self.config.write_text(
            f"[node]\nstate_dir = state\nsocket = admin.sock\nkey_passphrase_file = key.pass\nedges = {edges}\n"
            f"est_url = https://localhost:{self.port}\nlog_format = json\n{settings}\n"
            f"[est]\nlisten = 127.0.0.1:{self.port}\n{est_settings}\n"
            + (f"[va]\nlisten = 127.0.0.1:{self.va_port}\nurl = {self.va_url}\n{self.va_settings}\n" if self.va_port else "")
            + (f"[admin]\nlisten = 127.0.0.1:{self.admin_port}\nurl = https://localhost:{self.admin_port}\n" if self.admin_port else "")
            + (f"[metrics]\nlisten = 127.0.0.1:{self.metrics_port}\n" if self.metrics_port else ""))

    @property
    def va_url(self):
        return f"http://127.0.0.1:{self.va_port}"

    def monitor(self, path, accept=None):
        """What the metrics listener answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=20)
        connection.request("GET", path, headers={"Accept": accept} if accept else {})
        return Answer(connection.getresponse())

    def write_config_with_state(self, folder):
        """The same, with the state elsewhere, and made there."""
        self._copied = False
        self.config.write_text(self.config.read_text().replace("state_dir = state", f"state_dir = {folder}"))

    # -- life --

    def __enter__(self):
        try:
            if self._copied:
                self.copy(kept_node())
            self.start()
            if self._copied:
                self.wait(lambda: "node.ready" in self.log() and self.accepts(), "all processes to serve")
            elif self._setup:
                self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        if not os.environ.get("BESTOW_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, wait=True):
        self.process = subprocess.Popen([BIN / "bestowd", "--config", self.config], stdout=subprocess.DEVNULL,
                                        stderr=open(self.log_path, "ab"), stdin=subprocess.DEVNULL, env=self.environment,
                                        start_new_session=True)
        if wait:
            self.wait(lambda: self.ctl_run("status").returncode == 0, "the node to answer")

    def stop(self, how=signal.SIGTERM, seconds=20):
        """SIGKILL ends all of its processes at once, as a power cut does."""
        if self.process and self.process.poll() is None:
            orphans = self.children().values() if how == signal.SIGKILL else []
            if orphans:
                os.killpg(self.process.pid, how)
            else:
                self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError("the node did not end") from None
            end = time.monotonic() + seconds
            while any(is_alive(pid) for pid in orphans) and time.monotonic() < end:
                time.sleep(0.01)
        return self.process.returncode if self.process else None

    def wait(self, condition, what, seconds=START_SECONDS):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the node ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}:\n{self.log()[-3000:]}")

    def accepts(self):
        try:
            return self.request("GET", "/.well-known/est/demo/cacerts", timeout=2).status == 200
        except OSError:
            return False

    def log(self):
        return self.log_path.read_text(errors="replace")

    def children(self):
        """Process ids of the node's processes by name ("edge-1", "authority", "admin")."""
        found = {}
        for pid in subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split():
            try:
                found[pathlib.Path(f"/proc/{pid}/comm").read_text().strip()] = int(pid)
            except OSError:
                pass
        return found

    # -- the operator --

    def ctl_run(self, *arguments, **options):
        return subprocess.run([BIN / "bestowctl", "--config", self.config, "--no-input", *map(str, arguments)],
                              capture_output=True, text=True, timeout=60, env=self.environment, **options)

    def ctl(self, *arguments, **options):
        run = self.ctl_run(*arguments, **options)
        if run.returncode:
            raise Refused(arguments, run)
        return run.stdout

    def ctl_json(self, *arguments, **options):
        return json.loads(self.ctl("--json", *arguments, **options))

    def set_up(self):
        """As ./quickstart does it."""
        self.ctl("account", "create", "demo")
        self.ctl("allow", "add", "127.0.0.1")
        self.ctl("ca", "create", "Demo Root", "--subject", "CN=Test Root,O=Test", "--validity", "20y", "--no-trust")
        self.ctl("ca", "create", "Demo Issuing", "--parent", "Demo Root", "--subject", "CN=Test Issuing,O=Test",
                 "--validity", "10y", "--trust")
        self.ctl("node", "certificate", "--ca", "Demo Issuing", "--host", "localhost", "--host", "127.0.0.1")
        for name, template, auth in (("demo", "client-authentication", "passphrase"),
                                     ("demo-tls", "generic-device", "tls-certificate")):
            self.ctl("profile", "create", name, "--template", template, "--ca", "Demo Issuing", "--auth", auth,
                     "--alias", name, "--set", "renewal.while_valid=any-time")
        self.ctl("profile", "default", "demo")
        out = self.folder / "passphrase"
        self.ctl("profile", "passphrase", "demo", "--generate", "--out", out)
        self.passphrase = out.read_text().strip()
        (self.folder / "root.pem").write_text(self.ctl("ca", "export", "Demo Root"))
        (self.folder / "ca.pem").write_text(self.ctl("ca", "export", "Demo Issuing", "--chain"))
        self.wait(self.accepts, "the edges to serve")
        self.soften_keys()

    def soften_keys(self):
        """Encrypts them as others do, in few rounds: the node's hundred thousand, at each start, are a tenth of all that tests do."""
        passphrase = (self.folder / "key.pass").read_bytes().strip()
        for path in self.folder.glob("state/keys/*.key"):
            key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
            new = path.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.BestAvailableEncryption(passphrase)))
            new.rename(path)

    def copy(self, folder):
        """Takes over what was set up elsewhere, before the start."""
        shutil.copytree(folder / "state", self.folder / "state", dirs_exist_ok=True)
        for name in KEPT:
            shutil.copy2(folder / name, self.folder)
        self.passphrase = (self.folder / "passphrase").read_text().strip()

    def set_profile(self, name, *changes):
        self.ctl("profile", "set", name, *changes)

    def certificates(self, *arguments):
        return self.ctl_json(*arguments, "cert", "list", "--limit", "1000")["certificates"]

    def events(self, *arguments):
        return self.ctl_json("events", *arguments)

    # -- the device --

    def tls(self, identity=None, version=None):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if version:
            context.minimum_version = context.maximum_version = version
        if identity:
            # what a device would rather not send is the server's to refuse
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.load_cert_chain(identity.path)
        return context

    def connect(self, identity=None, version=None, source=None, timeout=20):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls(identity, version), timeout=timeout,
                                           source_address=(source, 0) if source else None)

    def request(self, method, path, body=None, headers=None, connection=None, **options):
        connection = connection or self.connect(**options)
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())

    def basic(self, passphrase=None, user="device"):
        text = f"{user}:{self.passphrase if passphrase is None else passphrase}"
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    def post_csr(self, operation, csr, profile="demo", headers=None, **options):
        headers = {"Content-Type": "application/pkcs10", **(headers or {})}
        return self.request("POST", f"/.well-known/est/{profile}/{operation}", base64.b64encode(csr), headers, **options)

    def enroll(self, csr, profile="demo", passphrase=None, **options):
        """simpleenroll by passphrase, or by certificate when an identity is given."""
        headers = None if options.get("identity") and passphrase is None else self.basic(passphrase)
        return self.post_csr("simpleenroll", csr, profile, headers, **options)

    def reenroll(self, csr, identity, profile="demo", **options):
        return self.post_csr("simplereenroll", csr, profile, identity=identity, **options)

    def device(self, name="dev-1", kind="p256", profile="demo", **csr_options):
        """A device that enrolled by passphrase."""
        key = make_key(kind)
        answer = self.enroll(make_csr(key, name, **csr_options), profile)
        assert answer.status == 200, (answer.status, answer.text)
        return Identity(self.folder, key, answer.certificate)

    def serial(self, certificate):
        return f"{certificate.serial_number:040x}"


@functools.cache
def kept_node():
    """The folder of a node that was set up and has ended: most tests want one of these, and setting up is most of the work.
    Made once by each process of pytest, so that copies are of CAs that are minutes old at most."""
    node = Node(setup=False)
    atexit.register(shutil.rmtree, node.folder, ignore_errors=True)
    try:
        node.start()
        node.set_up()
    finally:
        node.stop()
    return node.folder
