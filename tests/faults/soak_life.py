"""Who lives with the node during a soak, and what each of them must be answered: devices, strangers, relying parties, an
operator, and somebody at the console."""
import calendar
import collections
import hashlib
import http.client
import json
import random
import secrets
import socket
import ssl
import threading
import time
from types import SimpleNamespace

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from node import Identity, make_csr, make_key, spki, valid_from, valid_until, verify_issued_by

QUEUED = 20  # devices that wait to be revoked
KEPT = 200  # certificates of either kind that relying parties ask about
# These stay the same: answers are kept for hours, up to 32 MiB of them, and ever new questions would look like a leak. A nonce
# asks for an answer that is not kept.
SECONDS = 60  # for an answer: far more than any should take
UNREACHABLE = 7  # bestowctl's exit code for what is worth another try
STRANGER, NEIGHBOUR = "127.0.0.9", "127.0.0.3"  # nobody lists the first
GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
SLOWEST_CRL = 5  # seconds between clocks' ticks, CRL's thisUpdate and what was acknowledged before
PAGES = ("/accounts/demo/status", "/accounts/demo/profiles", "/accounts/demo/cas", "/accounts/demo/crls",
         "/accounts/demo/certificates?limit=20", "/accounts/demo/certificates?state=revoked&limit=20", "/accounts/demo/events?limit=50")
DURATIONS = ("30d", "45d", "60d")


def digest(key):
    return hashlib.sha256(spki(key)).digest()


def serial_text(certificate):
    digits = f"{certificate.serial_number:x}"
    return digits.rjust(len(digits) + len(digits) % 2, "0")


def common_name(certificate):
    return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


class World:
    """The node as it should be: who asked for what, what was acknowledged, what was revoked and when."""

    def __init__(self, node, judge):
        self.node, self.judge, self.lock = node, judge, threading.Lock()
        self.asked, self.issued = set(), {}  # digests of keys; {serial: (digest of the key, digest of the DER)}
        self.unrevoked = collections.deque()  # devices that the operator may revoke
        self.good, self.revoked = [], []  # certificates; (certificate, when that was acknowledged)
        self.issuing, self.root = (x509.load_pem_x509_certificate((node.folder / name).read_bytes()) for name in ("ca.pem", "root.pem"))
        self.cacerts = {c.fingerprint(hashes.SHA256()) for c in self.get("cacerts").certificates}
        self.csrattrs = self.get("csrattrs").body
        self.token = node.ctl("--account", "demo", "token", "create", "soak", "--role", "auditor").strip()

    # -- EST --

    def get(self, operation, profile="demo", **options):
        return self.node.request("GET", f"/.well-known/est/{profile}/{operation}", timeout=SECONDS, **options)

    def est(self, what, request):
        return self.judge.ask("est", what, request)

    def certify(self, what, name, key, request):
        """A certificate for `name` and `key`, and nothing else, recorded as acknowledged."""
        with self.lock:
            self.asked.add(digest(key))
        answer = self.est(what, request)
        self.judge.expect(answer.status == 200, what, f"{answer.status} {answer.text}")
        certificate = answer.certificate
        verify_issued_by(certificate, self.issuing)
        self.judge.expect(spki(certificate) == spki(key), what, "the certificate is for another key")
        self.judge.expect(common_name(certificate) == name, what, f"{certificate.subject} for {name}")
        self.judge.expect(valid_from(certificate).timestamp() <= time.time() + 1 < valid_until(certificate).timestamp(), what, "not valid now")
        with self.lock:
            self.judge.expect(certificate.serial_number not in self.issued, what, "the serial was given before")
            self.issued[certificate.serial_number] = digest(key), certificate.fingerprint(hashes.SHA256())
        return certificate

    def enroll(self, name, key=None, profile="demo", identity=None, **options):
        key = key or make_key()
        csr = make_csr(key, name)
        what = f"enroll by {'certificate' if identity else 'passphrase'}"
        return Identity(self.node.folder, key, self.certify(what, name, key, lambda: self.node.enroll(
            csr, profile, identity=identity, timeout=SECONDS, **options)))

    def renew(self, identity):
        name, key = common_name(identity.certificate), make_key()
        csr = make_csr(key, name)
        certificate = self.certify("renew", name, key, lambda: self.node.reenroll(csr, identity, timeout=SECONDS))
        return Identity(self.node.folder, key, certificate)

    def refused(self, what, status, request):
        answer = self.est(what, request)
        self.judge.expect(answer.status == status, what, f"{answer.status} instead of {status}: {answer.text[:200]}")
        return answer

    # -- who asks whether a certificate is good --

    def fetch(self, method, path, body=None, kind=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.va_port, timeout=SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            response = connection.getresponse()
            return SimpleNamespace(status=response.status, headers=response.headers, body=response.read())
        finally:
            connection.close()

    def ask_ocsp(self, certificate, nonce=False):
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, self.issuing, hashes.SHA256())
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(secrets.token_bytes(16)), False)
        request = builder.build().public_bytes(serialization.Encoding.DER)

        def once():
            answer = self.fetch("POST", "/ocsp", request, "application/ocsp-request")
            if answer.status == 200:
                answer.said = ocsp.load_der_ocsp_response(answer.body)
                if answer.said.response_status == ocsp.OCSPResponseStatus.TRY_LATER:
                    raise ConnectionError("tryLater")
            return answer

        answer = self.judge.ask("va", "ocsp", once)
        self.judge.expect(answer.status == 200 and answer.said.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL, "ocsp", f"{answer.status} {answer.body[:40]}")
        (responder,) = answer.said.certificates
        verify_issued_by(responder, self.issuing)
        responder.public_key().verify(answer.said.signature, answer.said.tbs_response_bytes, ec.ECDSA(answer.said.signature_hash_algorithm))
        return answer.said.certificate_status

    def expect_status(self, certificate, status, nonce=True):
        said = self.ask_ocsp(certificate, nonce)
        self.judge.expect(said == status, "ocsp", f"{said} instead of {status} for {serial_text(certificate)}")

    def crl(self, certificate):
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        path = points[0].full_name[0].value.removeprefix(self.node.va_url)
        answer = self.judge.ask("va", "crl", lambda: self.fetch("GET", path))
        self.judge.expect(answer.status == 200, "crl", answer.status)
        crl = x509.load_der_x509_crl(answer.body)
        self.judge.expect(crl.is_signature_valid(self.issuing.public_key()), "crl", "not signed by its CA")
        return crl

    # -- the operator and the console --

    def ctl(self, *arguments, done=None):
        """What bestowctl prints. `done` is how it refuses what an earlier try, of which no answer came, has done."""
        what, tried = f"bestowctl {' '.join(arguments[:2])}", []

        def once():
            run = self.node.ctl_run("--account", "demo", "--json", *arguments)
            words = f"exit {run.returncode}: {run.stdout} {run.stderr}"
            if run.returncode == UNREACHABLE:
                tried.append(words)
                raise ConnectionError(words)
            self.judge.expect(run.returncode == 0 or (tried and done and done in words), what, words)
            return SimpleNamespace(status=run.returncode, headers={}, text=run.stdout)

        return self.judge.ask("api", what, once).text

    def connect_console(self):
        context = ssl.create_default_context(cafile=self.node.folder / "ca.pem")
        return http.client.HTTPSConnection("localhost", self.node.admin_port, context=context, timeout=SECONDS)

    def api(self, path, token=None, prefix="/api/v1"):
        def once():
            connection = self.connect_console()
            try:
                connection.request("GET", prefix + path, headers={"Authorization": f"Bearer {token or self.token}"})
                response = connection.getresponse()
                return SimpleNamespace(status=response.status, headers=response.headers, body=response.read())
            finally:
                connection.close()

        return self.judge.ask("api", f"api {prefix + path.split('?')[0]}", once)


class Device:
    """One after the other: a device enrolls, asks what it may ask, renews, and ends good or revoked."""

    def __init__(self, world, number):
        self.world, self.number, self.count, self.identity, self.left = world, number, 0, None, 0
        self.chance = random.Random(f"device {number}")

    def step(self):
        if not self.identity:
            self.begin()
        elif self.left > 0:
            self.left -= 1
            self.go_on()
        else:
            self.end()

    def begin(self):
        self.count += 1
        self.identity = self.world.enroll(f"soak-{self.number}-{self.count}")
        self.left = self.chance.randrange(1, 5)

    def go_on(self):
        self.chance.choice((self.renew, self.renew, self.enroll_elsewhere, self.ask_what_is_public))()

    def renew(self):
        before, self.identity = self.identity, self.world.renew(self.identity)
        before.path.unlink()

    def enroll_elsewhere(self):
        other = self.world.enroll(common_name(self.identity.certificate), profile="demo-tls", identity=self.identity)
        other.path.unlink()

    def ask_what_is_public(self):
        world = self.world
        found = world.refused("cacerts", 200, lambda: world.get("cacerts")).certificates
        world.judge.expect({c.fingerprint(hashes.SHA256()) for c in found} == world.cacerts, "cacerts", "others than before")
        attributes = world.est("csrattrs", lambda: world.get("csrattrs"))
        world.judge.expect(attributes.status in (200, 204) and attributes.body == world.csrattrs, "csrattrs", "others than before")

    def end(self):
        identity, self.identity = self.identity, None
        if self.chance.random() < 0.3 and len(self.world.unrevoked) < QUEUED:
            self.world.unrevoked.append(identity)
            return
        if len(self.world.good) < KEPT:
            self.world.good.append(identity.certificate)
        identity.path.unlink()


class Stranger:
    """Means no good, or does it wrong."""

    def __init__(self, world):
        self.world, self.chance, self.key = world, random.Random("stranger"), make_key()
        self.deeds = (self.guess, self.come_from_elsewhere, self.ask_nobody, self.send_rubbish, self.forge, self.hang_up)

    def step(self):
        self.chance.choice(self.deeds)()

    def post(self, what, status, csr, **options):
        node = self.world.node
        return self.world.refused(what, status, lambda: node.enroll(csr, timeout=SECONDS, **options))

    def guess(self):
        answer = self.post("wrong passphrase", 401, make_csr(self.key, "guess"), passphrase="wrong", source=NEIGHBOUR)
        self.world.judge.expect("WWW-Authenticate" in answer.headers, "wrong passphrase", "no challenge")

    def come_from_elsewhere(self):
        self.post("unlisted address", 403, make_csr(self.key, "elsewhere"), source=STRANGER)

    def ask_nobody(self):
        self.world.refused("unknown label", 404, lambda: self.world.get("cacerts", "nobody"))

    def send_rubbish(self):
        self.post("rubbish", 400, self.chance.randbytes(300))

    def forge(self):
        csr = bytearray(make_csr(self.key, "forged"))
        csr[-20] ^= 1
        self.post("forged request", 400, bytes(csr))

    def hang_up(self):
        """Amid a handshake or a request: nobody waits for an answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.world.node.port), SECONDS) as raw:
                if self.chance.random() < 0.5:
                    raw.sendall(b"\x16\x03\x01\x02\x00\x01")
                    return
                with self.world.node.tls().wrap_socket(raw, server_hostname="localhost") as tls:
                    tls.sendall(b"POST /.well-known/est/demo/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nMIIB")
        except OSError:
            pass


class RelyingParty:
    def __init__(self, world):
        self.world, self.chance, self.last = world, random.Random("relying party"), 0

    def step(self):
        self.chance.choice((self.ask_good, self.ask_good, self.ask_revoked, self.fetch_crl))()

    def ask_good(self):
        if self.world.good:
            self.world.expect_status(self.chance.choice(self.world.good), GOOD, self.chance.random() < 0.3)

    def ask_revoked(self):
        if self.world.revoked:
            self.world.expect_status(self.chance.choice(self.world.revoked)[0], REVOKED, self.chance.random() < 0.3)

    def fetch_crl(self):
        if not self.world.revoked:
            return
        known = list(self.world.revoked)
        crl = self.world.crl(known[0][0])
        made = calendar.timegm((getattr(crl, "last_update_utc", None) or crl.last_update).timetuple())
        expect = self.world.judge.expect
        expect(made >= self.last, "crl", f"one of {made} after one of {self.last}")
        self.last = made
        for certificate, acknowledged in known:
            entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            expect(entry or acknowledged + SLOWEST_CRL > made, "crl", f"{serial_text(certificate)} is missing")


class Operator:
    def __init__(self, world):
        self.world, self.chance = world, random.Random("operator")

    def step(self):
        self.chance.choice((self.revoke, self.revoke, self.change_profile, self.switch_spare_ca, self.issue_crl, self.hold))()

    def revoke(self):
        """What is acknowledged holds at once, for the device itself and for who relies on it."""
        world = self.world
        if not world.unrevoked:
            return
        identity = world.unrevoked.popleft()
        world.ctl("cert", "revoke", serial_text(identity.certificate), "--reason", self.chance.choice(("keyCompromise", "superseded")))
        world.expect_status(identity.certificate, REVOKED)
        csr = make_csr(make_key(), common_name(identity.certificate))
        world.refused("renew revoked", 403, lambda: world.node.reenroll(csr, identity, timeout=SECONDS))
        if len(world.revoked) < KEPT:
            world.revoked.append((identity.certificate, time.time()))
        identity.path.unlink()

    def hold(self):
        world = self.world
        if not world.unrevoked:
            return
        identity = world.unrevoked.popleft()
        serial = serial_text(identity.certificate)
        world.ctl("cert", "hold", serial)
        world.expect_status(identity.certificate, REVOKED)
        world.ctl("cert", "release", serial, done="not on hold")
        world.expect_status(identity.certificate, GOOD)
        world.unrevoked.append(identity)

    def change_profile(self):
        """Seen by the next who asks."""
        days = self.chance.choice(DURATIONS)
        self.world.ctl("profile", "set", "demo-tls", f"validity={days}")
        shown = json.loads(self.world.ctl("profile", "show", "demo-tls"))
        self.world.judge.expect(days in json.dumps(shown), "profile show", f"no {days} in it")

    def switch_spare_ca(self):
        for verb in ("disable", "activate"):
            self.world.ctl("ca", verb, "Spare")

    def issue_crl(self):
        self.world.ctl("crl", "issue", "Demo Issuing")


class Console:
    def __init__(self, world):
        self.world, self.chance, self.count = world, random.Random("console"), 0

    def step(self):
        self.chance.choice((self.read, self.read, self.search, self.follow, self.open_page, self.be_nobody, self.scrape))()

    def read(self):
        answer = self.world.api(self.chance.choice(PAGES))
        self.world.judge.expect(answer.status == 200 and json.loads(answer.body), "api", f"{answer.status} {answer.body[:200]}")

    def search(self):
        if not self.world.good:
            return
        certificate = self.chance.choice(self.world.good)
        answer = self.world.api(f"/accounts/demo/certificates?serial={serial_text(certificate)}")
        found = json.loads(answer.body)["certificates"]
        self.world.judge.expect([c["subject"] for c in found] == [f"CN={common_name(certificate)}"], "api", f"found {found}")

    def open_page(self):
        answer = self.world.api("/", prefix="")
        self.world.judge.expect(answer.status == 200 and b"<html" in answer.body.lower(), "api", f"{answer.status} for the console")

    def be_nobody(self):
        answer = self.world.api("/status", token="est_" + "0" * 40)
        self.world.judge.expect(answer.status == 401, "api", f"{answer.status} for nobody's token")

    def scrape(self):
        for path in ("/metrics", "/livez"):
            answer = self.world.judge.ask("api", path, lambda path=path: self.look(path))
            self.world.judge.expect(answer.status == 200, path, f"{answer.status} {answer.text[:200]}")

    def look(self, path):
        """/livez tells the truth about a process that was killed, which is right for just so long."""
        answer = self.world.node.monitor(path)
        if answer.status == 503 and "does not run" in answer.text:
            raise ConnectionError(answer.text)
        return answer

    def follow(self):
        """A stream of events shows what a device gets meanwhile."""
        self.count += 1
        name = f"followed-{self.count}"
        head = f"GET /api/v1/accounts/demo/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.world.token}\r\n\r\n".encode()

        def once():
            connection = self.world.connect_console()
            try:
                connection.connect()
                connection.sock.sendall(head)
                text = b""
                while b"retry:" not in text:
                    text += self.read_on(connection.sock)
                device = self.world.enroll(name)
                device.path.unlink()
                while name.encode() not in text:
                    text += self.read_on(connection.sock)
                return SimpleNamespace(status=200, headers={})
            finally:
                connection.close()

        self.world.judge.ask("api", "event stream", once)

    @staticmethod
    def read_on(sock):
        more = sock.recv(65536)
        if not more:
            raise ConnectionResetError("the stream ended")
        return more
