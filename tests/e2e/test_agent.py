"""The agent: when it renews, what it survives, and how it tells the service (issue 4 C)."""
import calendar
import fcntl
import grp
import json
import os
import re
import signal
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from device import Device, private_file
from est_server import PASSPHRASE, USER, Authority, EstServer
from node import BIN, Node


def wait(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class State:
    """What the agent remembers; a test may rewrite it."""

    def __init__(self, device):
        self.path = device.state / "state"

    def __getitem__(self, key):
        return json.loads(self.path.read_text())[key]

    def set(self, **values):
        self.path.write_text(json.dumps({**json.loads(self.path.read_text()), **values}))


def device_of(server, *options):
    secret = private_file(server.folder, "pass", PASSPHRASE)
    return Device(server.url, "--user", USER, "--pass-file", secret, "--subject", "CN=dev-1", "--timeout", "5s", *options,
                  ca=server.folder / "root.pem")


@pytest.fixture
def server():
    with EstServer() as running:
        yield running


def once(device, **options):
    return device.run("agent", "--once", **options)


def ends(certificate):
    return calendar.timegm(certificate.not_valid_after.timetuple())


def make_due(device):
    State(device).set(next_try=1)


# -- trouble first --

def test_a_server_that_is_down_for_days(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        before = device.certificate()
        server.go_down()
        waits = []
        for failures in range(1, 9):
            make_due(device)
            assert once(device).returncode == 7
            state = State(device)
            assert state["failures"] == failures and state["last_code"] == "server_unreachable"
            waits.append(state["next_try"] - state["last_try"])
            # not due again at once
            assert once(device).returncode == 0 and State(device)["failures"] == failures
        assert all(60 * 2 ** i <= seconds <= 1.25 * 60 * 2 ** i for i, seconds in enumerate(waits)), waits
        assert device.certificate() == before and device.has_valid_pair()


def test_retry_after_is_honoured(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        make_due(device)
        server.switches["misbehave"] = "503"
        server.switches["only"] = "simplereenroll"
        assert once(device).returncode == 7
        state = State(device)
        assert 77 <= state["next_try"] - state["last_try"] <= 77 * 1.25
        server.switches["misbehave"] = None
        server.switches.update(pending=1, retry_after=3000)
        make_due(device)
        assert once(device).returncode == 6
        state = State(device)
        assert 3000 <= state["next_try"] - state["last_try"] <= 3000 * 1.25
        # and the key of the request that waits is the one that is asked for again
        waiting = device.key("pending").private_numbers()
        make_due(device)
        assert once(device).returncode == 0 and device.key().private_numbers() == waiting


def test_a_refused_key_is_not_asked_for_again(server):
    with device_of(server) as device:
        server.switches.update(misbehave="403", only="simpleenroll")
        requests = set()
        for _ in range(2):
            assert device.run("enroll").returncode == 5
            requests.add(server.requests[-1].body)
            assert not (device.state / "pending").exists() and not list(device.state.glob("pair-*"))
        assert len(requests) == 2
        # an answer that got lost is another thing, as long as the same kind of key is wanted
        server.switches.update(misbehave="cut")
        assert device.run("enroll").returncode == 7
        waiting = device.key("pending").public_key().public_numbers()
        assert device.run("enroll").returncode == 7 and device.key("pending").public_key().public_numbers() == waiting
        assert device.run("enroll", "--new-key", "p384").returncode == 7 and device.key("pending").curve.name == "secp384r1"


def test_a_reload_that_fails_rolls_back(server, tmp_path):
    mark = tmp_path / "mark"
    with device_of(server, "--command", "sh", "--command=-c", "--command", f"echo x >> {mark}; test ! -e {tmp_path}/fail") as device:
        assert once(device).returncode == 0 and mark.read_text() == "x\n"
        first = device.certificate()
        (tmp_path / "fail").touch()
        make_due(device)
        run = once(device)
        assert run.returncode == 1 and "reload_failed" in run.stderr
        assert device.certificate() == first and device.has_valid_pair()
        # the service was told of the new pair, and then of the old one again
        assert mark.read_text() == "x\n" * 3
        second, issued = device.certificate("pending"), len(server.issued)
        (tmp_path / "fail").unlink()
        make_due(device)
        assert once(device).returncode == 0
        assert device.certificate() == second and len(server.issued) == issued, "the pair that waited is used"
        assert device.certificate("previous") == first


def test_a_command_that_is_not_there(server):
    with device_of(server, "--command", "/nonexistent/reload") as device:
        run = once(device)
        assert run.returncode == 1 and "reload_failed" in run.stderr
        # there was no older pair to go back to
        assert device.has_valid_pair()


def test_a_service_that_is_not_there_yet_costs_one_certificate(server, tmp_path):
    """A device's first start: the agent is there before the service."""
    with device_of(server, "--command", tmp_path / "reload") as device:
        assert once(device).returncode == 1
        first, issued = device.certificate(), len(server.issued)
        for failures in (2, 3):
            make_due(device)
            assert once(device).returncode == 1 and State(device)["failures"] == failures
        assert len(server.issued) == issued and device.certificate() == first
        (tmp_path / "reload").write_text("#!/bin/sh\n")
        (tmp_path / "reload").chmod(0o755)
        make_due(device)
        assert once(device).returncode == 0
        assert State(device)["failures"] == 0 and State(device)["next_try"] > time.time() + 86400
        assert len(server.issued) == issued and device.certificate() == first
        # told, it renews as ever
        make_due(device)
        assert once(device).returncode == 0 and device.certificate() != first and device.certificate("previous") == first


def test_a_certificate_whose_renewal_is_due_is_renewed_though_the_service_is_missing(server, tmp_path):
    with device_of(server, "--command", tmp_path / "reload") as device:
        assert once(device).returncode == 1
        first = device.certificate()
        State(device).set(next_try=1, saved=ends(first) - 20 * 86400)
        assert once(device).returncode == 1 and len(server.issued) == 2
        assert device.certificate() == first, "the old one is valid and was current"


def test_a_group_may_read_the_key(server):
    group = grp.getgrgid(1 if os.geteuid() == 0 else os.getegid())
    with device_of(server, "--group", "no-such-group") as device:
        run = once(device)
        assert run.returncode == 2 and "there is no such group" in run.stderr and not server.requests
    with device_of(server, "--group", group.gr_name) as device:
        for _ in range(2):
            assert once(device).returncode == 0 and device.has_valid_pair()
            status = (device.state / "current" / "key.pem").stat()
            assert (status.st_mode & 0o777, status.st_gid) == (0o640, group.gr_gid)
            make_due(device)
    with device_of(server) as device:
        assert once(device).returncode == 0 and (device.state / "current" / "key.pem").stat().st_mode & 0o777 == 0o600


def test_two_runs_at_once(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        with open(device.state / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            code, error = device.refused("renew")
            assert (code, error["code"]) == (5, "conflict")
        assert device.run("renew").returncode == 0


@pytest.mark.parametrize("line,words", [("[server]\nurk = x\n", "urk"), ("url = x\n", "url"), ("[server\n", "section"),
                                        ("[request]\nsubject = CN=a\nsubject = CN=b\n", "already"), ("[renewal]\nwindow = often\n", "window")])
def test_a_wrong_file_names_its_line(server, line, words):
    with device_of(server) as device:
        assert once(device).returncode == 0
        path = device.folder / "conf" / "dev.conf"
        good = path.read_text()
        path.write_text(line + good if "window" not in line else good + line)
        make_due(device)
        run = once(device)
        assert run.returncode == 2 and words in run.stderr, run.stderr
        assert device.has_valid_pair()


def test_the_clock_is_never_before_what_was_seen(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        # a device that has already lived in the year 2200 does not go back: its certificate has ended then
        State(device).set(saved=7258118400)
        assert device.json("status")["identities"][0]["state"] == "expired"
        assert device.run("renew").returncode == 8, "the server's certificate has ended, too"
        assert device.has_valid_pair()


def test_a_clock_that_once_ran_ahead(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        first, saved = device.certificate(), State(device)["saved"]
        make_due(device)
        server.switches["misbehave"] = "garbage"
        assert once(device).returncode == 1
        assert State(device)["saved"] == saved, "what no server agreed to is no floor"
        server.switches["misbehave"] = None
        # a failure in the year 2200 is nothing to wait for
        State(device).set(next_try=7258118400)
        assert once(device).returncode == 0 and device.certificate() != first
        # nor is a moment after the certificate's end
        State(device).set(next_try=7258118400)
        assert once(device).returncode == 0 and State(device)["next_try"] <= ends(device.certificate())


# -- and what it is for --

def test_it_renews_what_is_due_and_nothing_else(server):
    with device_of(server) as device:
        assert once(device).returncode == 0
        first, state = device.certificate(), State(device)
        life = ends(first) - calendar.timegm(first.not_valid_before.timetuple())
        opens = ends(first) - life * 33 / 100
        assert opens - 2 <= state["next_try"] <= opens + life * 17 / 100
        assert once(device).returncode == 0 and device.certificate() == first
        make_due(device)
        assert once(device).returncode == 0 and device.certificate() != first
        assert device.run("status").stdout.startswith("dev  valid  CN=dev-1  ends in ")


@pytest.mark.parametrize("switches", [{}, {"order": "certificate-first"}, {"line_ends": "lf"}, {"base64": "64"}])
def test_skg_02_the_server_makes_the_key(switches):
    with EstServer(**switches) as server, device_of(server, "--new-key", "server") as device:
        assert once(device).returncode == 0 and device.has_valid_pair()
        first = device.key().private_numbers()
        make_due(device)
        assert once(device).returncode == 0 and device.has_valid_pair() and device.key().private_numbers() != first
        good = device.certificate()
        for bad in ({"leaf": "other-key"}, {"misbehave": "html", "only": "serverkeygen"}, {"misbehave": "garbage", "only": "serverkeygen"}):
            server.switches.update(bad)
            assert device.run("renew").returncode == 1
            server.switches.update(dict.fromkeys(bad))
        assert device.certificate() == good and device.has_valid_pair()


def test_the_moment_is_random(server):
    moments = set()
    with device_of(server) as device:
        for _ in range(4):
            assert device.run("enroll").returncode == 0
            moments.add(State(device)["next_try"])
    assert len(moments) == 4


def test_metrics(server, tmp_path):
    with device_of(server, "--metrics", tmp_path) as device:
        assert once(device).returncode == 0
        make_due(device)
        server.switches["misbehave"] = "garbage"
        assert once(device).returncode == 1
        text = (tmp_path / "bestow-dev.prom").read_text()
        values = {name: int(value) for name, value in re.findall(r'^(\w+)\{name="dev"\} (\d+)$', text, re.M)}
        assert values["bestow_agent_renewal_failures_total"] == 1
        assert values["bestow_agent_renewal_failures_in_a_row"] == 1
        assert values["bestow_agent_next_renewal_timestamp_seconds"] == State(device)["next_try"]
        assert values["bestow_agent_certificate_not_after_timestamp_seconds"] == ends(device.certificate())
        assert text.count("# TYPE") == len(values)


def test_it_runs_until_it_is_told_to_end(server):
    with device_of(server) as device:
        agent = subprocess.Popen(device.argv("agent", "--quiet"), stdout=subprocess.DEVNULL)
        try:
            wait((device.state / "current").exists, "the first certificate")
            wait((device.state / "state").exists, "its memory")
            first = device.certificate()

            def told():
                # each time: the agent may still be writing down what its first round was
                make_due(device)
                agent.send_signal(signal.SIGHUP)
                time.sleep(0.1)
                return device.certificate() != first
            wait(told, "the renewal")
            assert device.has_valid_pair()
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(20) == 0
        finally:
            agent.kill()


def test_all_identities_of_a_folder(server):
    with device_of(server) as device:
        conf = device.folder / "conf"
        (conf / "other.conf").write_text((conf / "dev.conf").read_text().replace("dev-1", "dev-2"))
        (conf / "broken.conf").write_text("[server]\n")
        run = subprocess.run([BIN / "bestow", "agent", "--once", "--config-dir", conf, "--state-dir", device.folder / "state"],
                             capture_output=True, text=True)
        assert run.returncode == 2 and "no server is named" in run.stderr
        assert device.has_valid_pair() and (device.folder / "state" / "other" / "current" / "cert.pem").exists()


# -- CAs that change --

def test_ca_03_a_new_root_is_followed(server):
    with device_of(server) as device:
        # the operator's file knows the old root only
        assert device.run("enroll").returncode == 0
        old_root, old_issuing = server.root, server.issuing
        server.root = Authority("Test Root")
        server.issuing = Authority("Test Issuing", server.root)
        link = server.root.key.public_key()
        new_with_old = old_root.sign(link, server.root.name, ca=True)
        server.switches["cacerts"] = [old_issuing.certificate, old_root.certificate, server.root.certificate, server.issuing.certificate,
                                      new_with_old]
        # the server still shows its old certificate, and issues from the new CA
        assert device.run("renew").returncode == 0 and device.has_valid_pair()
        stored = (device.state / "anchors.pem").read_text()
        assert stored.count("BEGIN") == 2
        # now only the new ones are left, and the server's certificate is theirs
        server.write_identity()
        server.switches["cacerts"] = [server.root.certificate, server.issuing.certificate]
        assert device.run("renew").returncode == 0 and device.has_valid_pair()
        assert (device.state / "anchors.pem").read_text() == server.root.certificate.public_bytes(Encoding.PEM).decode()


def test_ca_04_the_anchor_that_the_server_stands_on_stays(server):
    with device_of(server) as device:
        assert device.run("enroll").returncode == 0
        conf = device.folder / "conf" / "dev.conf"
        conf.write_text("".join(line for line in conf.read_text().splitlines(True) if not line.startswith("ca =")))
        new_root = Authority("New Root")
        new_issuing = Authority("New Issuing", new_root)
        server.switches["cacerts"] = [new_root.certificate, new_issuing.certificate]
        # a server that forgets the root it stands on itself: dropping that would lock the device out
        server.issuing = new_issuing
        server.first.append(new_root)
        assert device.run("renew").returncode == 0
        assert (device.state / "anchors.pem").read_text().count("BEGIN") == 2
        assert device.run("renew").returncode == 0


def test_a_root_that_nothing_vouches_for_is_not_followed(server):
    with device_of(server) as device:
        assert device.run("enroll").returncode == 0
        before = (device.state / "anchors.pem").read_bytes()
        server.issuing = server.other
        server.root = server.other
        server.write_identity()
        server.switches["cacerts"] = [server.other.certificate]
        assert device.run("renew").returncode == 8
        assert (device.state / "anchors.pem").read_bytes() == before and device.has_valid_pair()


# -- the end of a certificate --

@pytest.mark.parametrize("after,anew", [("in-window", False), ("never", True)])
def test_an_ended_certificate(after, anew):
    with Node() as node:
        secret = private_file(node.folder, "device.pass", node.passphrase)
        node.set_profile("demo", "validity=5s", "renewal.closes_after=1d", f"renewal.after_expiry={after}")
        with Device(f"https://localhost:{node.port}/.well-known/est/demo", "--pass-file", secret, "--subject", "CN=late",
                    ca=node.folder / "root.pem") as device:
            def short():
                assert device.run("enroll").returncode == 0
                return ends(device.certificate()) < time.time() + 60
            wait(short, "the short validity")
            wait(lambda: device.json("status")["identities"][0]["state"] == "expired", "the end")
            ended = device.certificate()
            make_due(device)
            run = device.run("renew", "--json")
            assert run.returncode == 0, run.stdout
            assert json.loads(run.stdout)["enrolled_anew"] is anew
            assert device.certificate().subject == ended.subject and device.certificate() != ended


def test_more_identities_than_one_agent_keeps_are_told(tmp_path):
    for i in range(257):
        (tmp_path / f"dev-{i:03}.conf").write_text("[server]\nurl = https://localhost:1/.well-known/est\n")
    run = subprocess.run([BIN / "bestow", "status", "--config-dir", tmp_path, "--state-dir", tmp_path / "state"], capture_output=True,
                         text=True, timeout=60)
    assert run.returncode == 2 and "several folders" in run.stderr
    (tmp_path / "dev-256.conf").unlink()
    run = subprocess.run([BIN / "bestow", "status", "--config-dir", tmp_path, "--state-dir", tmp_path / "state"], capture_output=True,
                         text=True, timeout=60)
    assert run.returncode == 0 and "dev-255" in run.stdout
