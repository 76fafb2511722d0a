"""Every alert fires for what it is about, in time, and not for what merely looks like it."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List, Optional

import pytest
import yaml

from tests.harness.promql import UNITS, Database, evaluate

ROOT = Path(__file__).parents[3]
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((ROOT / "deploy" / "monitoring" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}
TABLE = "flink_taskmanager_job_task_operator_table_"
JOB = "flink_jobmanager_job_"
STEP = 10
END = 3600
Series = Callable[[int], Optional[float]]


def constant(value: float) -> Series:
    return lambda at: value


def until(end: int, series: Series) -> Series:
    """The series ends: its target is gone."""
    return lambda at: series(at) if at <= end else None


class World:
    """Scripted metrics, scraped every ten seconds for an hour."""

    def __init__(self) -> None:
        self._database = Database()

    def table(
        self, name: str, series: Series, job: str = "forward", run: str = "1", table: str = "orders"
    ) -> World:
        return self._add(TABLE + name, series, job_name=f"polarshake {job}", job_id=run, table=table)

    def job(self, name: str, series: Series, job: str = "forward", run: str = "1") -> World:
        return self._add(JOB + name, series, job_name=f"polarshake {job}", job_id=run)

    def _add(self, name: str, series: Series, **labels: str) -> World:
        for at in range(0, END + 1, STEP):
            value = series(at)
            if value is not None:
                self._database.add(name, at, value, **labels)
        return self

    def fires(self, alert: str) -> Optional[int]:
        """The first second at which it fires, None if never."""
        rule = RULES[alert]
        text = rule.get("for", "0s")
        lasting = float(text[:-1]) * UNITS[text[-1]]
        since: Dict[object, int] = {}
        for at in range(0, END + 1, STEP):
            active = evaluate(rule["expr"], self._database, at)
            since = {labels: since.get(labels, at) for labels in active}
            if any(at - began >= lasting for began in since.values()):
                return at
        return None


def healthy(run: str = "1", table: str = "orders") -> World:
    """A live table and a running job with a slot."""
    return fill(World(), run, table)


def fill(world: World, run: str, table: str) -> World:
    for name, value in {
        **{"lagSeconds": 6, "segments": 4, "segmentsDone": 4, "step": 2, "generation": 1, "phase": 3},
        **{"shardsReading": 4, "shardsWaiting": 0, "deadLetters": 0},
    }.items():
        world.table(name, constant(value), run=run, table=table)
    world.table("measuredAt", lambda at: float(at), run=run, table=table)
    slot = {"retainedWalBytes": 1e6, "slotActive": 1, "slotLagSeconds": 1}
    for name, level in slot.items():
        world.table(name, constant(level), "reverse", run, "flink_slot")
    world.job("runningTime", lambda at: at * 1000.0, run=run)
    world.job("numRestarts", constant(0), run=run)
    world.job("numberOfCompletedCheckpoints", lambda at: float(at // 10), run=run)
    world.job("numberOfFailedCheckpoints", constant(0), run=run)
    return world


@pytest.mark.parametrize("alert", RULES)
def test_no_alert_fires_while_everything_is_well(alert: str) -> None:
    assert healthy().fires(alert) is None


def with_(name: str, series: Series, **more: str) -> World:
    """A world with nothing but this series, and a table that follows."""
    return World().table("step", constant(2)).table(name, series, **more)


def from_(second: int, value: float, before: float = 0) -> Series:
    return lambda at: value if at >= second else before


def completing(at: int) -> float:
    """Checkpoints complete until the tenth minute."""
    return float(min(at, 600) // 10)


FIRING: List[object] = [
    ("PolarshakeLag", with_("lagSeconds", from_(600, 400)), 600, 300),
    ("PolarshakeLagNearsRetention", with_("lagSeconds", from_(600, 43_300)), 600, 0),
    ("PolarshakeLagNotMeasured", with_("measuredAt", lambda at: float(min(at, 600))), 600, 100),
    ("PolarshakeStreamSilent", with_("lagSeconds", lambda at: float(max(6, at - 594))), 600, 80),
    ("PolarshakeTableNotReady", with_("phase", constant(1)), 0, 900),
    (
        "PolarshakeNoShardIsRead",
        with_("shardsWaiting", from_(600, 3)).table("shardsReading", from_(600, 0, 4)),
        600,
        120,
    ),
    ("PolarshakeDeadLetters", with_("deadLetters", from_(600, 1)), 600, 0),
    ("PolarshakeTableSuspended", with_("suspended", from_(600, 1)), 600, 0),
    ("PolarshakeScannedAgain", with_("generation", from_(600, 2, 1)), 600, 0),
    ("PolarshakeRetainedWal", with_("retainedWalBytes", from_(600, 2e10), job="reverse"), 600, 300),
    ("PolarshakeRetainedWalFillsDisk", with_("retainedWalBytes", from_(600, 6e10), job="reverse"), 600, 0),
    ("PolarshakeSlotIdle", with_("slotActive", from_(600, 0, 1), job="reverse"), 600, 300),
    ("PolarshakeSlotLag", with_("slotLagSeconds", from_(600, 90), job="reverse"), 600, 300),
    (
        "PolarshakeCheckpointsFail",
        World().job("numberOfFailedCheckpoints", lambda at: float(at >= 600) * 2),
        600,
        0,
    ),
    (
        "PolarshakeNoCheckpoint",
        World().job("numberOfCompletedCheckpoints", completing).job("runningTime", lambda at: at * 1000.0),
        600,
        610,
    ),
    ("PolarshakeRestarts", World().job("numRestarts", lambda at: float(max(0, at - 600) // 60)), 600, 250),
    ("PolarshakeGone", World().job("runningTime", until(1200, constant(1))), 1200, 370),
]


@pytest.mark.parametrize(("alert", "world", "begins", "seconds"), FIRING, ids=lambda one: str(one)[:40])
def test_an_alert_fires_in_time_and_not_before(alert: str, world: World, begins: int, seconds: int) -> None:
    fired = world.fires(alert)
    assert fired is not None
    assert begins + seconds - 2 * STEP <= fired <= begins + seconds + 2 * STEP


def test_every_alert_has_a_case() -> None:
    assert {case[0] for case in FIRING} == set(RULES)  # type: ignore[index]


def test_a_dead_worker_is_noticed_within_two_minutes() -> None:
    """All metrics of a worker keep their last values when it hangs."""
    world = World().table("lagSeconds", constant(3)).table("measuredAt", lambda at: float(min(at, 900)))
    fired = world.fires("PolarshakeLagNotMeasured")
    assert fired is not None
    assert fired - 900 <= 120
    assert world.fires("PolarshakeLag") is None  # the lag itself looks well


def test_a_stream_from_which_nothing_arrives_is_noticed_within_two_minutes() -> None:
    world = World().table("step", constant(2)).table("streamed", lambda at: float(min(at, 900)))
    fired = world.table("lagSeconds", lambda at: float(max(6, at - 894))).fires("PolarshakeStreamSilent")
    assert fired is not None
    assert 0 < fired - 900 <= 120


def test_a_stream_that_is_late_but_read_is_not_silent() -> None:
    world = World().table("step", constant(2)).table("streamed", float)
    assert world.table("lagSeconds", float).fires("PolarshakeStreamSilent") is None


@pytest.mark.parametrize("step", [0, 1, 3])
def test_a_stream_that_waits_for_its_scan_is_not_silent(step: int) -> None:
    world = World().table("step", constant(step)).table("lagSeconds", float)
    assert world.fires("PolarshakeStreamSilent") is None


@pytest.mark.parametrize("alert", ["PolarshakeLag", "PolarshakeLagNearsRetention"])
def test_changes_that_wait_for_the_scan_are_no_lag(alert: str) -> None:
    scanning = World().table("lagSeconds", constant(43_300)).table("step", constant(4))
    scanning.table("segments", constant(9)).table("segmentsDone", constant(3))
    assert scanning.fires(alert) is None


def test_a_table_that_is_scanned_by_one_migration_hides_no_lag_of_another() -> None:
    world = World().table("lagSeconds", constant(43_300), run="1").table("step", constant(2), run="1")
    world.table("step", constant(0), run="2").table("segments", constant(9), run="2")
    world.table("segmentsDone", constant(1), run="2")
    assert world.fires("PolarshakeLagNearsRetention") == 0
    assert world.fires("PolarshakeLag") is not None


def test_a_table_without_a_scan_is_ready_when_its_stream_is_registered() -> None:
    assert World().table("phase", constant(2)).fires("PolarshakeTableNotReady") is None


def test_shards_may_wait_while_the_table_is_scanned() -> None:
    world = World().table("shardsWaiting", constant(3)).table("shardsReading", constant(0))
    assert world.table("step", constant(4)).fires("PolarshakeNoShardIsRead") is None


def test_a_job_that_is_resumed_under_a_new_id_is_not_gone() -> None:
    world = World().job("runningTime", until(1200, constant(1)), run="1")
    world.job("runningTime", lambda at: 1.0 if at >= 1230 else None, run="2")
    assert world.fires("PolarshakeGone") is None


def test_a_check_that_has_ended_is_not_gone() -> None:
    assert World().job("runningTime", until(1200, constant(1)), "check").fires("PolarshakeGone") is None


def test_what_the_evaluator_does_not_know_is_refused() -> None:
    for expression in ("histogram_quantile(0.9, a)", "a[5m]", "sum(a", "a bool b"):
        with pytest.raises(ValueError, match=r"unexpected|expected|early|vector"):
            evaluate(expression, Database(), 0)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("sum(a)", [6]),
        ("delta(g[1m])", [-3]),
        ("increase(g[1m])", [4]),
        ("max by (x) (a) > 1", [2, 3]),
        ("a unless on (x) b", [1, 3]),
        ("a and on (x) b == 20", [2]),
        ("sum by (x) (a) * 2 + 1", [3, 5, 7]),
        ("a % 2 == 1", [1, 1]),
        ("time() - max(a)", [7]),
        ("sum by (x) (c) or max by (x) (b) * 0", [0]),
        ("count(a)", [3]),
    ],
)
def test_the_evaluator_computes_as_prometheus_documents(expression: str, values: List[float]) -> None:
    database = Database()
    for x, value in (("p", 1), ("q", 2), ("r", 3)):
        database.add("a", 10, value, x=x)
    database.add("b", 10, 20, x="q")
    for at, value in ((0, 7), (10, 4)):
        database.add("g", at, value)
    assert sorted(evaluate(expression, database, 10).values()) == values
