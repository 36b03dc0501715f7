"""Keys that never leave their token: SoftHSM by PKCS#11, and a software TPM 2.0 by its OpenSSL provider."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from device import Device, private_file
from est_server import EstServer, name
from node import BIN, ROOT, Node, free_port, make_key, spki

SOFTHSM = next((path for path in map(pathlib.Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so")) if path.exists()), None)
MODULES = [pathlib.Path(folder) for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64")]
PIN = "739201"


def has_module(*names):
    return any((folder / name).exists() for folder in MODULES for name in names)


@pytest.fixture(scope="module")
def node():
    with Node() as running:
        yield running


@pytest.fixture(autouse=True)
def no_leak_detection(monkeypatch):
    """Providers and engines stay loaded, with what they have allocated."""
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")


def url(node):
    return f"https://localhost:{node.port}/.well-known/est/demo"


def expect_one_key_for_life(device):
    run = device.run("enroll")
    assert run.returncode == 0, run.stderr
    first = device.certificate()
    run = device.run("renew")
    assert run.returncode == 0, run.stderr
    second = device.certificate()
    assert first.serial_number != second.serial_number and spki(first) == spki(second)
    assert not list(device.state.glob("*/key.pem")), "no key is ever on disk"
    assert device.run("doctor").returncode == 0


needs_softhsm = pytest.mark.skipif(not SOFTHSM or not shutil.which("softhsm2-util") or not shutil.which("pkcs11-tool")
                                   or not has_module("engines-3/pkcs11.so", "ossl-modules/pkcs11.so"), reason="no SoftHSM, or no way of OpenSSL to it")
IN_SOFTHSM = "pkcs11:token=device;object=born;type=private"


class SoftHsm:
    """A token with one key, which may do what `usages` say."""

    def __init__(self, folder, monkeypatch, kind, *usages):
        (folder / "tokens").mkdir()
        (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm.conf"))
        monkeypatch.setenv("PKCS11_MODULE_PATH", str(SOFTHSM))
        monkeypatch.setenv("PKCS11_PROVIDER_MODULE", str(SOFTHSM))
        self.key, self.pin = make_key(kind), private_file(folder, "pin", PIN)
        (folder / "key.der").write_bytes(self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL,
                                                                serialization.NoEncryption()))
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "device", "--so-pin", "1234", "--pin", PIN], check=True, capture_output=True)
        (folder / "public.der").write_bytes(spki(self.key))
        for file, what in (("key.der", "privkey"), ("public.der", "pubkey")):
            subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "--token-label", "device", "--login", "--pin", PIN, "--write-object", folder / file,
                            "--type", what, "--label", "born", "--id", "01", *(f"--usage-{usage}" for usage in usages)], check=True, capture_output=True)


@needs_softhsm
@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_a_key_in_softhsm(node, tmp_path, monkeypatch, kind):
    token = SoftHsm(tmp_path, monkeypatch, kind, "sign")
    key, reference = token.key, IN_SOFTHSM
    secret = private_file(node.folder, "device.pass", node.passphrase)
    with Device(url(node), "--pass-file", secret, "--new-key", reference, "--pin-file", token.pin,
                "--subject", f"CN=softhsm-{kind}", ca=node.folder / "root.pem") as device:
        expect_one_key_for_life(device)
        assert spki(device.certificate()) == spki(key)
        code, error = device.refused("renew", "--new-key", "pkcs11:token=device;object=nobody;type=private")
        assert (code, error["code"]) == (10, "key_access")
        code, error = device.refused("renew", "--pin-file", private_file(tmp_path, "wrong", "000000"))
        assert (code, error["code"]) == (10, "key_access") and "000000" not in str(error)


def born(server, folder, public_key):
    """A manufacturer's certificate, which the server knows; the option that shows it."""
    (folder / "born.pem").write_bytes(server.issuing.sign(public_key, name("born")).public_bytes(serialization.Encoding.PEM))
    return "--cert", folder / "born.pem"


@needs_softhsm
@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
@pytest.mark.parametrize("next_kind", ["p256", "rsa2048"])
def test_a_manufacturers_key_in_softhsm_and_the_next_in_a_file(tmp_path, monkeypatch, kind, next_kind):
    """The way to the token must serve its own keys only."""
    token = SoftHsm(tmp_path, monkeypatch, kind, "sign")
    with EstServer() as server, Device(server.url, *born(server, tmp_path, token.key.public_key()), "--key", IN_SOFTHSM, "--pin-file", token.pin,
                                       "--subject", "CN=dev-1", "--new-key", next_kind, ca=server.folder / "root.pem") as device:
        run = device.run("enroll")
        assert run.returncode == 0 and device.has_valid_pair(), run.stderr
        assert spki(device.key()) != spki(token.key)


def expect_a_key_that_the_token_opens(server, device):
    """Made by the server and encrypted by `openssl cms` for the token's key; the next for the one that came."""
    for command in ("enroll", "renew"):
        run = device.run(command)
        assert run.returncode == 0 and device.has_valid_pair(), run.stderr
    assert [request.operation for request in server.requests].count("serverkeygen") == 2


def expect_nothing_asked(server, device):
    """What the token cannot open must not be made."""
    code, error = device.refused("enroll")
    assert (code, error["code"]) == (10, "key_access") and "does not decrypt" in error["detail"], error
    assert all(request.operation != "serverkeygen" for request in server.requests)
    assert not (device.state / "current").exists()
    checks = json.loads(device.run("doctor", "--json").stdout)["checks"]
    assert [check["check"] for check in checks if check["state"] == "broken"] == ["rehearsal"]
    return error["detail"]


def encrypted_for(server, folder, public_key, *options):
    return Device(server.url, *born(server, folder, public_key), "--subject", "CN=dev-1", "--new-key", "server-encrypted", "--timeout", "20s", *options,
                  ca=server.folder / "root.pem")


@needs_softhsm
@pytest.mark.parametrize("kind, usage", [("rsa2048", "decrypt"), ("p256", "derive"), ("p384", "derive")])
def test_a_key_by_the_server_encrypted_for_a_key_in_softhsm(tmp_path, monkeypatch, kind, usage):
    """EC keys open nothing by the provider's release 1.0 (Debian 13), which is preferred to the engine; that is told."""
    token = SoftHsm(tmp_path, monkeypatch, kind, "sign", usage)
    may_fail = usage == "derive" and has_module("ossl-modules/pkcs11.so")
    with EstServer(envelope="right") as server, encrypted_for(server, tmp_path, token.key.public_key(), "--key", IN_SOFTHSM, "--pin-file",
                                                              token.pin) as device:
        if may_fail and device.run("doctor").returncode:
            print(expect_nothing_asked(server, device))
        else:
            expect_a_key_that_the_token_opens(server, device)


@needs_softhsm
def test_a_key_in_softhsm_that_only_signs_is_told_before_anything_is_made(tmp_path, monkeypatch):
    token = SoftHsm(tmp_path, monkeypatch, "p256", "sign")
    with EstServer(envelope="right") as server, encrypted_for(server, tmp_path, token.key.public_key(), "--key", IN_SOFTHSM, "--pin-file",
                                                              token.pin) as device:
        print(expect_nothing_asked(server, device))


def free_pair_of_ports():
    """The TPM's own, and the next one for its control, where the provider looks for that."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + 1))
                return port
            except OSError:
                pass


class SoftTpm:
    """A TPM 2.0 in a process, with one key at a persistent handle, EC for signing unless said otherwise."""

    HANDLE = "0x81000001"

    def __init__(self, folder, makes_key=True, kind="ecc256:ecdsa", usages="sign"):
        self.folder, self.port, self.makes_key, self.kind, self.usages = folder, free_pair_of_ports(), makes_key, kind, usages
        (folder / "tpm").mkdir()
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/tpm", "--flags", "not-need-init,startup-clear",
                                         "--server", f"type=tcp,port={self.port},bindaddr=127.0.0.1",
                                         "--ctrl", f"type=tcp,port={self.port + 1},bindaddr=127.0.0.1"])
        self.tcti = f"swtpm:host=127.0.0.1,port={self.port}"

    def tool(self, *arguments):
        return subprocess.run(arguments, env={**os.environ, "TPM2TOOLS_TCTI": self.tcti}, cwd=self.folder, capture_output=True, text=True)

    def make_key(self):
        for command in (["tpm2_createprimary", "-C", "o", "-c", "primary.ctx"],
                        ["tpm2_create", "-C", "primary.ctx", "-G", self.kind, "-u", "key.pub", "-r", "key.priv", "-a",
                         f"fixedtpm|fixedparent|sensitivedataorigin|userwithauth|{self.usages}"],
                        ["tpm2_load", "-C", "primary.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx"],
                        ["tpm2_evictcontrol", "-C", "o", "-c", "key.ctx", self.HANDLE],
                        ["tpm2_readpublic", "-c", self.HANDLE, "-f", "pem", "-o", "public.pem"]):
            run = self.tool(*command)
            assert run.returncode == 0, run.stderr
            self.tool("tpm2_flushcontext", "-t")

    def wait(self):
        end = time.monotonic() + 20
        while self.tool("tpm2_getcap", "properties-fixed").returncode:
            assert time.monotonic() < end and self.process.poll() is None, "the software TPM does not answer"
            time.sleep(0.1)

    def __enter__(self):
        self.wait()
        if self.makes_key:
            self.make_key()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


    def public_key(self):
        return serialization.load_pem_public_key((self.folder / "public.pem").read_bytes())


needs_tpm = pytest.mark.skipif(not shutil.which("swtpm") or not shutil.which("tpm2_create") or not has_module("ossl-modules/tpm2.so"),
                               reason="no software TPM, or no tpm2 provider")


@needs_tpm
def test_a_key_in_a_tpm(node, tmp_path, monkeypatch):
    secret = private_file(node.folder, "device.pass", node.passphrase)
    with SoftTpm(tmp_path) as tpm:
        monkeypatch.setenv("TPM2OPENSSL_TCTI", tpm.tcti)
        with Device(url(node), "--pass-file", secret, "--new-key", f"handle:{tpm.HANDLE}", "--subject", "CN=tpm-1",
                    ca=node.folder / "root.pem") as device:
            expect_one_key_for_life(device)
            code, error = device.refused("renew", "--new-key", "handle:0x81000077")
            assert (code, error["code"]) == (10, "key_access")


@needs_tpm
def test_a_key_by_the_server_encrypted_for_a_key_in_a_tpm(tmp_path, monkeypatch):
    with SoftTpm(tmp_path, kind="rsa2048", usages="sign|decrypt") as tpm, EstServer(envelope="right") as server:
        monkeypatch.setenv("TPM2OPENSSL_TCTI", tpm.tcti)
        with encrypted_for(server, tmp_path, tpm.public_key(), "--key", f"handle:{tpm.HANDLE}") as device:
            expect_a_key_that_the_token_opens(server, device)


@needs_tpm
@pytest.mark.parametrize("kind, usages", [("rsa2048", "sign"), ("ecc256:ecdsa", "sign"), ("ecc256", "sign|decrypt")])
def test_a_key_in_a_tpm_that_does_not_decrypt_is_told_before_anything_is_made(tmp_path, monkeypatch, kind, usages):
    """The last could; its provider knows how only from release 1.2 on."""
    with SoftTpm(tmp_path, kind=kind, usages=usages) as tpm, EstServer(envelope="right") as server:
        monkeypatch.setenv("TPM2OPENSSL_TCTI", tpm.tcti)
        with encrypted_for(server, tmp_path, tpm.public_key(), "--key", f"handle:{tpm.HANDLE}") as device:
            if usages == "sign" or device.run("enroll").returncode:
                print(expect_nothing_asked(server, device))
            else:
                assert device.has_valid_pair()


@needs_tpm
def test_each_command_of_the_guide_to_tpms(node, tmp_path):
    secret = private_file(node.folder, "press.pass", node.passphrase)
    places = {"https://pki.example/.well-known/est/sensors": url(node), "/etc/ssl/acme-root.pem": str(node.folder / "root.pem"),
              "/etc/bestow-agent/press.pass": str(secret), "/var/lib/bestow-agent": str(tmp_path / "state")}
    shim = tmp_path / "bin"
    shim.mkdir()
    (shim / "bestow").write_text(f'#!/bin/sh\nexec {BIN}/bestow "$@" --config-dir {tmp_path}/conf --state-dir {tmp_path}/state\n')
    (shim / "bestow").chmod(0o755)
    guide = (ROOT / "docs" / "guide" / "tpm.md").read_text()
    with SoftTpm(tmp_path, makes_key=False) as tpm:
        environment = {**os.environ, "PATH": f"{shim}{os.pathsep}{os.environ['PATH']}", "TPM2TOOLS_TCTI": tpm.tcti,
                       "TPM2OPENSSL_TCTI": tpm.tcti}
        lines = [line for block in re.findall(r"^```\n(.*?)^```", guide, re.S | re.M) for line in block.splitlines()]
        assert len(lines) == 17
        for line in lines:
            for written, here in places.items():
                line = line.replace(written, here)
            run = subprocess.run(["bash", "-euc", line], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
            assert run.returncode == 0, (line, run.stdout, run.stderr)
