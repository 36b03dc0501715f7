"""`bestow` as a command: help, usage, files, and the manual that names what there is."""
import json
import re
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from est_server import Authority
from node import BIN, ROOT

COMMANDS = ["init", "enroll", "renew", "cacerts", "csrattrs", "status", "doctor", "agent"]


def bestow(*arguments, **options):
    return subprocess.run([BIN / "bestow", *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)


@pytest.mark.parametrize("arguments,words", [
    ([], "Examples:"), (["enrol"], "there is no enrol"), (["enroll", "--urk", "x"], "there is no --urk"), (["enroll", "--url"], "--url needs a value"),
    (["enroll", "a", "b"], "one word too many"), (["status", "--json=1"], "takes no value"), (["enroll", "--url", "a", "--url", "b"], "stands twice"),
    (["renew"], "NAME"), (["init", "x"], "--url"), (["init", "x", "--url", "https://h/"], "whom to trust"), (["enroll"], "no server is named"),
    (["init", "../x", "--url", "https://h/", "--ca", "system"], "name"), (["enroll", "--url", "http://h/"], "https"),
    (["enroll", "--url", "https://h/x"], "which server to trust"), (["enroll", "--url", "https://h/", "--fingerprint", "12"], "64"),
    (["enroll", "--url", "https://h/", "--ca", "system", "--timeout", "soon"], "duration")])
def test_usage_is_exit_2(tmp_path, arguments, words):
    folders = ["--config-dir", tmp_path / "conf", "--state-dir", tmp_path / "state"] if arguments else []
    run = bestow(*arguments[:1], *folders, *arguments[1:], cwd=tmp_path)
    assert run.returncode == 2 and words in run.stderr, run.stderr
    assert run.stdout == "" and not list(tmp_path.rglob("*"))


def test_an_identity_that_is_not_there_is_exit_10(tmp_path):
    run = bestow("status", "nobody", "--config-dir", tmp_path, "--state-dir", tmp_path)
    assert run.returncode == 10 and "nobody.conf is not there; bestow init nobody makes it" in run.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_begins_with_examples(command):
    run = bestow(command, "--help")
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.index("Examples:") < run.stdout.index("Options:") < run.stdout.index("Exit codes:")
    assert f"\n  bestow {command}" in run.stdout


def test_the_manual_names_every_command_and_option():
    manual = (ROOT / "docs" / "man" / "bestow.1").read_text()
    assert [command for command in COMMANDS if f"It Ic {command} " not in manual] == []
    options = set(re.findall(r"^  (--[a-z-]+)", bestow("enroll", "--help").stdout, re.M)) - {"--help", "--version"}
    assert len(options) > 25 and [option for option in options if "Fl -" + option[2:] not in manual] == []
    rows = re.findall(r'\{ "--[a-z-]+",\s*"(\w+)",\s*"(\w+)"', (ROOT / "cmd" / "bestow" / "options.c").read_text())
    configuration = (ROOT / "docs" / "man" / "bestow-agent.5").read_text()
    assert len(rows) > 15 and [row for row in rows if f"It Bq {row[0]}" not in configuration or row[1] not in configuration] == []


def test_init_writes_paths_that_hold_in_every_folder(tmp_path):
    for file in ("root.pem", "pass", "born.pem", "born.key", "p256"):
        (tmp_path / file).touch(mode=0o600)
    (tmp_path / "root.pem").write_bytes(Authority("Root").certificate.public_bytes(Encoding.PEM))
    run = bestow("init", "plc", "--config-dir", "conf", "--url", "https://pki.example/", "--ca", "root.pem", "--user", "pass", "--pass-file", "./pass",
                 "--cert", "born.pem", "--key", "born.key", "--new-key", "p256", "--metrics", "prom", "--pin-file", "-", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "conf" / "plc.conf").read_text().splitlines()
    for line in (f"ca = {tmp_path}/root.pem", f"passphrase_file = {tmp_path}/./pass", "user = pass", f"certificate = {tmp_path}/born.pem",
                 f"key = {tmp_path}/born.key", "key = p256", f"metrics = {tmp_path}/prom", "pin_file = -"):
        assert line in lines, (line, lines)
    run = bestow("init", "token", "--config-dir", "conf", "--url", "https://pki.example/", "--ca", "system", "--cert", "born.pem",
                 "--key", "pkcs11:object=born", "--new-key", "own.key", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = (tmp_path / "conf" / "token.conf").read_text().splitlines()
    assert "ca = system" in lines and "key = pkcs11:object=born" in lines and "key = own.key" in lines


def test_init_writes_what_it_was_told_and_keeps_what_is_there(tmp_path):
    arguments = ["init", "plc", "--config-dir", tmp_path, "--url", "https://pki.example/.well-known/est/plc", "--ca", "system", "--san", "dns:a.example",
                 "--san", "ip:192.0.2.1", "--command", "/bin/kill", "--command=-HUP", "--command", "7", "--json"]
    run = bestow(*arguments)
    assert run.returncode == 0 and json.loads(run.stdout)["file"] == str(tmp_path / "plc.conf")
    text = (tmp_path / "plc.conf").read_text()
    assert text.count("\nsan = ") == 2 and "[after]\ncommand = /bin/kill\ncommand = -HUP\ncommand = 7\n" in text
    (tmp_path / "plc.conf").write_text(text + "# mine\n")
    run = bestow(*arguments)
    assert run.returncode == 5 and json.loads(run.stdout)["error"]["code"] == "conflict" and "# mine" in (tmp_path / "plc.conf").read_text()
    assert bestow(*arguments, "--force").returncode == 0 and "# mine" not in (tmp_path / "plc.conf").read_text()
    assert bestow("status", "--config-dir", tmp_path, "--state-dir", tmp_path / "state").stdout == "plc  none\n"
    assert bestow("status", "--config-dir", tmp_path / "nothing").returncode == 10


def test_version():
    assert re.fullmatch(r"bestow \d+\.\d+\.\d+\n", bestow("--version").stdout)
