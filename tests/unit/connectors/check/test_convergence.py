"""Lag or error: decisions for a model of a source and of a replication that takes at most the window."""

from __future__ import annotations

from bisect import bisect_right
from typing import Callable, List, Tuple

from hypothesis import given
from hypothesis import strategies as st

from connectors.check.convergence import (
    LEAST_LOOKS,
    Comparison,
    ConvergenceRules,
    SuspectDecision,
    SuspectHistory,
    decide,
)

RULES = ConvergenceRules(settle=60.0, window=15.0)
BEGIN = 1000.0
REPORTED = (SuspectDecision.DIFFERS, SuspectDecision.CHANGING)

Timeline = List[Tuple[float, bytes]]
"""(start time, value) of each value. The first starts long before the first comparison."""


def at(timeline: Timeline, time: float) -> bytes:
    return timeline[bisect_right([when for when, _ in timeline], time) - 1][1]


MOST = 60
LONGEST_LAG = RULES.window * 0.99
lags = st.one_of(
    st.lists(st.floats(0.0, LONGEST_LAG), min_size=MOST + 1, max_size=MOST + 1),
    st.floats(0.0, LONGEST_LAG).map(lambda lag: [lag] * (MOST + 1)),
)


@st.composite
def sources(draw: st.DrawFn) -> Timeline:
    """Timelines in which each put has a unique value, with deletes between the puts."""
    timeline: Timeline = [(0.0, b"v0")]
    time = BEGIN - draw(st.floats(0.0, 60.0))
    gaps = st.floats(0.1, draw(st.sampled_from([2.0, 10.0, 40.0])))
    for number in range(draw(st.one_of(st.integers(0, MOST), st.just(MOST)))):
        timeline.append((time, draw(st.sampled_from([b"v%d" % (number + 1), b"v%d" % (number + 1), b""]))))
        time += draw(gaps)
    return timeline


def replicated(source: Timeline, lag: List[float]) -> Timeline:
    target: Timeline = []
    for (when, value), late in zip(source, lag):
        target.append((max(when + late, target[-1][0]) if target else 0.0, value))
    return target


def watched(
    source: Callable[[float], bytes], target: Callable[[float], bytes], random: float, took: float = 0.01
) -> Tuple[SuspectDecision, float]:
    """The final decision, and the seconds until it was made."""
    watch, time = SuspectHistory(), BEGIN
    while True:
        look = Comparison(target(time), time, source(time + took), time + took)
        watch, decision = decide(watch, look, RULES)
        if decision is not SuspectDecision.WATCH:
            return decision, time - BEGIN
        time += took + watch.pause(RULES, random)
        assert time < BEGIN + 10_000


@given(sources(), lags, st.floats(0, 1), st.floats(0.001, 2.0))
def test_a_change_that_replication_delivers_within_the_window_is_never_a_difference(
    source: Timeline, lag: List[float], random: float, took: float
) -> None:
    target = replicated(source, lag)
    decision, _ = watched(lambda t: at(source, t), lambda t: at(target, t), random, took)
    assert decision is not SuspectDecision.DIFFERS


@given(sources(), lags, st.floats(0, 1))
def test_a_source_that_comes_to_rest_is_settled(source: Timeline, lag: List[float], random: float) -> None:
    source = [(when, value) for when, value in source if when < BEGIN + RULES.longest - 3 * RULES.window]
    target = replicated(source, lag)
    decision, seconds = watched(lambda t: at(source, t), lambda t: at(target, t), random)
    assert decision is SuspectDecision.SETTLED
    assert seconds <= RULES.longest


@given(sources(), st.sampled_from([b"", b"damaged", b"v0"]), st.floats(0, 1))
def test_a_target_that_stays_wrong_is_reported(source: Timeline, wrong: bytes, random: float) -> None:
    """As long as the source never has that value while it is looked at."""
    if any(value == wrong for when, value in source if when >= BEGIN) or at(source, BEGIN) == wrong:
        return
    decision, seconds = watched(lambda t: at(source, t), lambda t: wrong, random)
    assert decision in REPORTED
    assert RULES.settle <= seconds <= RULES.longest + RULES.window


@given(sources(), lags, st.floats(0, 1))
def test_a_target_that_follows_and_is_always_damaged_is_reported(
    source: Timeline, lag: List[float], random: float
) -> None:
    target = [(when, value + b" damaged") for when, value in replicated(source, lag)]
    decision, _ = watched(lambda t: at(source, t), lambda t: at(target, t), random)
    assert decision in REPORTED


def test_a_lasting_difference_is_reported_after_the_time_to_settle_and_not_before() -> None:
    decision, seconds = watched(lambda t: b"right", lambda t: b"wrong", 0.5)
    assert decision is SuspectDecision.DIFFERS
    assert RULES.settle <= seconds <= RULES.settle + RULES.window


def test_a_busy_key_whose_target_shows_what_the_source_had_shown_is_followed() -> None:
    decision, _ = watched(lambda t: b"%d" % (t // 9), lambda t: b"%d" % ((t - 5) // 9), 0.5)
    assert decision in (SuspectDecision.FOLLOWING, SuspectDecision.SETTLED)


def test_a_key_that_never_rests_and_never_matches_is_called_changing() -> None:
    decision, seconds = watched(lambda t: b"%d" % (t * 10), lambda t: b"old %d" % (t * 10), 0.5)
    assert decision is SuspectDecision.CHANGING
    assert seconds >= RULES.longest


def test_late_comparisons_do_not_make_a_key_changing() -> None:
    watch, time = SuspectHistory(), BEGIN
    for number in range(LEAST_LOOKS - 1):
        watch, decision = decide(watch, Comparison(b"%d" % number, time, b"%d!" % number, time), RULES)
        assert decision is SuspectDecision.WATCH
        time += 300


def test_without_a_window_the_first_comparison_decides() -> None:
    _, decision = decide(SuspectHistory(), Comparison(b"a", BEGIN, b"b", BEGIN), ConvergenceRules(0, 0))
    assert decision is SuspectDecision.DIFFERS


def test_a_key_that_is_deleted_and_put_again_and_again_does_not_pass_for_missing() -> None:
    """Absence is no value of its own: it comes back, and each look may have met another one."""
    decision, _ = watched(lambda t: b"%d" % (t // 3), lambda t: b"", 0.5)
    assert decision is SuspectDecision.CHANGING
