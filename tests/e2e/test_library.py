"""libbestow as a device maker gets it: installed, found by pkg-config, linked shared and static, from the public headers only."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from node import BIN, ROOT, Node

SANITIZED = "fsanitize=address" in (BIN / "build.ninja").read_text() if (BIN / "build.ninja").exists() else False


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed")
    library = prefix / "lib"
    shutil.copytree(ROOT / "include", prefix / "include")
    shutil.copytree(BIN / "sdk", library, symlinks=True)
    pc = (library / "bestow.pc").read_text()
    (library / "bestow.pc").write_text(re.sub(r"^libdir=.*", f"libdir={library}", re.sub(r"^prefix=.*", f"prefix={prefix}", pc, flags=re.M), flags=re.M))
    return prefix


def flags(installed, *options):
    return subprocess.run(["pkg-config", *options, "bestow"], check=True, capture_output=True, text=True,
                          env={**os.environ, "PKG_CONFIG_PATH": str(installed / "lib")}).stdout.split()


def compile_example(installed, tmp_path, compiler, source, *link):
    sanitize = ["-fsanitize=address,undefined"] if SANITIZED else []
    program = tmp_path / "enroll"
    subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", *sanitize, *flags(installed, "--cflags"), source, *link, "-o", program], check=True)
    return program


def run(program, node, cwd, library=None):
    environment = {**os.environ, **({"LD_LIBRARY_PATH": str(library)} if library else {})}
    return subprocess.run([program, f"https://localhost:{node.port}/.well-known/est/demo", node.folder / "root.pem", "library-1"],
                          input=node.passphrase + "\n", cwd=cwd, capture_output=True, text=True, env=environment)


def test_shared_and_static(installed, tmp_path):
    with Node() as node:
        source = ROOT / "examples" / "enroll.c"
        assert len(source.read_text().splitlines()) < 100
        program = compile_example(installed, tmp_path, "cc", source, *flags(installed, "--libs"))
        done = run(program, node, tmp_path, installed / "lib")
        assert (done.returncode, done.stdout) == (0, "CN=library-1: device.key, device.crt\n"), done.stderr
        needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
        assert "libbestow.so.0" in needed
        static = [str(installed / "lib" / "libbestow.a"), *subprocess.run(["pkg-config", "--libs", "libcurl", "openssl"], check=True, capture_output=True,
                                                                         text=True).stdout.split(), "-lpthread", "-ldl"]
        program = compile_example(installed, tmp_path, "cc", source, *static)
        assert "libbestow" not in subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
        assert run(program, node, tmp_path).returncode == 0


@pytest.mark.parametrize("compiler,suffix", [("cc", "c"), ("c++", "cpp")])
def test_each_header_compiles_alone(installed, tmp_path, compiler, suffix):
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    for header in sorted((ROOT / "include" / "bestow").glob("*.h")):
        source = tmp_path / f"alone.{suffix}"
        source.write_text(f"#include <bestow/{header.name}>\nint main(void) {{ return 0; }}\n")
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *flags(installed, "--cflags"), source], check=True)


@pytest.mark.parametrize("was,becomes,complaint", [
    (r"/\* True when the certificate is for this key. \*/\n", "", "bestow_cert_has_key has no comment of its own"),
    (r"Fails\n? \* with BESTOW_LOCAL, also for a key that its token keeps", "Keys of tokens stay there", "bestow_key_save does not say how it fails"),
    (r"borrowed from the list", "to be looked at", "bestow_cert_der does not say whose the thing is that it gives"),
    (r"It may be used by several threads at once", "It is a key", "struct bestow_key; does not say which threads may use it"),
    (r"How many there are", "The number of them", "docs/reference/libbestow.md is out of date"),
])
def test_the_reference_is_made_from_headers_that_say_enough(tmp_path, was, becomes, complaint):
    for part in ("tools/make-library-reference", "docs/reference/libbestow.md"):
        (tmp_path / part).parent.mkdir(parents=True)
        shutil.copy(ROOT / part, tmp_path / part)
    shutil.copytree(ROOT / "include", tmp_path / "include")
    check = [sys.executable, tmp_path / "tools" / "make-library-reference", "--check"]
    assert subprocess.run(check).returncode == 0
    changed = 0
    for header in (tmp_path / "include" / "bestow").glob("*.h"):
        text, count = re.subn(was, becomes, header.read_text())
        header.write_text(text)
        changed += count
    run = subprocess.run(check, capture_output=True, text=True)
    assert changed and run.returncode == 1 and complaint in run.stdout, run.stdout


def test_nothing_of_a_server_is_linked(installed):
    library = installed / "lib" / "libbestow.so"
    needed = set(re.findall(r"Shared library: \[(\w+)", subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout))
    assert needed <= {"libcurl", "libssl", "libcrypto", "libc", "libasan", "libubsan", "libm", "libpthread", "libgcc_s", "ld"}, needed
    strings = subprocess.run(["strings", library], capture_output=True, text=True, check=True).stdout
    assert "INSERT INTO" not in strings and "argon2" not in strings
