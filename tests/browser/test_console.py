"""The console in a real browser against a real node, with other people's clients as its devices."""
import os
import pathlib
import shutil
import subprocess

from cryptography import x509
from cryptography.x509.oid import NameOID

from hsm import Token, certificate_for_token_key, needs_softhsm
from modules import modules
from node import BIN, Node, make_csr, make_key

HERE = pathlib.Path(__file__).resolve().parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
HOSTILE = '<img src=x onerror="owned=1">'


def walk(name, node, **environment):
    run = subprocess.run(["node", HERE / name], capture_output=True, text=True, timeout=400, stdin=subprocess.DEVNULL,
                         env={**os.environ, "BROWSER_MODULES": str(modules()), "CONSOLE_URL": f"https://localhost:{node.admin_port}",
                              "CHROMIUM": CHROMIUM, "FOLDER": str(node.folder), "FAILURE_PICTURE": str(BIN / f"{name}.png"), **environment})
    assert run.returncode == 0 and "FAILED" not in run.stdout, run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if line.startswith("ok ")]


def link(node, *arguments):
    return node.ctl(*arguments).strip()


def escaped(text):
    """As RFC 4514 writes it in a name."""
    return "".join("\\" + c if c in '<>"=,+;' else c for c in text)


def test_from_nothing_to_a_renewed_device():
    """The link of a node that has nothing: the browser meets the certificate that the node made itself, and then its own."""
    with Node(admin=True, setup=False) as node:
        passed = walk("walk_setup.mjs", node, LINK=link(node, "administrator", "create", "first", "--role", "owner"), EST_PORT=str(node.port))
    assert len(passed) >= 20


def at_both_loopback_addresses():
    """As ./quickstart listens: strongSwan 6 asks ::1 for localhost, and nobody else when nobody is there."""
    node = Node(admin=True)
    if pathlib.Path("/proc/net/if_inet6").exists() and pathlib.Path("/proc/net/if_inet6").read_text():
        node.write_config(est_settings=f"listen = [::1]:{node.port}")
    return node


def test_the_first_minutes():
    with at_both_loopback_addresses() as node:
        node.ctl("allow", "add", "::1")
        passed = walk("walk_first.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"), EST_PORT=str(node.port), PROGRAMS=str(BIN))
    assert len(passed) == 9


def test_a_fleet_on_a_list():
    with Node(admin=True) as node:
        passed = walk("walk_devices.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"), EST_PORT=str(node.port), SERVER_CA="ca.pem",
                      STORE=str(node.folder / "state" / "bestow.db"))
    assert len(passed) >= 14


def test_cas_from_elsewhere_and_one_after_the_other():
    with Node(admin=True) as node:
        node.ctl("profile", "create", "rolling", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", "rolling", "--set", "renewal.while_valid=any-time")
        node.ctl("profile", "passphrase", "rolling", "--passphrase-file", node.folder / "passphrase")
        for name in ("new", "edit", "test"):
            node.ctl("profile", "create", name, "--template", "client-authentication", "--ca", "Demo Root", "--auth", "passphrase")
        passed = walk("walk_cas.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"), EST_PORT=str(node.port), SERVER_CA="ca.pem")
        node.ctl("crl", "issue", "Older Plant")
        node.ctl("crl", "export", "Older Plant", "--out", node.folder / "older.crl")
        told = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", node.folder / "older.crl", "-noout", "-text", "-CAfile", node.folder / "older.pem"], capture_output=True, text=True)
    assert len(passed) >= 17
    assert "Signature Algorithm: rsassaPss" in told.stdout and "sha384" in told.stdout and "verify OK" in told.stderr, told


@needs_softhsm
def test_cas_whose_keys_are_in_a_token(tmp_path):
    token = Token(tmp_path / "hsm")
    for label, key_id in (("ceremony", "0a0b"), ("spare", "0c")):
        token.tool("--keypairgen", "--key-type", "EC:prime256v1", "--label", label, "--id", key_id, "--usage-sign")
    with token.node(admin=True) as node:
        certificate, root = certificate_for_token_key(token, "ceremony", tmp_path)
        (node.folder / "bundle.pem").write_text(certificate.read_text() + root.read_text())
        assert node.ctl_json("node", "show")["token"] == {"ready": True}
        passed = walk("walk_token.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"), EST_PORT=str(node.port))
        assert {ca["name"]: ca["key_store"] for ca in node.ctl_json("ca", "list")["cas"]}.items() >= {"Ceremony": "token", "Vault": "token", "Demo Root": "file"}.items()
    assert len(passed) == 5


def test_ft_11_what_a_restored_store_does_not_know_is_adopted():
    with Node(admin=True) as node:
        copy = node.folder / "state" / "backup.db"
        node.ctl("backup", copy)
        devices = {name: node.device(name) for name in ("lost-1", "lost-2", "lost-3")}
        node.stop()
        for name in ("bestow.db", "bestow.db-wal", "bestow.db-shm"):
            (node.folder / "state" / name).unlink(missing_ok=True)
        shutil.copy(copy, node.folder / "state" / "bestow.db")
        subprocess.run([BIN / "bestowd", "--config", node.config, "--after-restore"], check=True, capture_output=True)
        node.start()
        node.wait(node.accepts, "the restored node to serve")
        for name, device in devices.items():
            assert node.reenroll(make_csr(make_key(), name), device).status == 403
        node.wait(lambda: len(node.ctl_json("cert", "unknown")["certificates"]) == 3, "the three", 10)
        passed = walk("walk_unknown.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"))
        for name, device in devices.items():
            assert node.reenroll(make_csr(make_key(), name), device).status == 200
    assert len(passed) == 5


def test_co_13_names_of_everything_are_text():
    with Node(admin=True) as node:
        node.ctl("ca", "create", "Hostile", "--subject", f"CN={escaped(HOSTILE)},O={escaped('<script>owned=1</script>')}", "--validity", "1y", "--trust")
        node.ctl("profile", "create", "hostile", "--template", "client-authentication", "--ca", "Hostile", "--auth", "passphrase", "--alias", "hostile", "--set", "approval.hold=enrollments",
                 "--set", "approval.without_credentials=true")
        node.ctl("allow", "add", "192.0.2.1", "--comment", HOSTILE)
        node.ctl("device", "add", "--profile", "hostile", "--serial", "SN-HOSTILE", "--name", HOSTILE, "--remark", HOSTILE)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTILE)])
        san = [x509.UniformResourceIdentifier("javascript:owned=1"), x509.DNSName("a.example")]
        key = make_key()
        answer = node.enroll(make_csr(key, subject=subject, san=san))
        assert answer.status == 200, answer.text
        node.enroll(make_csr(make_key(), subject=subject), passphrase=HOSTILE)
        out = node.folder / "hostile.pass"
        node.ctl("profile", "passphrase", "hostile", "--generate", "--out", out)
        node.post_csr("simpleenroll", make_csr(make_key(), subject=subject), "hostile", headers=node.basic(out.read_text().strip(), user="<script>owned=1</script>"))
        held = node.ctl_json("request", "list")["requests"][0]["request_id"]
        walk("walk_hostile.mjs", node, LINK=link(node, "administrator", "create", "olga", "--role", "owner"), ACCOUNT="demo", SERIAL=node.serial(answer.certificate),
             CA="Hostile", PROFILE="hostile", HELD=held)
