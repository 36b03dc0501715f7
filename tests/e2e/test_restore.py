"""Yesterday's backup is put in place of a store that is gone (threat FT-11), with tools that are not ours as judges."""
import datetime
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from node import BIN, Identity, Node, make_csr, make_key
from test_api import Client, link_code, token
from test_bestowctl import NOT_FOUND, OK, REFUSED, USAGE
from test_crl import load, number

STORE = ("bestow.db", "bestow.db-wal", "bestow.db-shm")


def after_restore(node, *options):
    return subprocess.run([BIN / "bestowd", "--config", node.config, *(options or ("--after-restore",))], capture_output=True, text=True,
                          timeout=60, env=node.environment)


def put_in_place(node, copy):
    """As docs/guide/backup.md has it, on a node that has ended."""
    for name in STORE:
        (node.folder / "state" / name).unlink(missing_ok=True)
    shutil.copy(copy, node.folder / "state" / "bestow.db")


def refuses_to_start(node):
    offset = len(node.log())
    node.start(wait=False)
    code = node.process.wait(60)
    return code != 0 and node.log()[offset:]


def back_up(node, name="backup.db"):
    copy = node.folder / "state" / name
    node.ctl("backup", copy)
    return copy


@pytest.fixture
def node():
    with Node(va_settings="crl_after_revocation = 1s", admin=True) as node:
        yield node


def test_ft_11_yesterdays_backup_is_taken_over(node):
    known = node.device("known")
    token = node.folder / "api.token"
    node.ctl("token", "create", "machine", "--role", "auditor", "--out", token)
    copy = back_up(node)

    # what the backup will not know; and the original goes on, unaffected by having been copied
    unknown, revoked = node.device("unknown"), node.device("revoked")
    node.ctl("cert", "revoke", node.serial(revoked.certificate), "--reason", "keyCompromise")
    for _ in range(3):
        newest = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"]
    node.wait(lambda: number(load(node, known.certificate)) == newest, "the newest CRL", 20)
    last = load(node, known.certificate)
    node.stop()
    node.start()
    node.wait(node.accepts, "the original to serve again")
    assert node.reenroll(make_csr(make_key(), "unknown"), unknown).status == 200
    node.stop()

    # nobody starts it by accident, however often
    put_in_place(node, copy)
    for _ in range(2):
        log = refuses_to_start(node)
        assert "store_restored" in log and "bestowd --after-restore" in log
    assert after_restore(node, "--check-config").stdout == "ok\n"

    taken = after_restore(node)
    assert taken.returncode == OK and "backup of 20" in taken.stdout and "1 API tokens" in taken.stdout, taken
    again = after_restore(node)
    assert again.returncode == OK and "nothing to do" in again.stdout
    node.start()
    node.wait(node.accepts, "the restored node to serve")

    # relying parties see nothing go back
    node.wait(lambda: (crl := load(node, known.certificate)) is not None and number(crl) > newest, "a CRL with a number above all before", 20)
    crl = load(node, known.certificate)
    assert number(crl) > newest and crl.last_update >= last.last_update
    assert crl.is_signature_valid(x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes()).public_key())

    # it is told, and what could be used again cannot
    entry = next(e for e in node.ctl_json("audit", "list", "--limit", "20")["entries"] if e["action"] == "node.after-restore")
    assert entry["actor"].startswith("operator:") and "last certificate" in entry["before"] and "hash" in entry["before"]
    assert "1 API tokens" in entry["after"]
    node.ctl("audit", "verify")
    assert any(event["reason"] == "store_restored" for event in node.events("--refusals"))
    assert node.ctl_json("token", "list")["tokens"][0]["ends"] is not None
    refused = subprocess.run([BIN / "bestowctl", "--server", f"https://localhost:{node.admin_port}", "--token-file", token, "--ca-file",
                              node.folder / "root.pem", "--no-input", "status"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 4, refused

    # who was in the backup goes on, with serial numbers that no earlier one began with
    renewed = node.reenroll(make_csr(make_key(), "known"), known)
    assert renewed.status == 200
    assert node.serial(known.certificate)[:2] == "01" and node.serial(renewed.certificate)[:2] == "02"


def restored(node, copy):
    node.stop()
    put_in_place(node, copy)
    assert after_restore(node).returncode == OK
    node.start()
    node.wait(node.accepts, "the restored node to serve")


def listed(node):
    return {entry["serial"]: entry for entry in node.ctl_json("cert", "unknown")["certificates"]}


def knows(node, identity):
    return node.ctl_run("cert", "show", node.serial(identity.certificate)).returncode == OK


def comes_by(node, name, identity, reason="cert_unknown"):
    """The device asks to renew, and the operator hears why it is refused."""
    answer = node.reenroll(make_csr(make_key(), name), identity)
    assert answer.status == 403, answer.text
    node.wait(lambda: node.events("--refusals")[0]["reason"] == reason, "the refusal's event", 10)


def test_ft_11_devices_that_the_backup_does_not_know_are_listed_adopted_and_renew(node):
    known = node.device("known")
    copy = back_up(node)
    lost, other, third = (node.device(name) for name in ("lost", "other", "third"))
    restored(node, copy)

    # refused, and remembered once however often it comes
    assert listed(node) == {}
    for _ in range(3):
        comes_by(node, "lost", lost)
    comes_by(node, "other", other)
    serial = node.serial(lost.certificate)
    assert set(listed(node)) == {serial, node.serial(other.certificate)}
    entry = listed(node)[serial]
    assert (entry["times"], entry["kind"], entry["ca"], entry["profile"], entry["subject"]) == (3, "lost", "Demo Issuing", "demo", "CN=lost")
    assert x509.load_pem_x509_certificate(entry["pem"].encode()) == lost.certificate
    assert "lost" in node.ctl("cert", "unknown")
    assert "2 certificates of its CAs" in node.ctl_run("status").stdout + node.ctl_run("status").stderr
    openssl_hears(node, lost, "unknown")

    # adopted by its serial number: known, good, and it renews and can be revoked
    told = node.ctl_json("cert", "adopt", serial.removeprefix("0"), "--profile", "demo")
    assert [c["serial"] for c in told["adopted"]] == [serial] and told["refused"] == []
    shown = node.ctl_json("cert", "show", serial)["certificate"]
    assert (shown["state"], shown["profile"], shown["issued_via"]) == ("issued", "demo", "operator") and "adopted by operator:" in shown["requested_by"]
    openssl_hears(node, lost, "good")
    assert serial not in listed(node) and node.ctl_run("cert", "adopt", serial, "--profile", "demo").returncode == NOT_FOUND
    (entry,) = (one for one in node.ctl_json("audit", "list", "--limit", "9")["entries"] if one["action"] == "cert.adopt")
    assert serial in entry["object"]
    assert node.reenroll(make_csr(make_key(), "lost"), lost).status == 200
    node.ctl("cert", "revoke", serial)
    comes_by(node, "lost", lost, "cert_revoked")
    openssl_hears(node, lost, "revoked")

    # those that came by at once, and what a file holds, whether it came by or not
    pem = node.folder / "all.pem"
    pem.write_bytes(b"".join(i.certificate.public_bytes(Encoding.PEM) for i in (third, known)))
    assert len(node.ctl_json("cert", "adopt", "--all", "--profile", "demo")["adopted"]) == 1 and listed(node) == {}
    told = node.ctl_json("cert", "adopt", "--file", pem, "--profile", "demo")
    assert [c["serial"] for c in told["adopted"]] == [node.serial(third.certificate)] and told["known"] == 1
    for name, identity in (("other", other), ("third", third), ("known", known)):
        assert node.reenroll(make_csr(make_key(), name), identity).status == 200
    node.ctl("audit", "verify")


def test_ft_11_a_file_of_a_whole_fleet_is_adopted(node):
    """More than the node takes at once: the file goes in pieces, and nothing between its blocks is in the way."""
    copy = back_up(node)
    devices = [node.device(f"fleet-{number}") for number in range(230)]
    restored(node, copy)
    text = "".join(f"# {i}\r\n{d.certificate.public_bytes(Encoding.PEM).decode()}" for i, d in enumerate(devices)) + "\n\n"
    told = json.loads(subprocess.run([BIN / "bestowctl", "--config", node.config, "--json", "cert", "adopt", "--file", "-", "--profile", "demo"],
                                     input=text, capture_output=True, text=True, timeout=120, check=True).stdout)
    assert sorted(c["serial"] for c in told["adopted"]) == sorted(node.serial(d.certificate) for d in devices)
    assert (told["known"], told["refused"]) == (0, [])
    assert node.reenroll(make_csr(make_key(), "fleet-229"), devices[229]).status == 200


def status_by_openssl(node, identity):
    leaf, issuer = node.folder / "asked.pem", node.folder / "issuing.pem"
    leaf.write_bytes(identity.certificate.public_bytes(Encoding.PEM))
    issuer.write_text(node.ctl("ca", "export", "Demo Issuing"))
    run = subprocess.run(["openssl", "ocsp", "-issuer", issuer, "-cert", leaf, "-url", f"{node.va_url}/ocsp", "-CAfile", node.folder / "root.pem",
                          "-verify_other", issuer], capture_output=True, text=True, timeout=60)
    if "Responder Error" in run.stdout:
        return None  # its responder is being made
    assert "Response verify OK" in run.stderr, run
    return run.stdout.split(f"{leaf}: ")[1].split()[0]


def openssl_hears(node, identity, word):
    node.wait(lambda: status_by_openssl(node, identity) == word, f"OCSP to say {word}", 30)


def test_ft_11_ocsp_is_answered_although_the_responders_key_was_replaced_since(node):
    known = node.device("known")
    openssl_hears(node, known, "good")
    copy = back_up(node)
    responder = lambda: node.ctl_json("ocsp", "show")["responders"]
    before = {entry["ca"]: entry["serial"] for entry in responder()}
    for entry in responder():
        node.ctl("cert", "revoke", entry["serial"])
    node.wait(lambda: all(entry["serial"] and entry["serial"] != before[entry["ca"]] for entry in responder()), "other responders", 30)
    restored(node, copy)
    openssl_hears(node, known, "good")


def test_ft_11_a_damaged_backup_is_not_taken_over(node):
    """Not only what a start looks at: a row that refers to nothing is damage too."""
    node.device("one")
    copy = back_up(node)
    node.stop()
    with sqlite3.connect(copy) as store:
        store.execute("UPDATE ca_chain SET ca_id = 99")
    put_in_place(node, copy)
    for _ in range(2):
        refused = after_restore(node)
        assert refused.returncode == 1 and "store_corrupt" in refused.stderr, refused
    assert "store_restored" in refuses_to_start(node)


def entry_of(node, identity):
    return load(node, identity.certificate).get_revoked_certificate_by_serial_number(identity.certificate.serial_number)


def imported(node, path):
    told = node.ctl_json("crl", "import", path)
    return told["revoked"], told["known"], told["unknown"]


def test_ft_11_the_last_crl_revokes_again(node, tmp_path):
    """With its reasons and dates; what is adopted later is revoked when the list is imported again."""
    last, text = tmp_path / "last.crl", tmp_path / "last.pem"
    kept, held, before = (node.device(name) for name in ("kept", "held", "before"))
    node.ctl("cert", "revoke", node.serial(before.certificate), "--reason", "superseded")
    copy = back_up(node)
    lost = node.device("lost")
    for device in (kept, lost):
        node.ctl("cert", "revoke", node.serial(device.certificate), "--reason", "keyCompromise", "--invalidity-date", "2026-01-02")
    node.ctl("cert", "hold", node.serial(held.certificate))
    node.ctl("crl", "issue", "Demo Issuing")
    node.ctl("crl", "export", "Demo Issuing", "--out", last)
    listed_before = x509.load_der_x509_crl(last.read_bytes())
    text.write_bytes(listed_before.public_bytes(Encoding.PEM))
    restored(node, copy)
    openssl_hears(node, kept, "good")

    assert imported(node, last) == (2, 1, [node.serial(lost.certificate)])
    assert imported(node, text) == (0, 3, [node.serial(lost.certificate)])
    openssl_hears(node, kept, "revoked")
    node.wait(lambda: entry_of(node, kept) is not None, "the new CRL", 20)
    for device in (kept, held):
        now, then = entry_of(node, device), listed_before.get_revoked_certificate_by_serial_number(device.certificate.serial_number)
        assert now.revocation_date == then.revocation_date and list(now.extensions) == list(then.extensions)
    node.ctl("cert", "release", node.serial(held.certificate))
    openssl_hears(node, held, "good")

    pem = tmp_path / "lost.pem"
    pem.write_bytes(lost.certificate.public_bytes(Encoding.PEM))
    node.ctl("cert", "adopt", "--file", pem, "--profile", "demo")
    revoked, known, unknown = imported(node, last)
    assert (revoked, unknown) == (2, [])  # and the hold that was released here, which the list knows no better
    openssl_hears(node, lost, "revoked")
    actions = [entry["action"] for entry in node.ctl_json("audit", "list", "--limit", "50")["entries"]]
    assert actions.count("crl.import") == 4
    node.ctl("audit", "verify")


def test_ft_11_a_list_that_is_not_ours_revokes_nothing(node, tmp_path):
    device = node.device("stays")
    key, now = make_key(), datetime.datetime(2026, 11, 1)
    issuer = x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes()).subject
    entry = x509.RevokedCertificateBuilder().serial_number(device.certificate.serial_number).revocation_date(now).build()
    forged = (x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(now).next_update(now + datetime.timedelta(days=30))
              .add_revoked_certificate(entry).sign(key, hashes.SHA256()))
    path = tmp_path / "forged.crl"
    for content, words in ((forged.public_bytes(Encoding.DER), "no CA of the account has signed it"), (b"junk", "CertificateList"),
                           (forged.public_bytes(Encoding.DER) + b"\0", "CertificateList")):
        path.write_bytes(content)
        run = node.ctl_run("crl", "import", path)
        assert run.returncode == REFUSED and words in run.stderr, run
    assert node.reenroll(make_csr(make_key(), "stays"), device).status == 200


def test_ft_11_what_is_revoked_again_is_told_also_where_deltas_are(tmp_path):
    """Dates before the base are no delta's: a full list is made."""
    with Node(va_settings="crl_after_revocation = 1s\ncrl_delta_interval = 1h") as node:
        device = node.device("revoked")
        copy = back_up(node)
        node.ctl("cert", "revoke", node.serial(device.certificate))
        node.ctl("crl", "issue", "Demo Issuing")
        node.ctl("crl", "export", "Demo Issuing", "--out", tmp_path / "last.crl")
        restored(node, copy)
        node.wait(lambda: load(node, device.certificate) is not None, "the first full CRL", 20)
        assert imported(node, tmp_path / "last.crl") == (1, 0, [])
        node.wait(lambda: entry_of(node, device) is not None, "the full CRL with the entry", 20)


def test_ft_11_deltas_begin_anew():
    with Node(va_settings="crl_after_revocation = 1s\ncrl_delta_interval = 1h") as node:
        device = node.device("known")
        copy = back_up(node)
        other = node.device("other")
        node.ctl("cert", "revoke", node.serial(other.certificate))
        base = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"]
        restored(node, copy)

        def numbers():
            return {crl["kind"]: crl["number"] for crl in node.ctl_json("crl", "list")["crls"] if crl["ca"] == "Demo Issuing" and crl["number"]}
        node.wait(lambda: set(numbers()) == {"full", "delta"}, "a base and its delta", 20)
        assert numbers()["delta"] == numbers()["full"] > base + 3500
        assert number(load(node, device.certificate)) == numbers()["full"]


def test_ft_11_over_the_api_as_far_as_the_role_reaches(node):
    copy = back_up(node)
    lost = node.device("=lost")
    restored(node, copy)
    comes_by(node, "=lost", lost)
    auditor, operator, admin = (token(node, role, role) for role in ("auditor", "ra-operator", "administrator"))
    path = "/accounts/demo/unknown-certificates"
    (entry,) = auditor.ask("GET", path).json["certificates"]
    assert entry["serial"] == node.serial(lost.certificate)
    table = auditor.ask("GET", f"{path}?format=csv")
    assert table.status == 200 and b'"serial"' in table.body.splitlines()[0] and entry["serial"].encode() in table.body
    assert [auditor.ask("GET", f"{path}{wrong}").status for wrong in ("?limit=0", "?limit=1001", "?cursor=x")] == [400] * 3
    for client in (auditor, operator):
        assert client.ask("POST", f"{path}/adopt", {"profile": "demo", "all": True}).status == 403
    adopted = admin.ask("POST", f"{path}/adopt", {"profile": "demo", "all": True})
    assert adopted.status == 200 and [c["serial"] for c in adopted.json["adopted"]] == [entry["serial"]]
    assert auditor.ask("GET", path).json == {"certificates": [], "next_cursor": None}


def test_ft_11_an_ra_that_the_backup_does_not_know_speaks_for_devices_again(node, tmp_path):
    node.ctl("profile", "create", "proxies", "--template", "ra", "--ca", "Demo Issuing", "--auth", "tls-certificate")
    copy = back_up(node)
    key = make_key()
    (tmp_path / "proxy.csr").write_bytes(make_csr(key, "proxy"))
    node.ctl("ra", "enroll", "proxy", "--ca", "Demo Issuing", "--profile", "demo-tls", "--csr", tmp_path / "proxy.csr", "--out", tmp_path / "proxy.pem")
    proxy = Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / "proxy.pem").read_bytes()))
    serial = node.serial(proxy.certificate)
    restored(node, copy)
    refused = node.post_csr("simpleenroll", make_csr(make_key(), "by-proxy"), "demo-tls", identity=proxy)
    assert refused.status == 403
    node.wait(lambda: serial in listed(node), "the proxy's certificate to be listed", 10)
    # only as what it is
    run = node.ctl_run("cert", "adopt", serial, "--profile", "demo-tls")
    assert run.returncode == 1 and "RA's certificate" in run.stderr
    node.ctl("cert", "adopt", serial, "--profile", "proxies")
    assert node.post_csr("simpleenroll", make_csr(make_key(), "by-proxy"), "demo-tls", identity=proxy).status == 403  # adopted is not admitted
    node.ctl("ra", "admit", "proxy", "--serial", serial, "--profile", "demo-tls")
    node.wait(lambda: node.post_csr("simpleenroll", make_csr(make_key(), "by-proxy"), "demo-tls", identity=proxy).status == 200, "the admission", 10)


def test_ft_11_what_was_used_since_cannot_be_used_again(node):
    node.ctl("profile", "create", "coded", "--template", "generic-device", "--ca", "Demo Issuing", "--alias", "coded", "--auth", "device-code")
    node.wait(lambda: node.request("GET", "/.well-known/est/coded/cacerts").status == 200, "the profile at the doors")

    def make_code():
        return node.ctl("device", "codes", "--profile", "coded", "--count", "1").splitlines()[1].split(",")

    def enroll(code):
        return node.post_csr("simpleenroll", make_csr(make_key(), "coded"), "coded", node.basic(code)).status
    used, unused = (max(make_code(), key=len) for _ in range(2))
    links = [link_code(node.ctl("administrator", "create", name, "--role", "auditor")) for name in ("ann", "bob")]
    ann = Client(node)
    ann.sign_in(links[0])
    assert ann.ask("GET", "/session").status == 200
    copy = back_up(node)
    assert enroll(used) == 200
    restored(node, copy)
    assert [enroll(code) for code in (used, unused)] == [401, 401]
    node.wait(lambda: node.events("--refusals")[0]["reason"] == "code_expired", "the refusal's event", 10)
    assert ann.ask("GET", "/session").status == 401
    assert Client(node).ask("POST", "/session/link", {"code": links[1]}).status == 401
    assert enroll(max(make_code(), key=len)) == 200


def test_ft_11_the_log_of_the_lost_store_is_not_written_into_the_backup(node):
    """The node was killed, and only one of three files is replaced."""
    copy = back_up(node)
    node.device("later")
    node.stop(signal.SIGKILL)
    store, log = (node.folder / "state" / name for name in ("bestow.db", "bestow.db-wal"))
    assert log.stat().st_size > 0
    store.unlink()
    shutil.copy(copy, store)
    refused = after_restore(node)
    assert refused.returncode == 1 and "bestow.db-wal is the log of another database" in refused.stderr, refused
    assert "log of another database" in refuses_to_start(node)
    put_in_place(node, copy)
    assert after_restore(node).returncode == OK


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60).stdout


def test_ft_11_a_ca_that_was_made_since_comes_back_with_its_key_and_its_devices(node, tmp_path):
    copy, late = back_up(node), tmp_path / "late-ca.pem"
    node.ctl("ca", "create", "Late", "--parent", "Demo Root", "--subject", "CN=Late", "--trust")
    late.write_text(node.ctl("ca", "export", "Late"))
    wanted = openssl("x509", "-in", late, "-noout", "-pubkey")
    (key,) = (path for path in (node.folder / "state" / "keys").iterdir()
              if openssl("pkey", "-in", path, "-passin", f"file:{node.folder}/key.pass", "-pubout") == wanted)
    node.ctl("profile", "create", "late", "--template", "client-authentication", "--ca", "Late", "--auth", "passphrase", "--alias", "late",
             "--set", "renewal.while_valid=any-time")
    node.ctl("profile", "passphrase", "late", "--passphrase-file", node.folder / "passphrase")
    node.wait(lambda: node.request("GET", "/.well-known/est/late/cacerts").status == 200, "the profile at the doors")
    device = node.device("of-late", profile="late")
    both = tmp_path / "both.pem"
    both.touch(mode=0o600)
    both.write_text(late.read_text() + key.read_text())
    restored(node, copy)
    node.ctl("ca", "import", "Late again", both, "--passphrase-file", node.folder / "key.pass", "--trust")
    pem = tmp_path / "device.pem"
    pem.write_bytes(device.certificate.public_bytes(Encoding.PEM))
    node.ctl("cert", "adopt", "--file", pem, "--profile", "demo")
    renewed = node.reenroll(make_csr(make_key(), "of-late"), device)
    assert renewed.status == 200, renewed.text


def test_ft_11_what_is_not_ours_to_adopt_is_refused(node, tmp_path):
    ours = node.device("ours")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                    "/CN=Test Issuing,O=Test", "-keyout", tmp_path / "key", "-out", tmp_path / "stranger.pem"], check=True, capture_output=True)
    stranger = (tmp_path / "stranger.pem").read_bytes()
    for content, words in ((stranger, "no CA of the account"), ((node.folder / "ca.pem").read_bytes(), "CA's certificate")):
        (tmp_path / "tried.pem").write_bytes(content)
        run = node.ctl_run("cert", "adopt", "--file", tmp_path / "tried.pem", "--profile", "demo")
        assert run.returncode == 1 and words in run.stderr and "0 certificates are taken in" in run.stdout, run
    # each stands for itself
    (tmp_path / "both.pem").write_bytes(stranger + ours.certificate.public_bytes(Encoding.PEM))
    run = node.ctl_run("--json", "cert", "adopt", "--file", tmp_path / "both.pem", "--profile", "demo")
    told = json.loads(run.stdout)
    assert run.returncode == 1 and told["known"] == 1 and [r["reason"] for r in told["refused"]] == ["invalid"]
    # a serial number alone is nobody's certificate
    assert node.ctl_run("cert", "adopt", node.serial(ours.certificate), "--profile", "demo").returncode == NOT_FOUND
    assert node.ctl_run("cert", "adopt", "--profile", "demo").returncode == USAGE
    assert node.ctl_run("cert", "adopt", "--all", "--file", tmp_path / "both.pem", "--profile", "demo").returncode == USAGE
    (tmp_path / "empty.pem").touch()
    assert node.ctl_run("cert", "adopt", "--file", tmp_path / "empty.pem", "--profile", "demo").returncode == USAGE
    assert node.ctl_run("cert", "adopt", "--all", "--profile", "none").returncode == NOT_FOUND


def test_ft_11_a_changed_copy_of_our_certificate_is_not_adopted(node, tmp_path):
    """Every byte is the signature's: a name or a key of somebody else's is no certificate of ours."""
    der = node.device("original").certificate.public_bytes(Encoding.DER)
    (tmp_path / "changed.der").write_bytes(der.replace(b"original", b"0riginal"))
    run = node.ctl_run("cert", "adopt", "--file", tmp_path / "changed.der", "--profile", "demo")
    assert run.returncode == 1 and "no CA of the account" in run.stderr


def test_ft_11_one_certificate_for_each_subject_stays_one(node):
    """Where a profile says so, what is adopted has renewed what the backup knows: so it renews, and no second one is let in."""
    node.set_profile("demo", "certificates_per_subject=1")
    first = node.device("single")
    copy = back_up(node)
    key = make_key()
    second = node.reenroll(make_csr(key, "single"), first).certificate
    restored(node, copy)
    identity = Identity(node.folder, key, second)
    comes_by(node, "single", identity)
    node.ctl("cert", "adopt", "--all", "--profile", "demo")
    assert node.reenroll(make_csr(make_key(), "single"), identity).status == 200
    assert node.enroll(make_csr(make_key(), "single")).status == 403


def test_ft_11_a_store_that_is_no_backup_starts_as_always(node):
    device = node.device("as-ever")
    node.stop()
    nothing = after_restore(node)
    assert nothing.returncode == OK and "nothing to do" in nothing.stdout
    node.start()
    node.wait(node.accepts, "the node to serve")
    renewed = node.reenroll(make_csr(make_key(), "as-ever"), device)
    assert renewed.status == 200 and node.serial(renewed.certificate)[:2] == "01"
    assert after_restore(node).returncode != OK  # not while it runs


def test_ft_11_a_copy_of_the_disk_is_taken_over_when_somebody_says_so(node):
    node.device("one")
    node.stop()
    taken = after_restore(node, "--after-restore=snapshot")
    assert taken.returncode == OK and "last certificate" in taken.stdout
    assert after_restore(node, "--after-restore=whatever").returncode == 2
    node.start()
    node.wait(node.accepts, "the node to serve")
    assert node.serial(node.device("two").certificate)[:2] == "02"


def test_ft_11_killed_on_the_way_it_is_done_again(node):
    """SIGKILL at growing delays: each time either all of it has happened or nothing."""
    copy = back_up(node)
    node.stop()
    cut = done = 0
    for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 10):
        put_in_place(node, copy)
        run = subprocess.Popen([BIN / "bestowd", "--config", node.config, "--after-restore"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=node.environment)
        try:
            run.wait(delay)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        run.communicate()
        cut += run.returncode == -signal.SIGKILL
        again = after_restore(node)
        assert again.returncode == OK
        done += "nothing to do" in again.stdout
        assert "nothing to do" in after_restore(node).stdout
    assert cut and done
    node.start()
    node.wait(node.accepts, "the node to serve")
    actions = [entry["action"] for entry in node.ctl_json("audit", "list", "--limit", "20")["entries"]]
    assert actions.count("node.after-restore") == 1
    node.ctl("audit", "verify")


def test_ft_11_a_clock_behind_the_backup_is_refused(node):
    copy = back_up(node)
    node.stop()
    put_in_place(node, copy)
    offset = node.folder / "offset"
    offset.write_bytes((-7200).to_bytes(8, sys.byteorder, signed=True))
    behind = subprocess.run([BIN / "bestowd", "--config", node.config, "--after-restore"], capture_output=True, text=True, timeout=60,
                            env={**os.environ, "LD_PRELOAD": str(BIN / "tests" / "libclock_shim.so"), "CLOCK_SHIM_FILE": str(offset),
                                 "ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert behind.returncode != OK and "clock" in behind.stderr, behind
    assert after_restore(node).returncode == OK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_ft_11_root_takes_over_as_whom_the_store_belongs_to(node):
    copy = back_up(node)
    node.stop()
    put_in_place(node, copy)
    node.folder.chmod(0o755)
    state, nobody = node.folder / "state", 65534
    for path in (state, *state.iterdir()):
        os.chown(path, nobody, nobody)
    assert after_restore(node).returncode == OK
    assert {path.stat().st_uid for path in state.glob("bestow.db*")} == {nobody}
