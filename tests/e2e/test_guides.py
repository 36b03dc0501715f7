"""The commands of the guides, line by line, as they stand there."""
import getpass
import os
import pathlib
import re
import subprocess

import pytest
from hsm import SOFTHSM, Token, needs_softhsm
from node import BIN, ROOT, Node

GUIDES = {
    "ca-ceremony.md": "account create default",
    "rollover.md": "account create default\n"
                   "ca create root --subject CN=Root,O=Acme --key p384 --validity 20y --no-trust\n"
                   "ca create issuing --parent root --subject CN=Issuing,O=Acme --trust\n"
                   "allow add 127.0.0.1\n"
                   "node certificate --ca issuing --host est.acme.example\n"
                   "profile create sensors --template client-authentication --ca issuing --auth passphrase --alias sensors",
}


def blocks(guide):
    return re.findall(r"^```\n(.*?)^```", (ROOT / "docs" / "guide" / guide).read_text(), re.S | re.M)


def commands(guide):
    for block in blocks(guide):
        yield from filter(None, block.splitlines())


def environment_for(node, folder, **programs):
    """One in which the guide's `sudo` and `bestowctl`, and these programs, are scripts that fit this node."""
    shim = folder / "bin"
    shim.mkdir(exist_ok=True)
    programs = {"sudo": 'exec "$@"', "bestowctl": f'exec {BIN}/bestowctl --config {node.config} --no-input "$@"', **programs}
    for name, line in programs.items():
        (shim / name).write_text(f"#!/bin/sh\n{line}\n")
        (shim / name).chmod(0o755)
    return {**node.environment, "PATH": f"{shim}{os.pathsep}{os.environ['PATH']}"}


def shell(text, folder, environment):
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", text], capture_output=True, text=True, cwd=folder, env=environment)
    assert run.returncode == 0, (text, run.stdout, run.stderr)
    return run.stdout


@pytest.mark.parametrize("guide", GUIDES)
def test_each_command_of_the_guide(guide, tmp_path):
    (tmp_path / "root.pass").write_text("offline and secret\n")
    with Node(setup=False) as node:
        for line in GUIDES[guide].splitlines():
            node.ctl(*line.split())
        environment = environment_for(node, tmp_path)
        ran = 0
        for line in commands(guide):
            shell(line, tmp_path, environment)
            ran += 1
        assert ran > 8


# -- keys and HSMs: systemd and apt are somebody else's, and so is who may become another user --

HSM_GUIDE = "keys-and-hsm.md"
APART = ("key_passphrase_file = ", "openssl rand -hex 32 | systemd-creds")


def hsm_block(begin):
    (block,) = [block for block in blocks(HSM_GUIDE) if block.startswith(begin)]
    return block


def test_every_block_of_the_hsm_guide_is_tried_or_set_apart():
    tried = ("apt install softhsm2", "[token]", "bestowctl node token\n", "bestowctl ca create root", "bestowctl node token  ")
    for block in blocks(HSM_GUIDE):
        assert sum(block.startswith(begin) for begin in tried + APART) == 1, block


def here(text, folder):
    """The same for a node that lives in `folder` and belongs to who runs the test."""
    for guide, ours in (("/var/lib/bestowd", f"{folder}/var"), ("/etc/bestowd", folder), (" bestowd ", f" {getpass.getuser()} "),
                        ("/usr/lib/softhsm/libsofthsm2.so", SOFTHSM)):
        text = text.replace(guide, str(ours))
    return text


@needs_softhsm
def test_the_walk_through_with_softhsm(tmp_path):
    with Node(setup=False) as node:
        node.ctl("account", "create", "default")
        environment = environment_for(node, tmp_path, apt="exit 0", setpriv='shift 5; exec "$@"')
        shell(here(hsm_block("apt install"), node.folder), tmp_path, environment)
        with open(node.config, "a") as config:
            config.write(here(hsm_block("[token]"), node.folder))
        node.stop()
        # what the unit's Environment= does
        node.environment = environment = {**environment, "SOFTHSM2_CONF": str(node.folder / "softhsm2.conf")}
        node.start()
        for line in hsm_block("bestowctl node token\n").splitlines():
            said = shell(line, tmp_path, environment)
        assert "root" in said and "issuing" in said, said
        tool = f"pkcs11-tool --module {SOFTHSM} --token-label bestow --login --pin $(cat {node.folder}/token.pin) --list-objects"
        listed = shell(f"{tool} --type privkey", tmp_path, environment)
        assert listed.count("sensitive, always sensitive, never extractable") == 2 and "label:      root" in listed, listed


def test_what_a_ca_signs_with_as_the_guide_has_it(tmp_path):
    with Node(setup=False) as node:
        node.ctl("account", "create", "default")
        node.ctl("ca", "create", "issuing", "--subject", "CN=Issuing", "--key", "rsa-2048", "--trust")
        node.ctl("profile", "create", "sensors", "--template", "generic-device", "--ca", "issuing", "--auth", "tls-certificate")
        environment = environment_for(node, tmp_path)
        for line in hsm_block("bestowctl ca create root").splitlines():
            shell(line, tmp_path, environment)


def issuing_in_token(token, folder):
    """A CA's key in the token and, by OpenSSL, a root above it: chain.pem, and both certificates in the token."""
    token.tool("--keypairgen", "--key-type", "EC:prime256v1", "--label", "Acme Issuing", "--id", "0a0b", "--usage-sign")
    token.tool("--read-object", "--type", "pubkey", "--label", "Acme Issuing", "--output-file", folder / "spki.der")
    (folder / "ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
                                "authorityKeyIdentifier=keyid\n")
    shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout root.key -out root.pem -subj /CN=Root -days 99 "
          "-addext keyUsage=critical,keyCertSign,cRLSign\n"
          "openssl req -new -key root.key -subj /CN=Acme -out any.csr\n"
          "openssl x509 -req -in any.csr -force_pubkey spki.der -CA root.pem -CAkey root.key -days 90 -extfile ext -out issuing.pem\n"
          "cat issuing.pem root.pem > chain.pem\n"
          "for each in issuing root; do openssl x509 -in $each.pem -outform DER -out $each.der; done", folder, dict(os.environ))
    for name, key_id in (("issuing", "0a0b"), ("root", "99")):
        token.tool("--write-object", folder / f"{name}.der", "--type", "cert", "--label", name, "--id", key_id)


@needs_softhsm
@pytest.mark.parametrize("way", [1, 2])
def test_a_key_that_is_in_the_token_already(way, tmp_path):
    """The block's two ways to import are two nodes' here: a name is taken once."""
    token = Token(tmp_path / "token")
    issuing_in_token(token, tmp_path)
    with token.node(setup=False) as node:
        node.ctl("account", "create", "default")
        environment, lines = environment_for(node, tmp_path), hsm_block("bestowctl node token  ").splitlines()
        assert "0a0b" in shell(lines[0], tmp_path, environment) and len(lines) == 3
        shell(lines[way], tmp_path, environment)
        assert node.ctl_json("ca", "show", "issuing")["ca"]["state"] == "active"


def test_a_recipe_is_tried_only_if_a_test_tries_it():
    folder = ROOT / "docs" / "recipes"
    rows = dict(re.findall(r"^\| \[[^]]+\]\(([\w-]+\.md)\) \| (yes|no)", (folder / "README.md").read_text(), re.MULTILINE))
    assert set(rows) == {path.name for path in folder.glob("*.md")} - {"README.md"}
    for name, tried in rows.items():
        text = (folder / name).read_text()
        assert ("**Tried**" in text, "**Untried.**" in text) == (tried == "yes", tried == "no"), name
        if tried == "yes":
            test = re.search(r"`(tests/\w+/\w+\.py)`", text[text.index("**Tried**"):])[1]
            assert name.removesuffix(".md") in (ROOT / test).read_text().lower(), (name, test)


def test_the_nodes_commands_of_the_recipes(tmp_path):
    """The devices themselves are not here; that the node's side works is."""
    with Node(setup=False) as node:
        for line in ("account create default", "ca create Root --subject CN=Root,O=Acme --validity 20y --no-trust",
                     "ca create Issuing --parent Root --subject CN=Issuing,O=Acme --trust"):
            node.ctl(*line.split())
        ran = 0
        for recipe in sorted((ROOT / "docs" / "recipes").glob("*.md")):
            for block in re.findall(r"^```\n(.*?)^```", recipe.read_text(), re.S | re.M):
                for line in filter(lambda line: line.startswith("bestowctl "), block.splitlines()):
                    node.ctl(*line.split()[1:], cwd=tmp_path)
                    ran += 1
        assert ran >= 14


# -- a device in ten minutes: lines behind a prompt, and what they say --

def prompted(guide):
    for block in blocks(guide):
        yield from (line[2:] for line in block.replace("\\\n", " ").splitlines() if line.startswith(("# ", "$ ")))


def columns(text, count):
    return [line.split()[:count] for line in text.splitlines() if line.strip()]


def test_a_device_in_ten_minutes(tmp_path):
    guide = "device-in-ten-minutes.md"
    with Node() as node:
        secret = tmp_path / "pass"
        secret.touch(mode=0o600)
        secret.write_text(node.passphrase + "\n")
        (tmp_path / "root.pem").write_bytes((node.folder / "root.pem").read_bytes())
        folders = f"--config-dir {tmp_path}/conf --state-dir {tmp_path}/state"
        environment = environment_for(node, tmp_path, bestow=f'exec {BIN}/bestow "$@" {folders}', systemctl=f'echo "$@" >>{tmp_path}/systemctl')
        places = {"https://pki.example/.well-known/est/sensors": f"https://localhost:{node.port}/.well-known/est/demo",
                  "/etc/ssl/acme-root.pem": str(tmp_path / "root.pem"), "/etc/bestow-agent/sensors.pass": str(secret)}
        said = {}
        for line in prompted(guide):
            for written, ours in places.items():
                line = line.replace(written, ours)
            said[" ".join(line.split()[:3])] = shell(line, tmp_path, environment)
        assert len(said) == 7, list(said)
        (doctor,) = [block for block in blocks(guide) if block.startswith("ok ")]
        assert columns(shell("bestow doctor sensors", tmp_path, environment), 2) == columns(doctor, 2)
        assert said["bestow status"].split()[:2] == ["sensors", "valid"] and "next try" in said["bestow status"]
        assert (tmp_path / "systemctl").read_text() == "reload-or-restart -- mosquitto.service\nenable --now bestow-agent@sensors\n"
        shell("bestow agent --once && bestow renew sensors --if-due", tmp_path, environment)
