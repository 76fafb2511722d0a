from __future__ import annotations

import json
from typing import Any, List

import pytest
from click.testing import CliRunner, Result

from connectors.command.progress.health import SOON, Health, HealthFinding, HealthRule, HealthRules
from connectors.command.status import command as module
from connectors.command.status.health import health_lines, together
from connectors.command.status.observer import JobObserver
from tests.fakes.clock import FakeClock
from tests.fakes.flink import FakeFlink, FakeJob
from tests.unit.connectors.command.progress.test_health import LIVE, SLOT, T

WELL, UNKNOWN = Health(True, []), Health(False, [])


def cluster(*jobs: FakeJob) -> FakeFlink:
    for job in jobs:
        job.checkpointed = T - 20
    return FakeFlink(*jobs)


def forward(**numbers: int) -> FakeJob:
    job = FakeJob("a" * 32, "polarshake forward")
    job.tables = {"orders": {**LIVE, **numbers}}
    return job


def reverse(**numbers: int) -> FakeJob:
    job = FakeJob("b" * 32, "polarshake reverse")
    job.slots = {"s": {**SLOT, **numbers}}
    return job


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def invoke(flink: FakeFlink, *words: str) -> Result:
        monkeypatch.setattr(module, "FlinkJobs", lambda address: flink)
        monkeypatch.setattr("connectors.command.status.observer.FETCH_SECONDS", 0.0)
        original = JobObserver.healths
        monkeypatch.setattr(JobObserver, "healths", lambda self, rules: original(self, rules, lambda: T))
        return CliRunner().invoke(module.status, ["--flink", "x", "--health", *words])

    return invoke


def test_a_migration_that_is_well_is_one_line(run: Any) -> None:
    done = run(cluster(forward(), reverse()))
    assert done.exit_code == 0, done.output
    assert done.output == "WELL: polarshake forward, polarshake reverse\n"


def test_each_finding_is_one_line_and_the_worst_comes_first(run: Any) -> None:
    done = run(cluster(forward(lagSeconds=9), reverse(slotActive=0, slotLagSeconds=9999)))
    assert done.exit_code == 1
    head, first, second = done.output.splitlines()
    assert head == "NEEDS ATTENTION: 2 findings of polarshake forward, polarshake reverse"
    assert first.startswith("!! s: nothing reads the slot")
    assert second.startswith("!  s: 2 h 46 min behind PolarDB")


def test_a_cluster_that_does_not_answer_and_a_job_without_metrics_are_unknown(run: Any) -> None:
    starting = forward()
    starting.tables, starting.seconds = {}, 10.0
    done = run(cluster(starting))
    assert done.exit_code == 2
    assert done.output.startswith("UNKNOWN: polarshake forward")
    down = cluster(forward())
    down.down = True
    assert run(down).exit_code == 2


def test_json_has_the_findings_too(run: Any) -> None:
    done = run(cluster(forward(deadLetters=2)), "--json")
    health = json.loads(done.output)["health"]
    assert health["exit_code"] == done.exit_code == 1
    (finding,) = health["findings"]
    assert (finding["rule"], finding["urgent"], finding["subject"]) == ("dead_letters", True, "orders")
    assert {"problem", "advice"} < set(finding)


def test_the_health_is_not_watched(run: Any) -> None:
    assert "exclude each other" in run(cluster(forward()), "--watch").output


def test_attention_comes_before_the_unknown_and_no_job_is_unknown() -> None:
    bad = Health(True, [HealthFinding(HealthRule.LAG, SOON, "orders", "late", "Wait.")])
    assert together([("a", UNKNOWN), ("b", bad)]) == 1
    assert together([("a", UNKNOWN), ("b", WELL)]) == 2
    assert together([]) == 2
    assert health_lines([("a", WELL), ("b", UNKNOWN)])[0].startswith("UNKNOWN: b shows no measurements")


def test_a_stream_that_may_be_silent_is_looked_at_twice() -> None:
    clock, flink = FakeClock(), cluster(forward(lagSeconds=64))
    looks: List[int] = []

    def sleep(seconds: float) -> None:
        clock.now += seconds
        looks.append(1)
        if len(looks) == 2:  # Flink refreshes its metrics
            flink.known["a" * 32].tables["orders"]["lagSeconds"] = 75

    observer = JobObserver(flink, None, clock.timing()._replace(sleep=sleep))
    ((_, found),) = observer.healths(HealthRules(), lambda: T)
    assert [finding.rule for finding in found.findings] == [HealthRule.SILENT]
