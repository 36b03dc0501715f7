"""Keys that never leave their token: SoftHSM by PKCS#11, and a software TPM 2.0 by its OpenSSL provider."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest
from cryptography.hazmat.primitives import serialization

from device import Device, private_file
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


@pytest.mark.skipif(not SOFTHSM or not shutil.which("softhsm2-util"), reason="no SoftHSM")
@pytest.mark.skipif(not has_module("engines-3/pkcs11.so", "ossl-modules/pkcs11.so"), reason="OpenSSL has no way to PKCS#11")
@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_a_key_in_softhsm(node, tmp_path, monkeypatch, kind):
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm.conf"))
    monkeypatch.setenv("PKCS11_MODULE_PATH", str(SOFTHSM))
    monkeypatch.setenv("PKCS11_PROVIDER_MODULE", str(SOFTHSM))
    key = make_key(kind)
    (tmp_path / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    util = ["softhsm2-util", "--token", "device"]
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "device", "--so-pin", "1234", "--pin", PIN], check=True, capture_output=True)
    subprocess.run([*util, "--import", tmp_path / "key.pem", "--label", "born", "--id", "01", "--pin", PIN], check=True, capture_output=True)
    reference = "pkcs11:token=device;object=born;type=private"
    secret = private_file(node.folder, "device.pass", node.passphrase)
    with Device(url(node), "--pass-file", secret, "--new-key", reference, "--pin-file", private_file(tmp_path, "pin", PIN),
                "--subject", f"CN=softhsm-{kind}", ca=node.folder / "root.pem") as device:
        expect_one_key_for_life(device)
        assert spki(device.certificate()) == spki(key)
        code, error = device.refused("renew", "--new-key", "pkcs11:token=device;object=nobody;type=private")
        assert (code, error["code"]) == (10, "key_access")
        code, error = device.refused("renew", "--pin-file", private_file(tmp_path, "wrong", "000000"))
        assert (code, error["code"]) == (10, "key_access") and "000000" not in str(error)


class SoftTpm:
    """A TPM 2.0 in a process, with one EC key at a persistent handle."""

    HANDLE = "0x81000001"

    def __init__(self, folder, makes_key=True):
        self.folder, self.port, self.makes_key = folder, free_port(), makes_key
        (folder / "tpm").mkdir()
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/tpm", "--flags", "not-need-init,startup-clear",
                                         "--server", f"type=tcp,port={self.port},bindaddr=127.0.0.1",
                                         "--ctrl", f"type=tcp,port={self.port + 1},bindaddr=127.0.0.1"])
        self.tcti = f"swtpm:host=127.0.0.1,port={self.port}"

    def tool(self, *arguments):
        return subprocess.run(arguments, env={**os.environ, "TPM2TOOLS_TCTI": self.tcti}, cwd=self.folder, capture_output=True, text=True)

    def make_key(self):
        for command in (["tpm2_createprimary", "-C", "o", "-c", "primary.ctx"],
                        ["tpm2_create", "-C", "primary.ctx", "-G", "ecc256:ecdsa", "-u", "key.pub", "-r", "key.priv", "-a",
                         "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"],
                        ["tpm2_load", "-C", "primary.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx"],
                        ["tpm2_evictcontrol", "-C", "o", "-c", "key.ctx", self.HANDLE]):
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


@pytest.mark.skipif(not shutil.which("swtpm") or not shutil.which("tpm2_create"), reason="no software TPM")
@pytest.mark.skipif(not has_module("ossl-modules/tpm2.so"), reason="no tpm2 provider")
def test_a_key_in_a_tpm(node, tmp_path, monkeypatch):
    secret = private_file(node.folder, "device.pass", node.passphrase)
    with SoftTpm(tmp_path) as tpm:
        monkeypatch.setenv("TPM2OPENSSL_TCTI", tpm.tcti)
        with Device(url(node), "--pass-file", secret, "--new-key", f"handle:{tpm.HANDLE}", "--subject", "CN=tpm-1",
                    ca=node.folder / "root.pem") as device:
            expect_one_key_for_life(device)
            code, error = device.refused("renew", "--new-key", "handle:0x81000077")
            assert (code, error["code"]) == (10, "key_access")


@pytest.mark.skipif(not shutil.which("swtpm") or not shutil.which("tpm2_create"), reason="no software TPM")
@pytest.mark.skipif(not has_module("ossl-modules/tpm2.so"), reason="no tpm2 provider")
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
