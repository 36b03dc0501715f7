"""A SoftHSM token for the tests, and the module of tests/token_shim that makes it slow, faulty or absent."""
import os
import pathlib
import secrets
import shutil
import subprocess

import pytest

import node as nodes

PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
          "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so")
SOFTHSM = next((place for place in PLACES if pathlib.Path(place).exists()), None)
SHIM = nodes.BIN / "tests" / "libtoken_shim.so"
needs_softhsm = pytest.mark.skipif(not SOFTHSM or not shutil.which("softhsm2-util") or not shutil.which("pkcs11-tool"),
                                   reason="needs softhsm2 and opensc")


class Token:
    """A token labelled "bestow" in `folder`; the node's [token] section names it."""

    label = "bestow"

    def __init__(self, folder, shim=False, sessions=4, settings=""):
        self.folder = pathlib.Path(folder)
        self.tokens, self.away = self.folder / "tokens", self.folder / "tokens-away"
        self.tokens.mkdir(parents=True)
        self.pin = secrets.token_hex(4)
        self.config = self.folder / "softhsm2.conf"
        self.config.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
                               "slots.removable = false\n")
        self.control = self.folder / "control"
        self.control.write_text("")
        self.environment = {"SOFTHSM2_CONF": str(self.config), "TOKEN_SHIM_MODULE": str(SOFTHSM),
                            "TOKEN_SHIM_CONTROL": str(self.control), "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        self.pin_file = self.folder / "pin"
        self.pin_file.touch(mode=0o600)
        self.write_pin(self.pin)
        self.run("softhsm2-util", "--init-token", "--free", "--label", self.label, "--pin", self.pin, "--so-pin", "1234567890")
        self.module = SHIM if shim else SOFTHSM
        self.section = (f"\n[token]\nmodule = {self.module}\nlabel = {self.label}\npin_file = {self.pin_file}\n"
                        f"sessions = {sessions}\n{settings}\n")

    def run(self, *command, **options):
        run = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                             env={**os.environ, **self.environment}, timeout=60, **options)
        assert run.returncode == 0, (command, run.stdout, run.stderr)
        return run.stdout

    def tool(self, *arguments):
        """pkcs11-tool, logged in."""
        return self.run("pkcs11-tool", "--module", SOFTHSM, "--token-label", self.label, "--login", "--pin", self.pin, *arguments)

    def write_pin(self, pin):
        self.pin_file.write_text(pin + "\n")

    def remove(self):
        self.tokens.rename(self.away)
        self.tokens.mkdir()

    def insert(self):
        self.tokens.rmdir()
        self.away.rename(self.tokens)

    def behave(self, text=""):
        """Lines of the shim's control file, as "sign-delay 30000"; takes effect with the next call."""
        new = self.control.with_suffix(".new")
        new.write_text(text)
        new.rename(self.control)

    def lines(self, kind):
        """What the shim noted: "starts", "logins", "signs"; each line is a process id."""
        path = self.control.with_suffix("." + kind)
        return path.read_text().split() if path.exists() else []

    def node(self, **options):
        return nodes.Node(est_settings=options.pop("est_settings", "") + self.section,
                          environment=self.environment, **options)


def certificate_for_token_key(token, label, folder):
    """A CA certificate for a key that only the token has: OpenSSL signs it with the Demo Root's stand-in."""
    root_key, root, spki, out = (folder / name for name in ("r.key", "r.pem", "k.der", "ca.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", root_key,
                    "-out", root, "-subj", "/CN=Elsewhere Root", "-days", "3650", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
                   check=True, capture_output=True)
    token.tool("--read-object", "--type", "pubkey", "--label", label, "--output-file", spki)
    extensions = folder / "ext"
    extensions.write_text("basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
                          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
    request = folder / "x.csr"
    subprocess.run(["openssl", "req", "-new", "-key", root_key, "-subj", "/CN=From The Token/O=Test", "-out", request], check=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-force_pubkey", spki, "-CA", root, "-CAkey", root_key,
                    "-days", "1000", "-extfile", extensions, "-out", out], check=True, capture_output=True)
    return out, root
