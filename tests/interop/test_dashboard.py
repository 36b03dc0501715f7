"""The Grafana dashboard, read by Grafana's own models (grafana-foundation-sdk)."""
import json
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
DASHBOARD = HERE.parents[1] / "packaging" / "grafana" / "bestow.json"


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """Of a dashboard, in words."""
    python = os.environ.get("BESTOW_CHECKERS")
    if not python or subprocess.run([python, "-c", "import grafana_foundation_sdk"], capture_output=True).returncode:
        pytest.skip("grafana-foundation-sdk is not installed: ./check does it where pip reaches its index")

    def read(dashboard):
        path = tmp_path_factory.mktemp("dashboard") / "bestow.json"
        path.write_text(json.dumps(dashboard))
        done = subprocess.run([python, HERE / "read_dashboard.py", path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return read


def test_grafanas_models_know_all_that_the_dashboard_says(faults):
    assert faults(json.loads(DASHBOARD.read_text())) == []


@pytest.mark.parametrize("path, value, words", [
    ("options nonsense", 1, "options.nonsense is not known"),
    ("options legend displayMode", "nonsense", "display_mode: 'nonsense'"),
    ("targets 0 nonsense", 1, "targets[0].nonsense is not known"),
    ("fieldConfig defaults custom drawStyle", "nonsense", "draw_style: 'nonsense'"),
    ("gridPos w", "wide", "w: 'wide'"),
    ("type", "nonsense", "no such panel: nonsense"),
])
def test_what_they_do_not_know_is_told(faults, path, value, words):
    dashboard = json.loads(DASHBOARD.read_text())
    place = next(panel for panel in dashboard["panels"] if panel["type"] == "timeseries")
    *steps, last = path.split()
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    assert any(words in fault for fault in faults(dashboard)), faults(dashboard)
