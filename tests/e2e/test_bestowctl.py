"""bestowctl as operators and scripts use it, against a real node."""
import functools
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import struct
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from node import BIN, ROOT, Identity, Node, Refused, make_csr, make_key

OK, FAILED, USAGE, NOT_FOUND, REFUSED, UNREACHABLE, LOCAL = 0, 1, 2, 3, 5, 7, 10
CTL = BIN / "bestowctl"


def run(*arguments, **options):
    return subprocess.run([CTL, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


@functools.cache
def commands():
    """Noun and verb of every command, as the overview lists them."""
    text = run("--help").stdout.split("\ncommands:\n")[1].split("\n\n")[0]
    return [line[2:25].split() for line in text.splitlines()]


@functools.cache
def help_of(*command):
    return run(*command, "--help")


def options_of(command):
    return set(re.findall(r"^  (--[a-z0-9-]+)", help_of(*command).stdout, re.M))


# -- without a node --

def test_every_command_has_help_that_begins_with_an_example():
    found = commands()
    assert len(found) > 40
    for command in found:
        help_run = help_of(*command)
        lines = help_run.stdout.splitlines()
        assert help_run.returncode == OK and not help_run.stderr
        assert lines[2].startswith("  bestowctl "), command
        assert f"usage: bestowctl {' '.join(command)}" in help_run.stdout


def test_the_manual_knows_every_command_and_option():
    manual = (ROOT / "docs/man/bestowctl.1").read_text()
    for command in commands():
        assert f"Cm {' '.join(command)}" in manual, command
        for option in options_of(command):
            assert f"Fl -{option[2:]}" in manual or f"| -{option[2:]}" in manual, (command, option)


def test_words_that_are_not_known_meet_a_suggestion():
    for typed, meant in ((["prfile", "list"], "profile"), (["profile", "crate"], "profile create"),
                         (["cert", "revok"], "cert revoke"), (["ca", "create", "--subjet", "x"], "--subject")):
        wrong = run(*typed)
        assert wrong.returncode == USAGE and f"did you mean {meant}?" in wrong.stderr, wrong.stderr
    for typed in ([], ["ca"], ["xyzzy"], ["ca", "create"], ["ca", "show", "a", "b"], ["status", "--json=yes"],
                  ["cert", "list", "--limit", "many"], ["cert", "list", "--limit"], ["profile", "set", "a", "b"],
                  ["ca", "show", "a", "--chain"], ["node", "show", "--socket", ""]):
        assert run(*typed).returncode == USAGE, typed


@pytest.mark.parametrize("said, code, words", [
    (b"", UNREACHABLE, "ended the connection"),
    (b'{"error":{"code":"not_permitted","words":"No","detail":"not you","remedy":""}}', REFUSED, "not you"),
], ids=["nothing", "why"])
def test_a_node_that_hangs_up_while_it_is_asked(tmp_path, said, code, words):
    """The request is larger than what a socket holds, so it is cut off for certain."""
    large = tmp_path / "settings.json"
    large.write_text(json.dumps({"remark": "x" * 900000}))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "node.sock"))
        listener.listen()
        asking = subprocess.Popen([CTL, "--socket", tmp_path / "node.sock", "profile", "set", "demo", "--from-file", large],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(1)
            accepted.sendall(struct.pack(">I", len(said)) + said if said else b"")
        told = asking.communicate(timeout=60)[1]
    assert asking.returncode == code and words in told, (asking.returncode, told)


def test_a_node_that_is_not_there(tmp_path):
    for way in (["--socket", tmp_path / "none"], ["--socket", "/" + "x" * 200]):
        away = run(*way, "status")
        assert away.returncode in (UNREACHABLE, REFUSED) and "Traceback" not in away.stderr
    assert run("--socket", tmp_path / "none", "status").returncode == UNREACHABLE
    assert run("--config", tmp_path / "none", "status").returncode == LOCAL
    bad = tmp_path / "bad.conf"
    bad.write_text("[node]\nsocet = here\n")
    wrong = run("status", env={**os.environ, "BESTOW_CONFIG": str(bad)})
    assert wrong.returncode == LOCAL and "did you mean socket" in wrong.stderr


def test_completion_for_bash():
    script = run("completion", "bash").stdout
    ask = ("COMP_WORDS=(bestowctl {0}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _bestowctl; echo ${{COMPREPLY[*]}}")
    for typed, expected in (("pro", "profile"), ("ca ret", "retire"), ("--account a cert rev", "revoke"),
                            ("cert list --exp", "--expires-before"), ("status --js", "--json")):
        bash = subprocess.run(["bash", "-c", script + ask.format(typed)], capture_output=True, text=True)
        assert bash.stdout.strip() == expected, (typed, bash.stdout, bash.stderr)


# -- refusals --

def test_exit_codes_tell_why(node):
    assert node.ctl_run("ca", "show", "none").returncode == NOT_FOUND
    assert node.ctl_run("ca", "create", "demo root", "--subject", "junk").returncode == REFUSED
    assert node.ctl_run("ca", "create", "Demo Root", "--subject", "CN=a").returncode == REFUSED
    assert node.ctl_run("allow", "test", "127.0.0.1").returncode == OK
    assert node.ctl_run("allow", "test", "192.0.2.1").returncode == REFUSED
    assert node.ctl_run("--account", "none", "ca", "list").returncode == NOT_FOUND
    assert node.ctl_run("trust", "add", "/nonexistent").returncode == LOCAL


def test_json_is_one_document_also_for_a_refusal(node):
    refused = node.ctl_run("--json", "profile", "show", "none")
    error = json.loads(refused.stdout)["error"]
    assert refused.returncode == NOT_FOUND and error["code"] == "not_found"
    assert set(error) == {"code", "words", "detail", "remedy"} and "none" in error["detail"]
    for command in commands():
        if command[-1] == "list":
            needed = ["--profile", "demo"] if command[0] == "device" else []
            json.loads(node.ctl("--json", *command, *needed))


def test_a_wide_effect_wants_its_confirmation(node):
    for command, says in ((["allow", "add", "0.0.0.0/0"], "--confirm=any"), (["allow", "remove", "1"], "--confirm=last"),
                          (["ca", "retire", "Demo Issuing"], "--confirm='Demo Issuing'"),
                          (["trust", "remove", "1"], "--confirm=last")):
        refused = node.ctl_run(*command)
        assert refused.returncode == REFUSED and says in refused.stderr, refused.stderr


def test_an_ambiguous_range_shows_both_readings(node):
    refused = node.ctl_run("allow", "add", "143.11.129.0/24")
    assert refused.returncode == REFUSED
    assert "143.11.129.255" in refused.stderr and "143.11.129.24" in refused.stderr
    added = node.ctl_run("allow", "add", "last-octet 143.11.129.0/24", "--comment", "plant 3")
    assert added.returncode == OK and "143.11.129.0 - 143.11.129.24" in added.stderr
    identifier = [a for a in node.ctl_json("allow", "list")["addresses"] if a["comment"] == "plant 3"][0]["id"]
    node.ctl("allow", "remove", identifier)


# -- secrets --

def test_secrets_come_from_safe_files_or_standard_input_only(node, tmp_path):
    secret = tmp_path / "pass"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o644)
    refused = node.ctl_run("profile", "passphrase", "demo-tls", "--passphrase-file", secret)
    assert refused.returncode == LOCAL and "0600" in refused.stderr
    secret.chmod(0o600)
    node.ctl("profile", "passphrase", "demo-tls", "--passphrase-file", secret)
    node.ctl("profile", "passphrase", "demo-tls", "--passphrase-file", "-", input="another long passphrase\n")
    assert node.ctl_run("profile", "passphrase", "demo-tls", "--passphrase", "argv").returncode == USAGE


def test_co_20_a_generated_passphrase_is_shown_once(node, tmp_path):
    out = tmp_path / "new.pass"
    made = node.ctl_run("profile", "passphrase", "demo-tls", "--generate", "--out", out)
    passphrase = out.read_text().strip()
    assert made.returncode == OK and stat.S_IMODE(out.stat().st_mode) == 0o600
    assert len(passphrase) >= 26 and passphrase not in made.stdout + made.stderr
    again = node.ctl_run("profile", "passphrase", "demo-tls", "--generate", "--out", out)
    assert again.returncode == LOCAL and out.read_text().strip() == passphrase
    refused = node.ctl_run("profile", "passphrase", "none", "--generate", "--out", tmp_path / "other")
    assert refused.returncode == NOT_FOUND and not (tmp_path / "other").exists()
    printed = node.ctl("profile", "passphrase", "demo-tls", "--generate").strip()
    for text in (passphrase, printed):
        assert text not in node.log() + node.ctl("--json", "audit", "list") + node.ctl("--json", "profile", "show", "demo-tls")
        for path in (node.folder / "state").rglob("*"):
            assert not path.is_file() or text.encode() not in path.read_bytes(), path


def test_a_rotation_overlaps_as_long_as_was_said():
    with Node() as node:
        first = node.passphrase
        second = node.ctl("profile", "passphrase", "demo", "--generate", "--overlap", "1h").strip()
        for passphrase in (first, second):
            assert node.enroll(make_csr(make_key(), "overlap"), passphrase=passphrase).status == 200
        third = node.ctl("profile", "passphrase", "demo", "--generate").strip()
        assert node.enroll(make_csr(make_key(), "overlap"), passphrase=third).status == 200
        for passphrase in (first, second):
            assert node.enroll(make_csr(make_key(), "overlap"), passphrase=passphrase).status == 401


# -- doing --

def test_what_is_trusted_is_shown_before_it_is_saved(node, tmp_path):
    with Node(setup=False) as other:
        other.ctl("account", "create", "other")
        other.ctl("ca", "create", "theirs", "--subject", "CN=Their Root")
        made = other.ctl_json("node", "certificate", "--ca", "theirs", "--host", "leaf.example")
        leaf = other.ctl("cert", "export", made["certificate"]["serial"])
        root = other.ctl("ca", "export", "theirs")
    fingerprint = x509.load_pem_x509_certificate(root.encode()).fingerprint(hashes.SHA256()).hex()
    before = node.ctl_json("trust", "list")["anchors"]
    unsaid = node.ctl_run("trust", "add", "-", input=root)
    assert unsaid.returncode == USAGE and "Their Root" in unsaid.stderr
    assert fingerprint in unsaid.stderr.replace(":", "").lower()
    assert node.ctl_json("trust", "list")["anchors"] == before
    mixed = node.ctl_run("trust", "add", "--yes", "-", input=f"{leaf}\nwords\r\n{root}")
    assert mixed.returncode == REFUSED and "added: CN=Their Root" in mixed.stdout and "refused: CN=leaf" in mixed.stdout
    assert len(node.ctl_json("trust", "list")["anchors"]) == len(before) + 1
    again = node.ctl_run("trust", "add", "--yes", "-", input=root)
    assert again.returncode == OK and "present: CN=Their Root" in again.stdout
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    assert "private_key_refused" in node.ctl_run("trust", "add", "--yes", key).stderr


def drive(arguments, answers, seconds=30):
    """Runs on a terminal of its own; answers each question as it is asked."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(arguments[0], list(map(str, arguments)))
    text, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            got = os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
        text += got
        if answers and text.rstrip().endswith(answers[0][0]):
            os.write(terminal, (answers.pop(0)[1] + "\n").encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text


def test_on_a_terminal_a_new_ca_is_offered_to_est_authentication():
    with Node(setup=False) as node:
        node.ctl("account", "create", "one")
        command = [str(CTL), "--config", str(node.config), "ca", "create"]
        code, text = drive([*command, "no", "--subject", "CN=no"], [("[Y/n]", "n")])
        assert code == OK and "bestowctl trust add --ca 'no'" in text
        assert node.ctl_json("ca", "show", "no")["ca"]["trusted"] is False
        code, text = drive([*command, "yes", "--subject", "CN=yes"], [("[Y/n]", "")])
        assert code == OK and "renew" in text
        assert node.ctl_json("ca", "show", "yes")["ca"]["trusted"] is True
        # without a terminal nobody is asked, and the command is proposed
        silent = node.ctl_run("ca", "create", "third", "--subject", "CN=third")
        assert "bestowctl trust add --ca 'third'" in silent.stderr
        assert "trust" not in node.ctl_run("ca", "create", "fourth", "--subject", "CN=fourth", "--no-trust").stderr.split("next")[0]


def test_several_accounts_must_be_named():
    with Node(setup=False) as node:
        assert "account create" in node.ctl_run("ca", "list").stderr
        node.ctl("account", "create", "one")
        node.ctl("account", "create", "two")
        unnamed = node.ctl_run("ca", "create", "root", "--subject", "CN=a")
        assert unnamed.returncode == REFUSED and "one, two" in unnamed.stderr
        node.ctl("--account", "two", "ca", "create", "root", "--subject", "CN=a")
        assert node.ctl_run("--account", "one", "ca", "show", "root").returncode == NOT_FOUND
        node.ctl("ca", "show", "root", "--account", "two")


def test_a_profile_travels_by_file(node, tmp_path):
    node.ctl("profile", "set", "demo-tls", "validity=33d", "san.email.source=refused")
    saved = tmp_path / "profile.json"
    saved.write_text(node.ctl("--json", "profile", "show", "demo-tls"))
    saved_profile = json.loads(saved.read_text())["profile"]
    node.ctl("profile", "create", "copy", "--template", "generic-device", "--ca", "Demo Issuing", "--from-file", saved,
             "--set", "name=copy", "--set", "aliases=[]")
    copy = node.ctl_json("profile", "show", "copy")["profile"]
    assert copy["validity"] == "33d" and copy["oid"] != saved_profile["oid"]
    changed = {k for k in copy if copy[k] != saved_profile[k]}
    assert changed <= {"id", "oid", "name", "version", "aliases"}, changed
    shown = node.ctl("profile", "show", "copy")
    assert "\n  validity=33d\n" in shown and "\n  san.email.source=refused\n" in shown
    saved_again = node.ctl("profile", "set", "copy", "validity=34d")
    assert "validity: 33d -> 34d" in saved_again
    assert node.ctl_run("profile", "set", "copy", "validity=35d", "--version-is", "1").returncode == REFUSED


def test_the_nodes_certificate_serves_at_once(node):
    before = ssl.get_server_certificate(("127.0.0.1", node.port))
    children = node.children()
    node.ctl("node", "certificate", "--ca", "Demo Issuing", "--host", "localhost", "--host", "127.0.0.1",
             "--host", "new.example", "--key", "rsa-2048")
    node.wait(lambda: ssl.get_server_certificate(("127.0.0.1", node.port)) != before, "the new certificate", 10)
    served = x509.load_pem_x509_certificate(ssl.get_server_certificate(("127.0.0.1", node.port)).encode())
    names = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "new.example" in names.get_values_for_type(x509.DNSName)
    assert node.children() == children
    assert node.request("GET", "/.well-known/est/demo/cacerts").status == 200
    assert "new.example" in node.ctl("node", "show")


def test_an_ra_certificate_is_rotated(node, tmp_path):
    secret = tmp_path / "pass"
    secret.touch(mode=0o600)
    secret.write_text("long enough for a file\n")
    as_p12 = lambda name: ("--p12", tmp_path / f"{name}.p12", "--p12-passphrase-file", secret)
    load = lambda name: pkcs12.load_key_and_certificates((tmp_path / f"{name}.p12").read_bytes(), b"long enough for a file")
    enroll = lambda identity, device: node.enroll(make_csr(make_key(), device), profile="demo-tls", identity=identity)
    node.ctl("ra", "enroll", "turning", "--ca", "Demo Issuing", "--profile", "demo-tls", *as_p12("first"))
    key, leaf, _ = load("first")
    first = Identity(tmp_path, key, leaf)
    assert enroll(first, "turn-1").status == 200

    # the same key is no rotation
    (tmp_path / "same.csr").write_bytes(make_csr(key, "turning"))
    refused = node.ctl_run("ra", "rotate", "turning", "--csr", tmp_path / "same.csr")
    assert refused.returncode == REFUSED and "key_reused" in refused.stderr

    told = node.ctl_run("ra", "rotate", "turning", *as_p12("second"), "--overlap", "1h").stderr
    assert "holds until" in told and "--former" in told
    key, leaf, _ = load("second")
    second = Identity(tmp_path, key, leaf)
    assert leaf.subject == first.certificate.subject
    assert (enroll(first, "turn-2").status, enroll(second, "turn-3").status) == (200, 200)
    ra = node.ctl_json("ra", "show", "turning")["ra"]
    assert ra["former"][0]["certificate"]["state"] == "issued" and ra["profiles"] == ["demo-tls"]
    assert "HOLDS UNTIL" in node.ctl("ra", "show", "turning")

    # what the old one reaches follows the scope
    node.ctl("ra", "set", "turning", "--profile", "demo")
    answer = enroll(first, "turn-4")
    assert answer.status == 403 and "ra_scope" in answer.text
    node.ctl("ra", "set", "turning", "--profile", "demo-tls")

    # a successor by a request of one's own, at once
    key = make_key()
    (tmp_path / "third.csr").write_bytes(make_csr(key, "whatever it says"))
    node.ctl("ra", "rotate", "turning", "--csr", tmp_path / "third.csr", "--out", tmp_path / "third.pem", "--overlap", "0")
    leaf = x509.load_pem_x509_certificate((tmp_path / "third.pem").read_bytes())
    assert leaf.subject == first.certificate.subject
    third = Identity(tmp_path, key, leaf)
    for old in (first, second):
        answer = enroll(old, "turn-5")
        assert answer.status == 403 and "cert_revoked" in answer.text and "superseded" in answer.text
    assert enroll(third, "turn-6").status == 200
    rotations = [entry for entry in node.ctl_json("audit", "list")["entries"] if entry["action"] == "ra.rotate"]
    assert len(rotations) == 2


def test_what_a_profile_made_an_ra_is_rotated_with_its_names(node, tmp_path):
    """Admitted by its serial; its successor says what it said, subjectAltNames and all."""
    node.ctl("profile", "create", "plants", "--template", "ra", "--ca", "Demo Issuing", "--auth", "tls-certificate", "--alias", "plants")
    key = make_key()
    (tmp_path / "station.csr").write_bytes(make_csr(key, "station"))
    node.ctl("ra", "enroll", "station", "--ca", "Demo Issuing", "--profile", "plants", "--csr", tmp_path / "station.csr", "--out", tmp_path / "station.pem")
    station = Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / "station.pem").read_bytes()))
    node.wait(lambda: node.request("GET", "/.well-known/est/plants/cacerts").status == 200, "the profile at the doors")
    first = node.enroll(make_csr(make_key(), "plant-9", san=[x509.DNSName("plant-9.example")]), profile="plants", identity=station)
    assert first.status == 200, first.text
    node.ctl("ra", "admit", "plant-9", "--serial", node.serial(first.certificate), "--profile", "demo-tls")
    key = make_key()
    (tmp_path / "next.csr").write_bytes(make_csr(key, "plant-9"))
    node.ctl("ra", "rotate", "plant-9", "--csr", tmp_path / "next.csr", "--out", tmp_path / "next.pem")
    following = x509.load_pem_x509_certificate((tmp_path / "next.pem").read_bytes())
    said = lambda certificate: (certificate.subject, *(certificate.extensions.get_extension_for_class(kind).value for kind in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage)))
    assert said(following)[:2] == said(first.certificate)[:2] and set(said(following)[2]) == set(said(first.certificate)[2])
    lasts = lambda certificate: certificate.not_valid_after - certificate.not_valid_before
    assert abs(lasts(following) - lasts(first.certificate)).total_seconds() < 600
    assert node.enroll(make_csr(make_key(), "pump-1"), profile="demo-tls", identity=Identity(tmp_path, key, following)).status == 200


def test_an_overlap_ends_by_itself(node, tmp_path):
    keys = {name: make_key() for name in ("old", "new")}
    for name, key in keys.items():
        (tmp_path / f"{name}.csr").write_bytes(make_csr(key, "ending"))
    node.ctl("ra", "enroll", "ending", "--ca", "Demo Issuing", "--profile", "demo-tls", "--csr", tmp_path / "old.csr", "--out", tmp_path / "old.pem")
    node.ctl("ra", "rotate", "ending", "--csr", tmp_path / "new.csr", "--out", tmp_path / "new.pem", "--overlap", "2s")
    identities = {name: Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes())) for name, key in keys.items()}
    old = identities["old"].certificate.serial_number
    enroll = lambda name: node.enroll(make_csr(make_key(), f"ending-{name}"), profile="demo-tls", identity=identities[name])
    node.wait(lambda: enroll("old").status == 403, "the end of the overlap", 20)
    answer = enroll("old")
    assert "cert_revoked" in answer.text and "superseded" in answer.text and enroll("new").status == 200
    assert node.ctl_json("cert", "show", node.serial(identities["old"].certificate))["certificate"]["state"] == "revoked"
    assert node.ctl_json("ra", "show", "ending")["ra"]["former"] == []
    node.ctl("crl", "issue", "Demo Issuing")
    node.ctl("crl", "export", "Demo Issuing", "--out", tmp_path / "crl")
    entry = x509.load_der_x509_crl((tmp_path / "crl").read_bytes()).get_revoked_certificate_by_serial_number(old)
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.superseded


def test_an_ra_certificate_as_pkcs12(node, tmp_path):
    secret, out = tmp_path / "pass", tmp_path / "ra.p12"
    secret.touch(mode=0o600)
    secret.write_text("long enough for a file\n")
    assert node.ctl_run("ra", "enroll", "p12", "--ca", "Demo Issuing", "--all-profiles").returncode == USAGE
    node.ctl("ra", "enroll", "p12", "--ca", "Demo Issuing", "--profile", "demo-tls", "--p12", out,
             "--p12-passphrase-file", secret, "--key", "p384")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    key, leaf, chain = pkcs12.load_key_and_certificates(out.read_bytes(), b"long enough for a file")
    assert key.curve.name == "secp384r1" and len(chain) == 2
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28") in usages
    node.ctl("ra", "set", "p12", "--all-profiles")
    assert node.ctl_json("ra", "show", "p12")["ra"]["profiles"] == "all"
    node.ctl("ra", "revoke", "p12", "--reason", "superseded")
    assert node.ctl_json("ra", "show", "p12")["ra"]["certificate"]["state"] == "revoked"


def test_certificates_are_found_exported_and_revoked(node, tmp_path):
    device = node.device("ctl-cert")
    serial = node.serial(device.certificate)
    assert serial in node.ctl("cert", "list", "--subject", "ctl-cert", "--state", "valid")
    assert serial in node.ctl("cert", "list", "--expires-before", "2100-01-01", "--profile", "demo")
    assert serial not in node.ctl("cert", "list", "--expires-before", "2020-01-01")
    shown = node.ctl("cert", "show", ":".join(re.findall("..", serial)).upper())
    assert "CN=ctl-cert" in shown and "127.0.0.1" in shown
    der = tmp_path / "device.crt"
    node.ctl("cert", "export", serial, "--der", "--out", der)
    assert x509.load_der_x509_certificate(der.read_bytes()) == device.certificate
    chain = node.ctl("cert", "export", serial, "--chain")
    assert chain.count("BEGIN CERTIFICATE") == 3
    assert x509.load_pem_x509_certificate(chain.encode()) == device.certificate  # the first of them
    assert node.ctl_run("cert", "revoke", serial[:8]).returncode == REFUSED
    assert "is revoked, keyCompromise" in node.ctl("cert", "revoke", serial, "--reason", "keyCompromise")
    assert "revoked already" in node.ctl("cert", "revoke", serial)
    assert "revoked" in node.ctl("cert", "show", serial)
    assert node.reenroll(make_csr(make_key(), "ctl-cert"), device).status == 403


def test_an_imported_ca_issues(node, tmp_path):
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=tmp_path)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "root.key", "-out", "root.pem", "-days", "400",
            "-subj", "/CN=Old Root")
    openssl("req", "-newkey", "rsa:2048", "-noenc", "-keyout", "sub.key", "-out", "sub.csr", "-subj", "/CN=Old Issuing")
    (tmp_path / "ext").write_text("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
                                  "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", "sub.csr", "-CA", "root.pem", "-CAkey", "root.key", "-out", "sub.pem", "-days", "300",
            "-extfile", "ext", "-set_serial", "77")
    openssl("pkcs12", "-export", "-inkey", "sub.key", "-in", "sub.pem", "-certfile", "root.pem", "-out", "sub.p12",
            "-passout", "pass:legacy secret")
    secret = tmp_path / "pass"
    secret.touch(mode=0o600)
    secret.write_text("wrong secret\n")
    assert node.ctl_run("ca", "import", "old", tmp_path / "sub.p12", "--passphrase-file", secret).returncode != OK
    secret.write_text("legacy secret\n")
    node.ctl("ca", "import", "old", tmp_path / "sub.p12", "--passphrase-file", secret, "--trust")
    node.ctl("profile", "create", "old", "--template", "client-authentication", "--ca", "old", "--auth", "passphrase",
             "--alias", "old")
    passphrase = node.ctl("profile", "passphrase", "old", "--generate").strip()
    answer = node.enroll(make_csr(make_key(), "from-old"), profile="old", passphrase=passphrase)
    assert answer.status == 200
    (tmp_path / "device.pem").write_bytes(answer.certificate.public_bytes(serialization.Encoding.PEM))
    openssl("verify", "-CAfile", "root.pem", "-untrusted", "sub.pem", "device.pem")


def read_lines(stream, wanted, seconds=15):
    """Lines as they come, until `wanted` says that there are enough."""
    text, end = b"", time.monotonic() + seconds
    while not wanted(text.decode().splitlines()):
        assert time.monotonic() < end, text
        if select.select([stream], [], [], 0.2)[0]:
            text += os.read(stream.fileno(), 65536)


def test_events_follow(node):
    # a job in the background inherits an ignored SIGINT, which is the interrupt key's business and not this test's
    follow = subprocess.Popen([CTL, "--config", node.config, "--json", "events", "--follow", "--refusals"],
                              stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def both_came(lines):
        events = [json.loads(line) for line in lines if line.endswith("}")]
        return len({e["request_id"] for e in events if e["reason"] == "bad_passphrase" and e["remedy"]}) >= 2
    try:
        for name in ("follow-1", "follow-2"):
            assert node.enroll(make_csr(make_key(), name), passphrase="not this one").status == 401
        read_lines(follow.stdout, both_came)
    finally:
        follow.send_signal(signal.SIGINT)
        follow.wait(10)
        follow.stdout.close()


def test_events_in_words(node):
    node.enroll(make_csr(make_key(), "words"), passphrase="not this one")
    node.wait(lambda: "bad_passphrase" in node.ctl("events", "--refusals"), "the refusal", 10)
    text = node.ctl("events", "--refusals")
    assert "The passphrase is wrong" in text and "rotate the profile's" in text


def test_co_26_the_audit_log_is_verified(node):
    sound = node.ctl("audit", "verify")
    head = re.search(r"head ([0-9a-f]{64})", sound).group(1)
    node.ctl("account", "set", "--oid-arc", "1.3.6.1.4.1.99999.7")
    node.ctl("audit", "verify", "--head", head)
    refused = node.ctl_run("audit", "verify", "--head", "12" * 32)
    assert refused.returncode == REFUSED and "audit_broken" in refused.stderr
    # a CRL that is due may come after it
    newest = next(entry for entry in node.ctl_json("audit", "list", "--limit", "9")["entries"] if entry["actor"].startswith("operator:"))
    assert newest["action"] == "account.set"


def test_status_tells_the_next_step():
    with Node(setup=False) as node:
        assert "bestowctl account create" in node.ctl_run("status").stderr
        node.ctl("account", "create", "one")
        status = node.ctl_run("status")
        assert "node certificate" in status.stderr and "nobody is let in" in status.stderr


def test_the_backup_restores_as_documented(node):
    device = node.device("backup-1")
    copy = node.folder / "state" / "copy.db"
    node.ctl("backup", copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert node.ctl_run("backup", copy).returncode != OK  # never over a file
    with Node(setup=False) as other:
        other.stop()
        shutil.copy(node.folder / "key.pass", other.folder / "key.pass")
        for remains in (other.folder / "state").glob("bestow.db*"):
            remains.unlink()
        shutil.copy(copy, other.folder / "state" / "bestow.db")
        shutil.copytree(node.folder / "state" / "keys", other.folder / "state" / "keys", dirs_exist_ok=True)
        shutil.copy(node.folder / "ca.pem", other.folder / "ca.pem")
        subprocess.run([BIN / "bestowd", "--config", other.config, "--after-restore"], check=True, capture_output=True)
        other.start()
        other.passphrase = node.passphrase
        other.wait(other.accepts, "the restored node to serve")
        other.ctl("audit", "verify")
        assert other.reenroll(make_csr(make_key(), "backup-1"), device).status == 200
        assert other.enroll(make_csr(make_key(), "backup-2")).status == 200


# -- hostile neighbours of the socket --

def test_what_is_no_request_harms_nobody(node):
    for frame in (b"", b"\0\0\0\2{", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\4null", b"\0\0\0\2{}",
                  b"\0\0\1\0" + b"[" * 256, b"\0\0\0\x10" + b"\xff" * 16):
        with socket.socket(socket.AF_UNIX) as raw:
            raw.settimeout(5)
            raw.connect(str(node.folder / "admin.sock"))
            raw.sendall(frame)
            raw.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := raw.recv(65536):
                answer += chunk
            assert answer == b"" or json.loads(answer[4:])["error"]["code"]
    node.ctl("status")


def test_a_refusal_raises_for_scripts(node):
    with pytest.raises(Refused):
        node.ctl("ca", "show", "none")


def test_certificates_are_found_by_words_at_once_and_later(node):
    """At once row by row, and the same when they have been entered into what is searched by."""
    for name in ("boiler-0042", "boiler-0043", "kettle-0042"):
        node.device(name)

    def found(text):
        return sorted(certificate["subject"] for certificate in node.ctl_json("cert", "list", "--text", text)["certificates"])

    def expect():
        assert found("boiler") == ["CN=boiler-0042", "CN=boiler-0043"]
        assert found("0042 boil") == found("CN=boiler-0042") == ["CN=boiler-0042"]
        assert found("oiler") == found("boiler kettle") == []
    expect()
    store = sqlite3.connect(f"file:{node.folder / 'state' / 'bestow.db'}?mode=ro", uri=True)

    def entered():
        (mark,), (newest,) = (store.execute(sql).fetchone() for sql in ("SELECT certificate_id FROM search_mark", "SELECT max(id) FROM certificate"))
        return mark == newest
    node.wait(entered, "all certificates to be entered")
    store.close()
    expect()
    assert node.ctl_run("cert", "list", "--text", "a b c d e").returncode == REFUSED
