"""What `polarshake status --health` finds. What is not measured is never well."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
import yaml

from connectors.base.table_fault import FaultKind
from connectors.command.progress.health import (
    NOW,
    SOON,
    Health,
    HealthRule,
    HealthRules,
    Sight,
    health,
    is_suspicious,
)
from connectors.command.progress.snapshot import JobProgress
from tests.fakes.flink import FakeJob

T = 1_700_000_000.0
ALERTS = Path(__file__).parents[5] / "deploy" / "monitoring" / "alerts.yml"
LIVE = {
    **{"phase": 3, "generation": 1, "segments": 4, "segmentsDone": 4, "step": 2, "lagSeconds": 6},
    **{"measuredAt": int(T) - 5, "shardsReading": 2, "streamed": 70},
}
SLOT = {"slotActive": 1, "slotLagSeconds": 1, "retainedWalHigh": 0, "measuredAt": int(T) - 5}


def job(
    name: str = "polarshake forward",
    tables: Optional[Dict[str, Dict[str, int]]] = None,
    slots: Optional[Dict[str, Dict[str, int]]] = None,
    **changed: Any,
) -> JobProgress:
    made = FakeJob("beef" * 8, name)
    made.tables, made.slots = {"orders": LIVE} if tables is None else tables, slots or {}
    made.checkpointed, made.seconds = T - 20, 9000.0
    for key, value in changed.items():
        setattr(made, key, value)
    return made.progress()


def look(seen: JobProgress, before: Optional[JobProgress] = None, **sight: Any) -> Health:
    return health(Sight(seen, T, before=before, **sight), HealthRules())


def with_(**numbers: int) -> JobProgress:
    return job(tables={"orders": {**LIVE, **numbers}})


def of_slot(**numbers: int) -> JobProgress:
    return job("polarshake reverse", tables={}, slots={"s": {**SLOT, **numbers}})


def test_a_job_that_is_well_has_no_finding() -> None:
    assert look(job()) == Health(True, [])
    assert look(of_slot()) == Health(True, [])
    assert look(job()).exit_code == 0


CASES: List[Any] = [
    (HealthRule.NOT_RUNNING, NOW, look(job(state="RESTARTING"))),
    (HealthRule.NOT_RUNNING, NOW, look(job(state="FINISHED"))),
    (
        HealthRule.SUSPENDED,
        NOW,
        look(with_(suspended=1, suspendedReason=int(FaultKind.GAP), suspendedIncomplete=1)),
    ),
    (HealthRule.NOT_READY, SOON, look(with_(phase=1))),
    (HealthRule.NO_SHARD_READ, NOW, look(with_(shardsWaiting=2, shardsReading=0))),
    (HealthRule.NOT_MEASURED, NOW, look(with_(measuredAt=int(T) - 61))),
    (HealthRule.NOT_MEASURED, NOW, look(of_slot(measuredAt=int(T) - 61))),
    (HealthRule.NOT_MEASURED, NOW, look(job(tables={}))),
    (HealthRule.SILENT, NOW, look(with_(lagSeconds=75), before=with_(lagSeconds=64))),
    (HealthRule.LAG, SOON, look(with_(lagSeconds=301))),
    (HealthRule.LAG, NOW, look(with_(lagSeconds=43_300))),
    (HealthRule.DEAD_LETTERS, NOW, look(with_(deadLetters=1))),
    (HealthRule.SCANNED_AGAIN, SOON, look(with_(generation=2, step=0, segmentsDone=1))),
    (HealthRule.RETAINED_LOG, NOW, look(of_slot(retainedWalHigh=1, retainedWalBytes=20_000_000_000))),
    (HealthRule.SLOT_IDLE, NOW, look(of_slot(slotActive=0))),
    (HealthRule.SLOT_LAG, SOON, look(of_slot(slotLagSeconds=301))),
    (HealthRule.NO_CHECKPOINT, NOW, look(job(checkpointed=T - 101))),
    (HealthRule.CHECKPOINTS_FAIL, SOON, look(job(failed=1))),
    (HealthRule.RESTARTS, SOON, look(job(), failed_at=[T - 899, T - 901])),
    (HealthRule.RESTARTS, NOW, look(job(), failed_at=[T - 1] * 4)),
]


@pytest.mark.parametrize(("rule", "severity", "found"), CASES, ids=[case[0].name for case in CASES])
def test_each_rule_finds_what_it_is_about_and_says_what_to_do(
    rule: HealthRule, severity: int, found: Health
) -> None:
    (finding,) = found.findings
    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.subject
    assert finding.problem
    assert finding.advice.endswith(".")
    assert found.exit_code == 1


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(HealthRule)


def test_every_rule_has_its_alerts_and_every_alert_has_its_rule() -> None:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]
    assert sorted(name for rule in HealthRule for name in rule.alerts) == sorted(alerts)


def test_an_urgent_finding_comes_first() -> None:
    tables = {"a": {**LIVE, "lagSeconds": 301}, "b": {**LIVE, "deadLetters": 1}}
    assert [finding.subject for finding in look(job(tables=tables)).findings] == ["b", "a"]


def test_a_job_that_shows_nothing_yet_is_unknown_and_not_well() -> None:
    starting = look(job(tables={}, seconds=30.0))
    assert (starting.findings, starting.exit_code) == ([], 2)


def test_a_check_that_has_ended_is_well() -> None:
    assert look(job("polarshake check", state="FINISHED")).exit_code == 0
    assert look(job("polarshake check", state="FAILED")).exit_code == 1


@pytest.mark.parametrize(
    "seen",
    [
        with_(lagSeconds=9000, step=0, segmentsDone=1),  # its changes wait for the scan
        with_(lagSeconds=300),
        with_(released=1, deadLetters=1, measuredAt=1),
        with_(measuredAt=int(T) - 60),
        job(checkpointed=T - 99),
    ],
)
def test_what_is_as_it_should_be_is_no_finding(seen: JobProgress) -> None:
    assert look(seen).findings == []


def test_a_stream_that_is_late_but_read_or_that_catches_up_is_not_silent() -> None:
    before = with_(lagSeconds=64)
    assert is_suspicious(before)
    assert look(with_(lagSeconds=75, streamed=71), before=before).findings == []
    assert look(with_(lagSeconds=63), before=before).findings == []
    assert not is_suspicious(with_(lagSeconds=60))


def test_the_thresholds_are_those_of_the_settings() -> None:
    rules = HealthRules(lag_seconds=100, checkpoint_seconds=60.0)
    sight = Sight(job(tables={"orders": {**LIVE, "lagSeconds": 200}}, checkpointed=T - 500), T)
    assert [finding.rule for finding in health(sight, rules).findings] == [HealthRule.LAG]


def test_a_suspended_table_is_not_reported_a_second_time_for_its_lag() -> None:
    found = look(with_(suspended=1, suspendedReason=11, measuredAt=1, lagSeconds=9000)).findings
    assert [each.rule for each in found] == [HealthRule.SUSPENDED]
    assert "polarshake table resume orders@1" in found[0].advice
