"""A power cut at any instruction, a cut line at any byte, a full disk: the current pair stays whole, and the next run completes."""
import os
import socket
import subprocess
import threading

import pytest

from device import Device, private_file
from node import BIN, Node

LONG = bool(os.environ.get("BESTOW_LONG"))
KILL_AT = BIN / "tests" / "faults" / "kill_at"


@pytest.fixture(scope="module")
def node():
    with Node() as running:
        running.set_profile("demo", "renewal.per_minute=0")
        yield running


@pytest.fixture
def device(node):
    secret = private_file(node.folder, "device.pass", node.passphrase)
    url = f"https://localhost:{node.port}/.well-known/est/demo"
    with Device(url, "--pass-file", secret, "--subject", "CN=crash", ca=node.folder / "root.pem") as made:
        assert made.run("enroll").returncode == 0
        yield made


def link_of(device, which):
    path = device.state / which
    return os.readlink(path) if path.is_symlink() else None


def expect_whole_then_complete(device, what):
    assert device.has_valid_pair(), what
    serial = device.certificate().serial_number
    # cut while it was rolled back: the new pair is both, and the next run puts it in place once more
    is_new = link_of(device, "pending") == link_of(device, "current")
    run = device.run("renew")
    assert run.returncode == 0, (what, run.stderr)
    assert device.has_valid_pair() and (device.certificate().serial_number != serial) != is_new, what
    assert link_of(device, "previous") not in (None, link_of(device, "current")), what
    assert not (device.state / "pending").exists() and len(list(device.state.glob("pair-*"))) == 2, what


def kill_at(device, stop, *reload):
    # LeakSanitizer does not work under ptrace
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    run = subprocess.run([KILL_AT, str(stop), *device.argv("renew", *reload)], capture_output=True, text=True, timeout=60, env=environment)
    if run.returncode == 77:
        pytest.skip("no ptrace here")
    return run


@pytest.mark.parametrize("reload,code,stride", [((), 0, 13), (("--command", "true"), 0, 41), (("--command", "false"), 1, 29)],
                         ids=["nobody is told", "a service is told", "the service does not take it: rolled back"])
def test_a_kill_at_any_system_call(node, device, reload, code, stride):
    run = kill_at(device, 0, *reload)
    assert run.returncode == code, run.stderr
    stops = int(run.stdout.split()[-1])
    assert stops > 200
    for stop in range(1, stops, 1 if LONG else stride):
        kill_at(device, stop, *reload)
        expect_whole_then_complete(device, f"killed at stop {stop} of {stops}")


class Cutter:
    """A line to the node that is cut after `limit` bytes from one of the two."""

    def __init__(self, node, whose):
        self.node, self.whose, self.limit, self.passed = node, whose, None, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.node.port))
            threading.Thread(target=self.pump, args=(client, server, self.whose == "device"), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, self.whose == "node"), daemon=True).start()

    def pump(self, source, to, counts):
        try:
            while data := source.recv(65536):
                if counts:
                    if self.limit is not None:
                        data = data[:max(0, self.limit - self.passed)]
                    self.passed += len(data)
                to.sendall(data)
                if counts and self.limit is not None and self.passed >= self.limit:
                    break
        except OSError:
            pass
        for end in (source, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


@pytest.mark.parametrize("whose,least", [("node", 3000), ("device", 2000)])
def test_a_line_cut_at_any_byte(node, device, whose, least):
    cutter = Cutter(node, whose)
    path = device.folder / "conf" / f"{device.name}.conf"
    straight = path.read_text()
    path.write_text(straight.replace(str(node.port), str(cutter.port)))
    assert device.run("renew").returncode == 0
    total = cutter.passed
    assert total > least
    for limit in range(0, total, 1 if LONG else 211):
        cutter.limit, cutter.passed = limit, 0
        serial = device.certificate().serial_number
        run = device.run("renew")
        assert run.returncode in (0, 7), (limit, run.returncode, run.stderr)
        if run.returncode:
            assert device.certificate().serial_number == serial
        assert device.has_valid_pair()
    cutter.limit = None
    expect_whole_then_complete(device, "after all cuts")


@pytest.mark.parametrize("call,error", [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "ENOSPC"), ("symlink", "ENOSPC"), ("mkdir", "ENOSPC"),
                                        ("openat", "EMFILE")])
def test_a_full_disk_at_any_call(node, device, call, error):
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    probe = subprocess.run(["strace", "-f", "-qq", "-e", f"trace={call}", "-P", "/", *device.argv("renew")], capture_output=True, text=True, env=environment)
    if probe.returncode:
        pytest.skip("no strace here")
    # which invocations touch the state; others, of libraries at their start, are passed by
    run = subprocess.run(["strace", "-f", "-y", "-qq", "-o", device.folder / "trace", "-e", f"trace={call}", *device.argv("renew")], capture_output=True, env=environment)
    assert run.returncode == 0
    lines = (device.folder / "trace").read_text().splitlines()
    hits = [number for number, line in enumerate(lines, 1) if str(device.state) in line]
    assert hits, lines
    for number in hits:
        subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}",
                        *device.argv("renew")], capture_output=True, env=environment)
        expect_whole_then_complete(device, f"{error} at {call} {number}")
