"""A fleet lives through 30-day certificates while days pass in seconds: the clock of node and devices is moved by
tests/clock_shim. The node is stopped, killed and started, once amid a renewal together with the devices' agents, and root and
issuing CA are rolled over; no device may lose its identity. ./check has a thousand devices in a step of its own
(BESTOW_FLEET=1000, release build), and a few under the sanitizers."""
import datetime
import os
import pathlib
import signal
import struct
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509

from device import private_file
from node import BIN, Node, verify_issued_by

SHIM = BIN / "tests" / "libclock_shim.so"
COUNT = int(os.environ.get("BESTOW_FLEET", "40"))
SITE = max(5, COUNT // 20)  # devices that one agent keeps
AGENTS = 10  # at once: they wait for the disk more than they work
DAY = 86400
STEP = 2.5
DAYS = 80


class Clock:
    """Seconds that the wall clock of all programs is ahead of the machine's."""

    def __init__(self, path):
        self.path, self.offset = path, 0
        path.write_bytes(struct.pack("=q", 0))
        self.environment = {"LD_PRELOAD": str(SHIM), "CLOCK_SHIM_FILE": str(path),
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def advance(self, days):
        self.offset += int(days * DAY)
        with open(self.path, "r+b") as file:
            file.write(struct.pack("=q", self.offset))

    def now(self):
        return time.time() + self.offset


class Fleet:
    def __init__(self, folder, node, clock):
        self.folder, self.clock, self.running = folder, clock, set()
        self.names = [f"dev-{i:04}" for i in range(COUNT)]
        self.secret = private_file(folder, "fleet.pass", node.passphrase + "\n")
        for i, name in enumerate(self.names):
            conf = folder / f"conf-{i // SITE}"
            conf.mkdir(exist_ok=True)
            (conf / f"{name}.conf").write_text(
                f"[server]\nurl = https://localhost:{node.port}/.well-known/est/demo\nca = {node.folder}/root.pem\ntimeout = 30s\n\n"
                f"[credential]\nuser = device\npassphrase_file = {self.secret}\n\n[request]\nsubject = CN={name}\n")

    def agent(self, conf):
        """Exit code and words of one site's agent: the worst of its devices."""
        with subprocess.Popen([BIN / "bestow", "agent", "--once", "--quiet", "--config-dir", conf, "--state-dir", self.folder / "state"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **self.clock.environment}) as run:
            self.running.add(run)
            words = run.communicate(timeout=900)[1]
            self.running.discard(run)
        return run.returncode, words

    def round(self, meanwhile=None):
        """What the agents of all sites do once: their exit codes, and what they said."""
        with ThreadPoolExecutor(AGENTS) as pool:
            runs = [pool.submit(self.agent, conf) for conf in sorted(self.folder.glob("conf-*"))]
            if meanwhile:
                meanwhile()
            runs = [run.result() for run in runs]
        return {code for code, _ in runs}, "".join(words for _, words in runs)[-2000:]

    def current(self, name):
        return self.folder / "state" / name / "current"

    def pairs(self):
        return [os.readlink(self.current(name)) for name in self.names]

    def wait_for_a_change(self, since):
        end = time.monotonic() + 120
        while self.pairs() == since:
            assert time.monotonic() < end, "nothing is renewed"
            time.sleep(0.01)

    def kill_agents(self):
        for run in list(self.running):
            run.kill()

    def certificates(self):
        return {name: x509.load_pem_x509_certificate((self.current(name) / "cert.pem").read_bytes()) for name in self.names}

    def expect_all_alive(self):
        now = datetime.datetime.fromtimestamp(self.clock.now(), datetime.timezone.utc).replace(tzinfo=None)
        certificates = self.certificates()
        ended = [name for name, certificate in certificates.items() if certificate.not_valid_after <= now]
        assert not ended, (len(ended), ended[:5])
        return certificates


def is_gone(pid):
    """All of its threads are: the first may be a zombie while another still holds files and locks."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state in "ZX" and len(os.listdir(f"/proc/{pid}/task")) <= 1
    except OSError:
        return True


def cut_power(node):
    """All of its processes end where they are; their sockets go with the last of them."""
    children = list(node.children().values())
    node.process.kill()
    node.process.wait()
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    end = time.monotonic() + 60
    while not all(map(is_gone, children)):
        assert time.monotonic() < end, "killed, and still there"
        time.sleep(0.02)


def restart_at_once(node):
    cut_power(node)
    node.start()


def restart_in_order(node):
    node.stop()
    node.start()


def cut_power_of_all(node, fleet, pairs):
    """Once renewing has begun; the node is back while other sites' agents have yet to begin."""
    fleet.wait_for_a_change(pairs)
    fleet.kill_agents()
    restart_at_once(node)


def roll_root(node):
    node.ctl("rollover", "start", "Demo Root", "Root 2")


def roll_issuing(node):
    node.ctl("rollover", "start", "Demo Issuing", "Issuing 2")


def switch(node):
    node.ctl("rollover", "switch", "Demo Issuing")
    node.ctl("node", "certificate", "--ca", "Issuing 2", "--host", "localhost", "--host", "127.0.0.1")


def finish(node):
    node.ctl("rollover", "finish", "Demo Issuing")
    node.ctl("rollover", "finish", "Demo Root")


# before the round of this day
EVENTS = {10: restart_at_once, 20: roll_root, 22.5: restart_at_once, 25: roll_issuing, 30: switch, 45: restart_at_once,
          55: restart_in_order, 75: finish}
# the node is away during the round of this day, when many are due
AWAY = {22.5, 47.5}
# amid the round of this day, node and agents end where they are
STRUCK = 72.5


def expect_codes(day, codes, words):
    """A site where nothing was due does not notice that the node is away."""
    wanted = 7 if day in AWAY else -signal.SIGKILL if day == STRUCK else 0
    allowed = {0, 7, wanted} if wanted else {0}
    assert wanted in codes and codes <= allowed, (day, codes, words)


@pytest.mark.skipif(not SHIM.exists(), reason="the clock's shim was not built")
def test_no_device_loses_its_identity_in_three_months(tmp_path):
    clock = Clock(tmp_path / "offset")
    with Node(environment=clock.environment) as node:
        node.set_profile("demo", "validity=30d")
        fleet = Fleet(tmp_path, node, clock)
        codes, words = fleet.round()
        assert codes == {0}, words
        serials = {name: {certificate.serial_number} for name, certificate in fleet.certificates().items()}
        # from here on each device has its certificate alone
        fleet.secret.write_text("nobody knows\n")
        day = 0
        while day < DAYS:
            day += STEP
            clock.advance(STEP)
            if day in EVENTS:
                EVENTS[day](node)
            if day in AWAY:
                cut_power(node)
            pairs = fleet.pairs()
            codes, words = fleet.round(lambda: cut_power_of_all(node, fleet, pairs) if day == STRUCK else None)
            expect_codes(day, codes, words)
            if day in AWAY:
                node.start()
            for name, certificate in fleet.expect_all_alive().items():
                serials[name].add(certificate.serial_number)
        new_issuing = x509.load_pem_x509_certificate(node.ctl("ca", "export", "Issuing 2").encode())
        last = fleet.certificates()
        assert len(last) == COUNT and all(len(seen) >= 4 for seen in serials.values())
        for name, certificate in last.items():
            verify_issued_by(certificate, new_issuing)
            assert certificate.subject.rfc4514_string() == f"CN={name}"
