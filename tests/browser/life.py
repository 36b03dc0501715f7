"""A node on which something has happened, for pictures and for tests that read."""
import contextlib
import sqlite3
import subprocess

from cryptography import x509
from cryptography.x509.oid import NameOID

from node import Node, make_csr, make_key


def make_fleet(node):
    """A profile that admits registered devices, in each of their states."""
    node.ctl("profile", "create", "fleet", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "device-code", "--alias", "fleet", "--set", "devices.admit=registered",
             "--set", "devices.code_tries=2", "--set", "certificates_per_subject=1")
    fleet = node.folder / "fleet.csv"
    fleet.write_text("serial,name,remark\n" + "".join(f'SN-{n:04},gate-{n}.plant.example,"hall {n % 3 + 1}, north"\n' for n in range(1, 10)))
    node.ctl("device", "import", fleet, "--profile", "fleet")
    codes = {row["device"]: row["code"] for row in node.ctl_json("device", "codes", "--profile", "fleet")["codes"]}

    def enroll(n, code):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"gate-{n}.plant.example"), x509.NameAttribute(NameOID.SERIAL_NUMBER, f"SN-{n:04}")])
        return node.post_csr("simpleenroll", make_csr(make_key(), subject=subject), "fleet", headers=node.basic(code, user=f"SN-{n:04}"))

    for n in (1, 2, 3):
        assert enroll(n, codes[f"SN-{n:04}"]).status == 200
    for _ in range(2):
        enroll(5, "a-wrong-guess-at-it")
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db", timeout=20)) as store, store:  # guesses from a hundred addresses
        store.execute("UPDATE device_code SET locked_at = 1790000000 WHERE device_id = (SELECT id FROM device WHERE identity = 'SN-0005')")
    node.ctl("device", "suspend", "SN-0003", "--profile", "fleet")


def make_more_cas(node):
    """One that waits for its certificate, and a rollover on its way."""
    node.ctl("ca", "request", "Plant 3", "--subject", "CN=Acme Plant 3,O=Acme")
    node.ctl("ca", "create", "Plants", "--parent", "Demo Root", "--subject", "CN=Acme Plants,O=Acme", "--validity", "5y", "--trust")
    for name in ("pumps", "valves"):
        node.ctl("profile", "create", name, "--template", "client-authentication", "--ca", "Plants", "--auth", "passphrase", "--alias", name)
        node.ctl("profile", "passphrase", name, "--passphrase-file", node.folder / "passphrase")
    for n in range(3):
        node.device(f"pump-{n}", profile="pumps")
    node.ctl("rollover", "start", "Plants", "Plants 2")
    node.request("GET", "/.well-known/est/pumps/cacerts")
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/O=Partner/CN=Partner CA", "-keyout", node.folder / "partner.key",
                    "-out", node.folder / "partner.csr"], check=True, capture_output=True)


def make_ras(node):
    """One that has just been rotated, one that is as it was."""
    for name in ("plant-3", "plant-3 again", "plant-4"):
        (node.folder / f"{name}.csr").write_bytes(make_csr(make_key(), name))
    node.ctl("ra", "enroll", "plant-3", "--ca", "Demo Issuing", "--profile", "demo", "--profile", "gateways", "--csr", node.folder / "plant-3.csr")
    node.ctl("ra", "rotate", "plant-3", "--csr", node.folder / "plant-3 again.csr")
    node.ctl("ra", "enroll", "plant-4", "--ca", "Demo Issuing", "--all-profiles", "--csr", node.folder / "plant-4.csr")


def make_unknown(node):
    """Two devices whose certificates an older store does not know, and which come to renew them."""
    devices = [node.device(name) for name in ("lost-1", "lost-2")]
    node.stop()
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store, store:
        store.execute("DELETE FROM certificate WHERE subject LIKE 'CN=lost-%'")
    node.start()
    node.wait(node.accepts, "the node to serve again")
    for device in devices:
        node.reenroll(make_csr(make_key(), "lost"), device)


@contextlib.contextmanager
def lively_node():
    with Node(admin=True) as node:
        node.ctl("profile", "create", "gateways", "--template", "generic-device", "--ca", "Demo Issuing", "--auth", "either", "--alias", "gateways")
        node.ctl("profile", "create", "held", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", "held",
                 "--set", "approval.hold=enrollments", "--set", "approval.without_credentials=true")
        out = node.folder / "held.pass"
        node.ctl("profile", "passphrase", "held", "--generate", "--out", out)
        devices = [node.device(f"sensor-{n:02}", san=[x509.DNSName(f"sensor-{n:02}.plant.example")]) for n in range(8)]
        for identity in devices[:3]:
            name = identity.certificate.subject.rfc4514_string().removeprefix("CN=")
            node.reenroll(make_csr(make_key(), name, san=[x509.DNSName(f"{name}.plant.example")]), identity)
        for validity, count in (("37d", 1), ("52d", 3), ("66d", 2), ("80d", 5)):
            node.set_profile("demo", f"validity={validity}")
            for n in range(count):
                node.device(f"gauge-{validity}-{n}")
        node.enroll(make_csr(make_key(), "thermostat"), passphrase="not-the-right-one")
        node.enroll(make_csr(make_key("rsa1024"), "old-meter"))
        node.set_profile("demo", 'key.types=["rsa"]')
        node.enroll(make_csr(make_key(), "gateway-7"))
        node.set_profile("demo", 'key.types=["p256","p384","p521","ed25519","rsa"]')
        node.request("POST", "/.well-known/est/nowhere/simpleenroll", b"", {"Content-Type": "application/pkcs10"})
        node.post_csr("simpleenroll", make_csr(make_key(), "newcomer"), "held", headers=node.basic(out.read_text().strip()))
        node.ctl("cert", "revoke", node.serial(devices[7].certificate), "--reason", "keyCompromise")
        make_fleet(node)
        make_more_cas(node)
        make_ras(node)
        make_unknown(node)
        node.shown_serial = node.serial(devices[4].certificate)
        node.held = node.ctl_json("request", "list")["requests"][0]["request_id"]
        node.ctl("account", "create", "plant-2")
        yield node
