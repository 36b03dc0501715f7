"""An identity of `bestow` in a folder of its own."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from node import BIN, spki


class Device:
    """Use as a context manager; everything of it is in `folder`."""

    def __init__(self, url, *options, name="dev", ca=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bestow-device-"))
        self.name, self.url, self.options, self.ca = name, url, [str(option) for option in options], ca

    def __enter__(self):
        trust = ["--ca", self.ca] if self.ca else []
        run = self.run("init", "--url", self.url, *trust, *self.options)
        assert run.returncode == 0, run.stderr
        return self

    def __exit__(self, *_):
        if not os.environ.get("BESTOW_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def argv(self, command, *arguments):
        return [str(BIN / "bestow"), command, self.name, "--config-dir", str(self.folder / "conf"), "--state-dir",
                str(self.folder / "state"), *map(str, arguments)]

    def run(self, command, *arguments, **options):
        return subprocess.run(self.argv(command, *arguments), capture_output=True, text=True, timeout=120, **options)

    def json(self, command, *arguments, code=0):
        run = self.run(command, "--json", *arguments)
        assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
        return json.loads(run.stdout)

    def refused(self, command, *arguments):
        """The exit code and the error of a run that fails."""
        run = self.run(command, "--json", *arguments)
        assert run.returncode, run.stdout
        error = json.loads(run.stdout)["error"]
        assert error["exit"] == run.returncode and error["words"]
        return run.returncode, error

    @property
    def state(self):
        return self.folder / "state" / self.name

    def certificate(self, which="current"):
        return x509.load_pem_x509_certificate((self.state / which / "cert.pem").read_bytes())

    def key(self, which="current"):
        return serialization.load_pem_private_key((self.state / which / "key.pem").read_bytes(), None)

    def has_valid_pair(self):
        """Key and certificate of the current pair belong together."""
        return spki(self.key()) == spki(self.certificate())


def private_file(folder, name, text):
    path = pathlib.Path(folder) / name
    path.touch(mode=0o600)
    path.write_text(text)
    return path
