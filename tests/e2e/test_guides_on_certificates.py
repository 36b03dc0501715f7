"""The guides on profiles and revocation, line by line, with the clients that they name."""
import re
import shlex
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from node import ROOT, Node, make_csr, make_key
from test_guides import blocks, environment_for, shell


# -- revocation --

@pytest.fixture(scope="module")
def published():
    """A node whose issuing CA has the guide's name."""
    with Node(setup=False, va_settings="crl_after_revocation = 1s") as node:
        for line in ("account create default", "ca create Root --subject CN=Root,O=Acme --no-trust",
                     "ca create 'Devices CA' --parent Root --subject 'CN=Devices CA,O=Acme' --trust",
                     "profile create demo --template client-authentication --ca 'Devices CA' --auth passphrase --alias demo"):
            node.ctl(*shlex.split(line))
        node.ctl("node", "certificate", "--ca", "Devices CA", "--host", "127.0.0.1")
        node.ctl("allow", "add", "127.0.0.1")
        node.ctl("profile", "passphrase", "demo", "--generate", "--out", node.folder / "pass")
        node.passphrase = (node.folder / "pass").read_text().strip()
        (node.folder / "ca.pem").write_text(node.ctl("ca", "export", "Root"))
        yield node


def revocation_block(begin):
    (block,) = [block for block in blocks("revocation.md") if block.startswith(begin)]
    return block


def test_every_block_on_revocation_is_tried():
    tried = ("bestowctl crl list", "bestowctl cert revoke", "bestowctl ocsp show", "curl -so", "[va]")
    for block in blocks("revocation.md"):
        assert sum(block.startswith(begin) for begin in tried) == 1, block


def test_the_guide_on_revocation(published, tmp_path):
    node, environment = published, environment_for(published, tmp_path)
    revoked, held = node.device("revoked").certificate, node.device("held").certificate
    lines = revocation_block("bestowctl cert revoke").splitlines()
    for line, certificate in zip(lines, (revoked, held, held)):
        shell(line.replace("SERIAL", node.serial(certificate)), tmp_path, environment)
    assert len(lines) == 3
    node.wait(lambda: "Devices CA" in shell(revocation_block("bestowctl crl list"), tmp_path, environment), "the CRL", 20)
    node.wait(lambda: len([r for r in node.ctl_json("ocsp", "show")["responders"] if r["answers"]]) == 2, "the responders", 20)
    assert "Devices CA" in shell(revocation_block("bestowctl ocsp show"), tmp_path, environment)
    shell(re.search(r"`(bestowctl crl issue .*?)`", (ROOT / "docs/guide/revocation.md").read_text())[1], tmp_path,
          environment)

    (tmp_path / "root.pem").write_text(node.ctl("ca", "export", "Root"))
    (tmp_path / "issuing.pem").write_text(node.ctl("ca", "export", "Devices CA"))
    outside = revocation_block("curl -so").replace("http://pki.example.org", node.va_url).splitlines()
    for certificate, words in ((held, ("device.pem: OK", "device.pem: good")), (revoked, ("certificate revoked", "keyCompromise"))):
        (tmp_path / "device.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        runs = [subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=tmp_path, env=environment) for line in outside]
        said = "\n".join(run.stdout + run.stderr for run in runs)
        assert runs[0].returncode == runs[1].returncode == 0 and "Response verify OK" in said, said
        assert all(word in said for word in words), (words, said)


# -- profiles --

def test_the_guide_on_profiles(tmp_path):
    """Each command in its order; what it shows of an answer stands there."""
    with Node(setup=False) as node:
        node.ctl("account", "create", "default")
        node.ctl("ca", "create", "Devices CA", "--subject", "CN=Devices CA,O=Acme", "--trust")
        node.ctl("node", "certificate", "--ca", "Devices CA", "--host", "127.0.0.1")
        (node.folder / "ca.pem").write_text(node.ctl("ca", "export", "Devices CA"))
        node.ctl("allow", "add", "127.0.0.1")
        environment = environment_for(node, tmp_path)
        (tmp_path / "router-1.csr").write_bytes(pem_request("router-1"))
        said, waiting = "", []
        for block in blocks("profiles.md"):
            if not block.startswith(("bestowctl", "openssl")):
                check_shown(block, said)
                continue
            if "request list" in block:
                waiting = hold_two(node, tmp_path)
            for line in block.replace("\\\n", " ").splitlines():
                said = run_line(line, waiting, tmp_path, environment)
        assert {request["state"] for request in node.ctl_json("request", "list")["requests"]} == {"rejected", "approved"}


def pem_request(name):
    body = subprocess.run(["openssl", "req", "-inform", "DER"], input=make_csr(make_key(), name), capture_output=True, check=True)
    return body.stdout


def check_shown(block, said):
    for line in filter(lambda line: line != "...", block.splitlines()):
        assert line.strip() in said, (line, said)


def hold_two(node, folder):
    """Two devices ask and wait; the ids of their requests, the first one twice as the guide has it."""
    node.passphrase = (folder / "sensors.pass").read_text().strip()
    for name in ("dev-8", "dev-9"):
        assert node.enroll(make_csr(make_key(), name), "sensors").status == 202
    ids = [request["request_id"] for request in node.ctl_json("request", "list")["requests"]]
    assert len(ids) == 2
    return [ids[0], ids[0], ids[1]]


def run_line(line, waiting, folder, environment):
    if "4f3a91c2" in line:
        line = line.replace("4f3a91c2", str(waiting.pop(0)))
    run = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=folder, env=environment)
    assert run.returncode == (5 if "router-1" in line else 0), (line, run.stdout, run.stderr)
    return run.stdout + run.stderr
