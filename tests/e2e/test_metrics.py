"""The metrics listener: OpenMetrics read by Prometheus' own client library and promtool, /livez and /readyz."""
import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest

from node import Node, make_csr, make_key

parser = pytest.importorskip("prometheus_client.openmetrics.parser")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def node():
    with Node(metrics=True, admin=True, va_settings="") as running:
        yield running


def read(node):
    """All samples as {(name, labels): value}, by a parser that nobody here wrote."""
    answer = node.monitor("/metrics", OPENMETRICS)
    assert answer.status == 200, answer.text
    families = list(parser.text_string_to_metric_families(answer.text))
    samples = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in samples, f"{key} is there twice"
            samples[key] = sample.value
    return samples


def value(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))), 0)


# -- the formats --

def test_openmetrics_is_what_its_own_parser_takes(node):
    answer = node.monitor("/metrics", OPENMETRICS)
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.text.endswith("# EOF\n")
    assert read(node)


def test_who_does_not_know_openmetrics_gets_the_older_format(node):
    from prometheus_client.parser import text_string_to_metric_families
    answer = node.monitor("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# EOF" not in answer.text and "# UNIT" not in answer.text
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"bestow_requests", "bestow_certificates", "bestow_request_duration_seconds"} <= names


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not there")
def test_promtool_has_nothing_to_say(node):
    run = subprocess.run(["promtool", "check", "metrics"], input=node.monitor("/metrics").text, capture_output=True, text=True)
    assert run.returncode == 0 and not run.stderr, run.stderr


def test_other_paths_and_methods_are_refused(node):
    assert node.monitor("/").status == 404
    assert node.monitor("/metrics/").status == 404
    connection = http.client.HTTPConnection("127.0.0.1", node.metrics_port, timeout=20)
    connection.request("POST", "/metrics", b"x")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


# -- what is counted --

def test_requests_are_counted_by_profile_and_reason(node):
    before = read(node)
    device = node.device("metrics-1")
    assert node.reenroll(make_csr(make_key(), "metrics-1"), device).status == 200
    assert node.enroll(make_csr(make_key(), "metrics-2"), passphrase="wrong" * 5).status == 401
    assert node.request("GET", "/.well-known/est/nothing/cacerts").status == 404
    after = read(node)

    def grown(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    demo = {"account": "demo", "profile": "demo"}
    assert grown("bestow_requests_total", op="simpleenroll", code="200", **demo) == 1
    assert grown("bestow_requests_total", op="simplereenroll", code="200", **demo) == 1
    assert grown("bestow_requests_total", op="simpleenroll", code="401", **demo) == 1
    assert grown("bestow_requests_total", op="cacerts", code="404", account="", profile="") == 1
    assert grown("bestow_enrollments_total", result="issued", reason="none", **demo) == 2
    refused = [key for key in after if key[0] == "bestow_enrollments_total" and ("result", "refused") in key[1]]
    assert sum(after[key] - before.get(key, 0) for key in refused) == 1
    assert grown("bestow_request_duration_seconds_count", op="simpleenroll") == 2
    assert grown("bestow_tls_handshakes_total", listener="est", result="ok") == 4


def test_a_killed_edge_takes_no_count_along():
    with Node(metrics=True) as node:
        node.device("metrics-3")
        before = read(node)
        for name, pid in node.children().items():
            if name.startswith("edge"):
                os.kill(pid, signal.SIGKILL)
        node.wait(lambda: value(read(node), "bestow_process_restarts_total", process="edge") == 2, "the edges' ends to be counted")
        node.wait(lambda: value(read(node), "bestow_processes", process="edge", state="listening") == 2, "both edges to be back")
        assert node.accepts()
        after = read(node)
        counters = [key for key in before if key[0].endswith(("_total", "_count", "_bucket", "_sum"))]
        assert counters and all(after[key] >= before[key] for key in counters)


def test_a_killed_authority_takes_no_count_along():
    with Node(metrics=True) as node:
        before = read(node)
        os.kill(node.children()["authority"], signal.SIGKILL)
        node.wait(lambda: value(read(node), "bestow_process_restarts_total", process="service") == 1, "its end to be counted")
        node.wait(lambda: node.monitor("/readyz").status == 200, "the node to be ready again")
        after = read(node)
        counters = [key for key in before if key[0].endswith(("_total", "_count", "_bucket", "_sum"))]
        assert counters and all(after[key] >= before[key] for key in counters)


# -- locks --

def test_the_monitor_runs_filtered_and_cannot_gain_privileges(node):
    status = dict(line.split(":\t") for line in pathlib.Path(f"/proc/{node.children()['monitor']}/status").read_text().splitlines()
                  if ":\t" in line)
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the maps of processes that are locked in")
def test_a_process_reaches_its_own_page_only_and_the_monitor_writes_none(node):
    for name, pid in node.children().items():
        maps = [line.split() for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if "bestow metrics" in line]
        lengths = [int(end, 16) - int(start, 16) for start, end in (line[0].split("-") for line in maps)]
        if name == "monitor":
            assert [line[1] for line in maps] == ["r--s"]
        else:
            assert ([line[1] for line in maps], lengths) == (["rw-s"], [131072]), name


def test_hostile_requests_keep_nobody_from_reading(node):
    with contextlib.ExitStack() as strangers:
        for start in (b"", b"GET /metrics", b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: " + b"a," * 1000):
            for _ in range(20):
                stranger = strangers.enter_context(socket.create_connection(("127.0.0.1", node.metrics_port), timeout=20))
                stranger.sendall(start)
        assert node.monitor("/livez").status == 200 and read(node)
    for request, status in ((b"GET /metrics HTTP/1.1\r\n\r\n", b"400"), (b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n", b"505"),
                            (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, b"413"),
                            (b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9000 + b"\r\n\r\n", b"431")):
        with socket.create_connection(("127.0.0.1", node.metrics_port), timeout=20) as stranger:
            stranger.sendall(request)
            assert stranger.recv(4096).split()[1] == status, request[:60]
    assert node.monitor("/livez").status == 200


def test_connections_of_one_address_keep_no_other_from_reading(node):
    with contextlib.ExitStack() as strangers:
        for _ in range(300):  # more than the listener holds
            stranger = strangers.enter_context(socket.socket())
            stranger.settimeout(20)
            stranger.bind(("127.0.0.3", 0))
            stranger.connect(("127.0.0.1", node.metrics_port))
        assert node.monitor("/livez").status == 200


# -- health --

def test_a_node_without_a_ca_lives_and_is_not_ready():
    with Node(metrics=True, setup=False) as node:
        assert (node.monitor("/livez").status, node.monitor("/livez").text) == (200, "ok\n")
        assert (node.monitor("/startupz").status, node.monitor("/startupz").text) == (200, "ok\n")
        answer = node.monitor("/readyz")
        assert answer.status == 503
        assert answer.text == "edges: none of 2 listens\nca: no active profile has one to issue by\n"
        node.set_up()
        assert (node.monitor("/readyz").status, node.monitor("/readyz").text) == (200, "ok\n")
        node.ctl("ca", "disable", "Demo Issuing", "--confirm=Demo Issuing")
        answer = node.monitor("/readyz")
        assert answer.status == 503
        assert answer.text.startswith("ca Demo Issuing: it is disabled\n")


def test_a_stopped_authority_is_told(node):
    """It runs, and does not answer: the node lives and is not ready."""
    authority = node.children()["authority"]
    os.kill(authority, signal.SIGSTOP)
    try:
        assert node.monitor("/livez").status == 200
        answer = node.monitor("/readyz")
        assert (answer.status, answer.text) == (503, "authority: it does not answer\n")
        samples = read(node)
        assert value(samples, "bestow_service_answers") == 0
    finally:
        os.kill(authority, signal.SIGCONT)
    assert node.monitor("/readyz").status == 200
    assert value(read(node), "bestow_service_answers") == 1


def test_a_node_that_ends_is_not_ready():
    with Node(metrics=True) as node:
        connection = node.connect()
        connection.connect()
        connection.putrequest("POST", "/.well-known/est/demo/simpleenroll")  # half a request keeps an edge
        connection.putheader("Content-Length", "10")
        connection.endheaders()
        node.process.send_signal(signal.SIGTERM)
        node.wait(lambda: node.monitor("/readyz").status == 503, "the end to be told")
        assert "node: it is ending" in node.monitor("/readyz").text
        connection.close()
        assert node.process.wait(20) == 0


# -- the listener comes and goes with the configuration --

def test_a_reload_brings_the_listener_and_takes_it_away():
    with Node(metrics=True, setup=False) as node:
        with_metrics = node.config.read_text()
        node.config.write_text(with_metrics.partition("[metrics]")[0])
        node.process.send_signal(signal.SIGHUP)
        node.wait(lambda: "monitor" not in node.children(), "the monitor to end")
        with pytest.raises(OSError):
            node.monitor("/livez")
        node.config.write_text(with_metrics + "nonsense = 1\n")
        node.process.send_signal(signal.SIGHUP)
        node.wait(lambda: "node.reload_refused" in node.log(), "the reload to be refused")
        node.config.write_text(with_metrics)
        node.process.send_signal(signal.SIGHUP)
        node.wait(lambda: "monitor" in node.children(), "the monitor to start")
        node.wait(lambda: node.monitor("/livez").status == 200, "the monitor to answer")
        assert value(read(node), "bestow_config_last_reload_successful") == 1
        assert value(read(node), "bestow_process_restarts_total", process="monitor") == 0
        node.config.write_text(with_metrics + "nonsense = 1\n")
        node.process.send_signal(signal.SIGHUP)
        node.wait(lambda: value(read(node), "bestow_config_last_reload_successful") == 0, "the refusal to be told")
