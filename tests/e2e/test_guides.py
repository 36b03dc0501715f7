"""The commands of the guides, line by line, as they stand there."""
import os
import pathlib
import re
import subprocess

import pytest
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


def commands(guide):
    text = (ROOT / "docs" / "guide" / guide).read_text()
    for block in re.findall(r"^```\n(.*?)^```", text, re.S | re.M):
        yield from filter(None, block.splitlines())


@pytest.mark.parametrize("guide", GUIDES)
def test_each_command_of_the_guide(guide, tmp_path):
    (tmp_path / "root.pass").write_text("offline and secret\n")
    with Node(setup=False) as node:
        for line in GUIDES[guide].splitlines():
            node.ctl(*line.split())
        shim = tmp_path / "bin"
        shim.mkdir()
        (shim / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
        (shim / "bestowctl").write_text(f'#!/bin/sh\nexec {BIN}/bestowctl --config {node.config} --no-input "$@"\n')
        for script in shim.iterdir():
            script.chmod(0o755)
        environment = {**os.environ, "PATH": f"{shim}{os.pathsep}{os.environ['PATH']}"}
        ran = 0
        for line in commands(guide):
            run = subprocess.run(["bash", "-euo", "pipefail", "-c", line], capture_output=True, text=True, cwd=tmp_path, env=environment)
            assert run.returncode == 0, (line, run.stdout, run.stderr)
            ran += 1
        assert ran > 8
