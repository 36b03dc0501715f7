"""The dashboard, the alert rules and the guide name what nodes show, and nothing else; Prometheus itself reads a node by them."""
import json
import pathlib
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest

from node import Node, free_port
from ra_proxy import Proxy, make_ra

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging" / "prometheus" / "bestow.rules.yml"
DASHBOARD = json.loads((ROOT / "packaging" / "grafana" / "bestow.json").read_text())
GUIDE = (ROOT / "docs" / "guide" / "monitoring.md").read_text()
NAME = re.compile(r"\bbestow_[a-z_]+")


@pytest.fixture(scope="module")
def node():
    with Node(metrics=True, admin=True, va_settings="") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(node):
    port = free_port()
    proxy = Proxy(f"https://localhost:{node.port}", (node.folder / "ca.pem").read_bytes(), node=f"[metrics]\nlisten = 127.0.0.1:{port}")
    proxy.metrics_port = port
    make_ra(node, proxy.folder, "demo", "demo-tls")
    with proxy:
        proxy.wait(lambda: proxy.monitor("/readyz").status == 200, "the proxy to be ready")
        yield proxy


@pytest.fixture(scope="module")
def families(node, proxy):
    """All that there is, by the names of its samples, also where none is shown yet."""
    text = node.monitor("/metrics").text + proxy.monitor("/metrics").text
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def samples_of(families):
    names = set()
    for name, kind in families.items():
        names |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    return names


def expressions():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")


# -- names --

def test_the_dashboard_names_what_is_there(families):
    named = {name for _, expression in expressions() for name in NAME.findall(expression)}
    assert len(named) > 20
    assert named <= samples_of(families), named - samples_of(families)


def test_the_rules_name_what_is_there(families):
    text = "\n".join(line for line in RULES.read_text().splitlines() if not line.lstrip().startswith("#"))
    named = set(NAME.findall(text))
    assert len(named) > 12
    assert named <= samples_of(families), named - samples_of(families)


def test_the_guide_tells_of_each_series_and_of_no_other(families):
    told = set(re.findall(r"^\| `(bestow_[a-z_]+)` \|", GUIDE, re.M))
    assert told == set(families), told ^ set(families)


def test_the_guide_tells_of_each_alert():
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
    assert alerts and re.findall(r"^### (\w+)$", GUIDE, re.M) == alerts
    assert re.findall(r"runbook: \"docs/guide/monitoring.md#(\w+)\"", RULES.read_text()) == [alert.lower() for alert in alerts]


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


# -- the proxy --

def test_a_proxy_tells_of_its_upstream(node, proxy):
    assert 'bestow_upstream_answers{profile="site"} 1' in proxy.monitor("/metrics").text
    assert proxy.device("watched-1")
    assert 'bestow_enrollments_total{account="",profile="site",result="issued",reason="none"} 1' in proxy.monitor("/metrics").text
    assert "bestow_certificates" not in proxy.monitor("/metrics").text


def test_a_proxy_without_an_upstream_is_not_ready(node):
    port = free_port()
    proxy = Proxy(f"https://localhost:{free_port()}", (node.folder / "ca.pem").read_bytes(), node=f"[metrics]\nlisten = 127.0.0.1:{port}")
    proxy.metrics_port = port
    make_ra(node, proxy.folder, "demo", name="ra-lonely")
    try:
        proxy.start(wait=False)
        proxy.wait(lambda: "upstream.lost" in proxy.log(), "the upstream to be missed")
        answer = proxy.monitor("/readyz")
        assert answer.status == 503 and "profile site: " in answer.text
        assert proxy.monitor("/livez").status == 200
        assert 'bestow_upstream_answers{profile="site"} 0' in proxy.monitor("/metrics").text
    finally:
        proxy.__exit__()


# -- Prometheus' own programs --

needs_prometheus = pytest.mark.skipif(not shutil.which("promtool") or not shutil.which("prometheus"), reason="Prometheus is not there")


@needs_prometheus
def test_promtool_takes_the_rules():
    run = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@needs_prometheus
def test_each_alert_fires_when_it_should():
    tests = ROOT / "tests" / "rules" / "bestow.rules.test.yml"
    run = subprocess.run(["promtool", "test", "rules", tests], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    fired = set(re.findall(r"alertname: (\w+)\s+exp_alerts", tests.read_text()))
    assert fired == alerts, fired ^ alerts


@pytest.fixture
def prometheus(node, proxy, tmp_path):
    """A Prometheus that reads both, by these rules."""
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
                      f"rule_files: [{RULES}]\nscrape_configs:\n  - job_name: bestow\n    static_configs:\n"
                      f'      - targets: ["127.0.0.1:{node.metrics_port}", "127.0.0.1:{proxy.metrics_port}"]\n')
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
                                   f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def ask(path, **query):
        url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        return json.load(urllib.request.urlopen(url, timeout=10))["data"]

    try:
        yield ask
    finally:
        server.terminate()
        server.wait(20)


@needs_prometheus
def test_prometheus_reads_a_node(node, prometheus):
    def targets():
        try:
            return prometheus("targets")["activeTargets"]
        except OSError:
            return []

    node.wait(lambda: [t["health"] for t in targets()] == ["up", "up"], "Prometheus to have read both")
    assert not any(target["lastError"] for target in targets())
    (ready, _) = prometheus("query", query="bestow_ready")["result"]
    assert ready["value"][1] == "1"
    for title, expression in expressions():
        assert prometheus("query", query=expression)["resultType"] == "vector", title
    rules = [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]
    node.wait(lambda: all(rule["health"] == "ok" for group in prometheus("rules")["groups"] for rule in group["rules"]),
              "all rules to be evaluated")
    assert len(rules) == len(re.findall(r"- alert:", RULES.read_text()))
    assert not [alert["labels"]["alertname"] for alert in prometheus("alerts")["alerts"] if alert["state"] == "firing"]
