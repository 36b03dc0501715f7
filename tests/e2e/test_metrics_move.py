"""Each series that a node shows is moved once: a metric that never changes tells nothing, and nobody would notice."""
import os
import signal
import socket
import sqlite3
import urllib.request

import pytest

from hsm import Token, needs_softhsm
from node import make_csr, make_key
from test_metrics import read
from test_ocsp import fetch, issuing, request_for
from test_token import add_token_ca, enroll as enroll_by_token

pytest.importorskip("prometheus_client.openmetrics.parser")
pytestmark = needs_softhsm

# What cannot move on a node that is well enough to be looked at, and where it is seen to move instead.
STANDS = {
    "bestow_build_info": "it is what runs",
    "bestow_start_time_seconds": "the node is one",
    "bestow_processes/service/running": "tests/e2e/test_metrics.py: an authority that does not run answers nothing",
    "bestow_processes/admin/wanted": "bestowd always has one",
    "bestow_processes/admin/running": "it is back before anybody can look",
    "bestow_store_commit_failures_total": "tests/unit/store/test_store_tx.c: the disk fails",
    "bestow_service_overloads_total": "tests/unit/ipc/test_call.c: the queue is full",
    "bestow_metrics_rows_lost_total": "strangers choose no labels: tests/unit/metrics/test_board.c",
}


# What moves where a node has much to do at a time, and is moved by tests/unit/store/test_store_list.c in any case.
MAY_STAND = {"bestow_db_pool_connections"}


class Watch:
    """All values that each series has had."""

    def __init__(self, node):
        self.node, self.seen = node, {}
        self.first = set(self.look())

    def look(self):
        samples = read(self.node)
        for key, value in samples.items():
            self.seen.setdefault(key, set()).add(value)
        return samples

    def until(self, name, **labels):
        """Looks until this series has moved."""
        key = name, tuple(sorted(labels.items()))

        def moved():
            self.look()
            return len(self.seen[key]) > 1

        self.node.wait(moved, f"{key} to move")

    def unmoved(self):
        return {key for key in self.first if len(self.seen[key]) == 1}


def is_bucket(key):
    return key[0].endswith("_bucket")


def ways_to_name(key):
    return {key[0], "/".join([key[0], *(value for _, value in key[1])])}


@pytest.fixture
def node(tmp_path):
    token = Token(tmp_path, shim=True)
    with token.node(metrics=True, admin=True, va_settings="crl_after_revocation = 1s\ncrl_delta_interval = 60s",
                    est_settings="connections_per_address = 12\n") as running:
        running.token = token
        add_token_ca(running)
        running.wait(lambda: 'kind="delta"' in running.monitor("/metrics").text, "the CRLs of all CAs")
        yield running


def garbage(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as stranger:
        stranger.sendall(b"\r\nGET nonsense\r\n\r\n")
        while stranger.recv(4096):
            pass


def crowd(port, count):
    """More connections than one address may have; they are closed when the caller has looked."""
    return [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(count)]


def ask_for_everything(node):
    device = node.device("moves-1")
    assert node.reenroll(make_csr(make_key(), "moves-1"), device).status == 200
    for operation in ("serverkeygen", "fullcmc"):
        assert node.post_csr(operation, make_csr(make_key(), "moves-2"), headers=node.basic()).status >= 400
    for path in ("cacerts", "csrattrs", "nothing"):
        node.request("GET", f"/.well-known/est/demo/{path}")
    garbage(node.port)
    garbage(node.admin_port)
    garbage(node.va_port)
    node.request("GET", "/.well-known/est/hsm/cacerts")
    assert enroll_by_token(node).status == 200
    return device


def kill(node, name):
    os.kill(node.children()[name], signal.SIGKILL)
    node.wait(lambda: name in node.children() and node.monitor("/readyz").status == 200, f"{name} to be back")


def test_every_series_moves(node):
    watch = Watch(node)
    demo = {"account": "demo"}

    device = ask_for_everything(node)
    watch.look()
    urllib.request.urlopen(f"{node.va_url}/ocsp/{'x' * 3}")
    fetch(node.va_url + "/ocsp", request_for(node, device.certificate))
    assert fetch(node.va_url + "/crl/none.crl")[0] == 404

    # crowds, one listener after the other: who was let in, who was turned away, who is still there
    for port in (node.port, node.va_port):
        strangers = crowd(port, 40)
        watch.until("bestow_connections_turned_away_total", listener="est" if port == node.port else "va")
        watch.until("bestow_open_connections")
        for stranger in strangers:
            stranger.close()
    strangers = crowd(node.admin_port, 140)
    watch.until("bestow_connections_turned_away_total", listener="admin")
    for stranger in strangers:
        stranger.close()
    console = socket.create_connection(("127.0.0.1", node.admin_port), timeout=20)
    with node.tls().wrap_socket(console, server_hostname="localhost") as administrator:
        administrator.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        while administrator.recv(4096):
            pass

    # certificates in all states, and one of each that waits
    node.set_profile("demo", "validity=3s")
    node.device("moves-3")
    watch.until("bestow_certificates", state="expired", **demo)
    watch.until("bestow_certificates_lapsed", **demo)
    node.set_profile("demo", "validity=12h")
    other = node.device("moves-4")
    node.ctl("cert", "revoke", node.serial(device.certificate))
    node.set_profile("demo", "approval.hold=enrollments")
    assert node.enroll(make_csr(make_key(), "moves-5")).status == 202
    for ca in ("Demo Root", "Demo Issuing", "hsm"):
        node.ctl("ca", "renew", ca, "--validity", "5y")
    watch.look()

    # CRLs: those that a revocation brings, and those that come with time
    for ca in ("Demo Root", "Demo Issuing", "hsm"):
        node.ctl("crl", "issue", ca)
    watch.look()

    # a token that errs
    node.set_profile("demo", "approval.hold=none")
    node.token.behave("sign-error 5")
    assert enroll_by_token(node).status >= 500
    node.token.behave()
    watch.until("bestow_signer_failures_total", backend="token")

    # processes that die
    for name in ("edge-1", "admin", "monitor", "authority"):
        kill(node, name)
    watch.look()

    # the configuration: refused, and taken over with another number of edges
    good = node.config.read_text()
    node.config.write_text(good + "nonsense = 1\n")
    node.process.send_signal(signal.SIGHUP)
    watch.until("bestow_config_last_reload_successful")
    node.config.write_text(good.replace("edges = 2", "edges = 1"))
    node.process.send_signal(signal.SIGHUP)
    watch.until("bestow_processes", process="edge", state="wanted")
    watch.until("bestow_processes", process="edge", state="running")
    watch.until("bestow_processes", process="edge", state="listening")
    watch.until("bestow_config_last_reload_timestamp_seconds")

    # somebody writes into the audit log by hand
    with sqlite3.connect(node.folder / "state" / "bestow.db", timeout=20) as database:
        database.execute("UPDATE audit SET actor = 'operator:nobody' WHERE id = 3")
    database.close()
    watch.until("bestow_audit_chain_ok")

    # an authority that does not answer; then one that cannot sign
    authority = node.children()["authority"]
    os.kill(authority, signal.SIGSTOP)
    watch.look()
    os.kill(authority, signal.SIGCONT)
    node.token.remove()
    watch.until("bestow_token_ready")
    for key in (node.folder / "state" / "keys").glob("*.key"):
        key.unlink()
    os.kill(node.children()["authority"], signal.SIGKILL)
    node.wait(lambda: node.monitor("/readyz").status == 503 and "ca " in node.monitor("/readyz").text, "the CAs to be missed")
    assert node.enroll(make_csr(make_key(), "moves-6")).status == 503
    assert enroll_by_token(node).status == 503
    node.ctl("profile", "suspend", "demo-tls")
    node.ctl("cert", "revoke", node.serial(other.certificate))  # of which no CRL can tell
    watch.until("bestow_job_failures_total")
    watch.look()

    unmoved = {key for key in watch.unmoved() if not is_bucket(key) and not ways_to_name(key) & (set(STANDS) | MAY_STAND)}
    assert not unmoved, "\n".join(map(str, sorted(unmoved)))
    stale = {name for name in STANDS if not any(name in ways_to_name(key) for key in watch.unmoved())}
    assert not stale, f"these do move, or are not there: {stale}"
