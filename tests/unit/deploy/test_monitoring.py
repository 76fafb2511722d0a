"""The dashboard and the alerts use metrics that the jobs report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from connectors.engine.enumerator.table_planner import TablePhase
from connectors.engine.worker.counts import NAMES as COUNTED
from connectors.model.steps import StepKind
from deploy.monitoring.dashboard import dashboard
from deploy.monitoring.panels import PHASES, ROWS, STEPS
from tests.harness.alerts import constant, healthy
from tests.harness.promql import evaluate
from tests.unit.deploy.emitted import Metric, emitted, named

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "monitoring"
FLINKS = {
    "flink_jobmanager_job_numRestarts",
    "flink_jobmanager_job_runningTime",
    "flink_jobmanager_job_lastCheckpointDuration",
    "flink_jobmanager_job_lastCheckpointSize",
    "flink_jobmanager_job_numberOfCompletedCheckpoints",
    "flink_jobmanager_job_numberOfFailedCheckpoints",
    "flink_taskmanager_job_task_busyTimeMsPerSecond",
}
"""Flink's own metrics, as reported by the PrometheusReporter of 1.20.5."""
OF_JOBS = {
    "check": {"suspects", "confirmed"},
    "reverse": {"retainedWalBytes", "slotLagBytes", "slotLagSeconds", "slotActive"},
}
"""Shown by jobs that may not be in this tree."""


def known():
    names = {metric.prometheus for metric in emitted(ROOT / "connectors")}
    names |= {Metric(name, True).prometheus for name in COUNTED}
    absent = {job for job in OF_JOBS if not (ROOT / "jobs" / f"{job}.py").exists()}
    return names | FLINKS | {Metric(name, True).prometheus for job in absent for name in OF_JOBS[job]}


def alerts():
    return [
        rule
        for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
        for rule in group["rules"]
    ]


def expressions():
    made = json.loads((FOLDER / "dashboard.json").read_text())
    yield from (target["expr"] for panel in made["panels"] for target in panel.get("targets", []))
    yield from (rule["expr"] for rule in alerts())


def test_the_dashboard_and_the_alerts_name_only_existing_metrics():
    assert {name for expression in expressions() for name in named(expression)} - known() == set()


def test_every_metric_that_is_documented_for_alarms_has_an_alert():
    watched = {name for rule in alerts() for name in named(rule["expr"])}
    for metric in ("deadLetters", "lagSeconds", "retainedWalBytes"):
        assert Metric(metric, True).prometheus in watched
    assert {"flink_jobmanager_job_numRestarts", "flink_jobmanager_job_numberOfFailedCheckpoints"} <= watched


def test_a_lag_raises_no_alert_while_the_tables_changes_wait_for_its_scan():
    excluded = {
        rule["alert"]: set(named(rule["expr"].split("unless on (job_id, table)")[1]))
        for rule in alerts()
        if Metric("lagSeconds", True).prometheus in named(rule["expr"])
    }
    of = {name: Metric(name, True).prometheus for name in ("segments", "segmentsDone", "step")}
    assert excluded == {
        "PolarshakeLag": {of["segments"], of["segmentsDone"]},
        "PolarshakeLagNearsRetention": {of["step"]},
        "PolarshakeStreamSilent": {of["step"]},
    }


def test_the_dashboard_is_what_its_panels_make():
    assert json.loads((FOLDER / "dashboard.json").read_text()) == dashboard(ROWS)


VARIABLES = {"datasource", "job", "run"}
UNITS = {"short", "s", "ms", "bytes", "Bps", "ops", "percentunit"}


def test_every_panel_is_of_the_chosen_job_and_run_and_never_sums_two_migrations():
    made = dashboard(ROWS)
    assert {variable["name"] for variable in made["templating"]["list"]} == VARIABLES
    for panel in made["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"]
            selectors = re.findall(r"flink_\w+({[^}]*})?", expression)
            assert all(
                'job_name=~"$job"' in selector and 'job_id=~"$run"' in selector for selector in selectors
            ), expression
            assert set(re.findall(r"\$(\w+)", expression)) <= VARIABLES
            grouped = re.findall(r"by \(([^)]*)\)", expression)
            assert all("job_id" in names for names in grouped), expression


def test_the_first_row_has_a_tile_with_thresholds_for_everything_that_ends_a_migration():
    tiles = [panel for panel in dashboard(ROWS)["panels"] if panel["type"] == "stat"]
    assert len(tiles) == 8
    for tile in tiles:
        steps = tile["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(values)
    titles = {tile["title"] for tile in tiles}
    assert {"Running jobs", "Copied", "Largest lag", "Dead letters", "Retained WAL"} <= titles


def colours(world, at=3000):
    """The colour of each tile, as Grafana chooses it."""
    shown = {}
    for tile in (panel for panel in dashboard(ROWS)["panels"] if panel["type"] == "stat"):
        expression = re.sub(r"\$(job|run)", ".*", tile["targets"][0]["expr"])
        [value] = evaluate(expression, world.database, at).values()
        steps = tile["fieldConfig"]["defaults"]["thresholds"]["steps"]
        shown[tile["title"]] = [s["color"] for s in steps if s["value"] is None or value >= s["value"]][-1]
    return shown


def test_an_idle_job_is_green_on_every_tile():
    assert set(colours(healthy()).values()) == {"green"}


def test_a_job_in_trouble_is_red_where_its_trouble_is():
    late = (
        healthy()
        .table("deadLetters", constant(1), table="carts")
        .table("lagSeconds", constant(400), table="carts")
    )
    red = {title for title, colour in colours(late).items() if colour == "red"}
    assert red == {"Largest lag", "Dead letters"}


def test_phases_and_steps_are_words():
    panels = {panel["title"]: panel for panel in dashboard(ROWS)["panels"]}
    for title, words in (("Phase", PHASES), ("Step", STEPS)):
        [mapping] = panels[title]["fieldConfig"]["defaults"]["mappings"]
        assert {int(value): shown["text"] for value, shown in mapping["options"].items()} == {
            value: text for value, (text, _) in words.items()
        }
    assert set(PHASES) == {phase.value for phase in TablePhase}
    assert set(STEPS) == {-1, *(kind.value for kind in StepKind)}


def test_a_query_has_a_name_of_its_own_in_its_panel_and_a_known_unit():
    for panel in dashboard(ROWS)["panels"]:
        names = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(names)) == len(names)
        assert panel["type"] == "row" or panel["fieldConfig"]["defaults"]["unit"] in UNITS


def test_panels_do_not_overlap_and_have_numbers_of_their_own():
    panels = dashboard(ROWS)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    covered = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & covered
        assert place["x"] + place["w"] <= 24
        covered |= cells


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_has_a_severity_and_a_summary(rule):
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"]["summary"]


def test_prometheus_loads_the_alerts_and_scrapes_the_reporters_port():
    made = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert made["rule_files"] == ["alerts.yml"]
    assert made["scrape_configs"][0]["static_configs"][0]["targets"] == [
        "jobmanager:9249",
        "taskmanager:9249",
    ]


def test_names_are_found_as_literals_and_in_loops(tmp_path):
    (tmp_path / "one.py").write_text(
        "metrics.gauge('a', 1)\n"
        "self._metrics.count('b', 1, table)\n"
        "for name in ('c', 'd'):\n    metrics.count(name, 1, table)\n"
        "yield Gauge('e', 1, slot)\n"
        "other.count('f', 1)\n"
    )
    assert emitted(tmp_path) == {
        Metric("a", False),
        Metric("b", True),
        Metric("c", True),
        Metric("d", True),
        Metric("e", True),
    }
    assert Metric("b", True).prometheus == "flink_taskmanager_job_task_operator_table_b"
