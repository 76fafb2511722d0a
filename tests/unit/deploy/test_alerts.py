"""Every alert fires for what it is about, in time, and not for what merely looks like it."""

from __future__ import annotations

from typing import List

import pytest

from tests.harness.alerts import FIRING, RULES, STEP, World, constant, healthy, until
from tests.harness.promql import Database, evaluate


@pytest.mark.parametrize("alert", RULES)
def test_no_alert_fires_while_everything_is_well(alert: str) -> None:
    assert healthy().fires(alert) is None


@pytest.mark.parametrize(("alert", "world", "begins", "seconds"), FIRING, ids=lambda each: str(each)[:40])
def test_an_alert_fires_in_time_and_not_before(alert: str, world: World, begins: int, seconds: int) -> None:
    fired = world.fires(alert)
    assert fired is not None
    assert begins + seconds - 2 * STEP <= fired <= begins + seconds + 2 * STEP


def test_every_alert_has_a_case() -> None:
    assert {case[0] for case in FIRING} == set(RULES)


def test_a_dead_stream_is_noticed_within_two_minutes() -> None:
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


@pytest.mark.parametrize("alert", RULES)
@pytest.mark.parametrize("handed_over", [0, 1])
def test_a_table_that_is_handed_over_is_not_read_any_more_and_fires_nothing(
    alert: str, handed_over: int
) -> None:
    world = healthy().table("lagSeconds", float).table("streamed", constant(900))
    fired = world.table("handedOver", constant(handed_over)).fires(alert)
    of_its_lag = alert in ("PolarshakeLag", "PolarshakeStreamSilent")
    assert (fired is not None) == (of_its_lag and not handed_over)


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
