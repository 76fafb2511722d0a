"""Each rule of `convergence` at its edge, comparison by comparison."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from connectors.check.convergence import (
    FIRST_PAUSE,
    LEAST_LOOKS,
    REMEMBERED,
    Comparison,
    ConvergenceRules,
    SuspectDecision,
    SuspectHistory,
    decide,
)

RULES = ConvergenceRules(settle=60.0, window=15.0)
BEGIN = 1000.0
WATCH, DIFFERS, CHANGING = SuspectDecision.WATCH, SuspectDecision.DIFFERS, SuspectDecision.CHANGING
FOLLOWING, SETTLED = SuspectDecision.FOLLOWING, SuspectDecision.SETTLED

Look = Tuple[float, str, str]
"""Seconds after the first, target, source."""


def decisions(*looks: Look, took: float = 0.0, rules: ConvergenceRules = RULES) -> List[SuspectDecision]:
    watch, found = SuspectHistory(), []
    for seconds, target, source in looks:
        at = BEGIN + seconds
        watch, decision = decide(watch, Comparison(target.encode(), at, source.encode(), at + took), rules)
        found.append(decision)
    return found


def test_a_difference_is_reported_when_it_has_stood_for_the_whole_time_to_settle() -> None:
    assert decisions((0, "a", "b"), (59.9, "a", "b"), (60, "a", "b")) == [WATCH, WATCH, DIFFERS]


def test_a_target_that_still_moves_towards_the_source_is_late_and_not_wrong() -> None:
    """The window may be set too short: as long as the target's value changes, replication is working."""
    late = [(0.0, "v1", "v9"), (40.0, "v2", "v9"), (80.0, "v3", "v9"), (119.0, "v4", "v9")]
    assert decisions(*late, (150.0, "v9", "v9")) == [WATCH, WATCH, WATCH, WATCH, SETTLED]


def test_a_target_that_stops_before_it_is_equal_is_reported_from_then_on() -> None:
    assert decisions((0, "v1", "v9"), (50, "v2", "v9"), (109, "v2", "v9"), (110, "v2", "v9")) == [
        WATCH,
        WATCH,
        WATCH,
        DIFFERS,
    ]


def test_the_time_of_a_slow_read_does_not_count() -> None:
    """The source was read `took` seconds after the target: only from then on both values are known."""
    assert decisions((0, "a", "b"), (61, "a", "b"), took=2.0) == [WATCH, WATCH]
    assert decisions((0, "a", "b"), (62, "a", "b"), took=2.0) == [WATCH, DIFFERS]


def test_after_the_longest_watch_a_difference_needs_to_have_stood_for_the_window_only() -> None:
    moving = [(float(second), "a", f"b{second}") for second in range(0, 120, 10)]
    assert decisions(*moving, (134.9, "a", "b110"), (135.0, "a", "b110"))[-3:] == [WATCH, DIFFERS, DIFFERS]
    assert decisions(*moving, (120, "a", "b110"), (124.9, "a", "b110"), (125, "a", "b110"))[-3:] == [
        CHANGING,
        CHANGING,
        DIFFERS,
    ]


def test_before_the_longest_watch_the_window_alone_proves_nothing_to_be_reported() -> None:
    assert decisions((0, "a", "b"), (16, "a", "b"), (59, "a", "b")) == [WATCH, WATCH, WATCH]


def changing(count: int, last_target: str = "x") -> List[Look]:
    """The source has another value at each look, and the target one that it never had."""
    return [(120.0 * number / (count - 1), last_target, f"v{number}") for number in range(count)]


def test_a_key_needs_some_looks_before_it_is_called_changing() -> None:
    assert decisions(*changing(LEAST_LOOKS - 1))[-1] is WATCH
    assert decisions(*changing(LEAST_LOOKS))[-1] is CHANGING


def test_a_busy_key_is_following_while_the_target_moves_to_what_the_source_had() -> None:
    looks = [(float(10 * number), f"v{number}", f"v{number + 1}") for number in range(13)]
    assert decisions(*looks)[-1] is FOLLOWING


def test_a_target_that_followed_once_and_is_stuck_for_two_windows_is_reported() -> None:
    looks = [(float(10 * number), f"v{min(number, 9)}", f"v{number + 1}") for number in range(14)]
    assert decisions(*looks[:13])[-1] is FOLLOWING  # stuck for 30 s: two windows
    assert decisions(*looks)[-1] is CHANGING


def test_a_target_that_has_an_old_value_from_the_start_has_not_followed() -> None:
    """It may be a value that was damaged back: only a move that was seen counts."""
    looks = [(float(10 * number), "v0", f"v{number}") for number in range(1, 15)]
    assert decisions((0.0, "v0", "v0x"), *looks)[-1] is CHANGING


def test_the_newest_values_of_the_source_are_remembered() -> None:
    source = [f"v{number}" for number in range(REMEMBERED + 5)]
    looks: List[Look] = [(float(number), "x", value) for number, value in enumerate(source)]
    assert decisions(*looks, (120.0, source[-2], "new"))[-1] is FOLLOWING
    assert decisions(*looks, (120.0, source[0], "new"))[-1] is CHANGING


def test_the_pauses_double_up_to_half_the_window_and_vary_by_a_quarter() -> None:
    def pause(looks: int, random: float) -> float:
        return SuspectHistory(looks=looks).pause(RULES, random)

    assert [pause(looks, 1.0) for looks in (1, 2, 3, 4)] == [FIRST_PAUSE * factor for factor in (1, 2, 4, 8)]
    assert pause(9, 1.0) == pause(1000, 1.0) == RULES.window / 2
    assert pause(1, 0.0) == pytest.approx(FIRST_PAUSE * 0.75)


@pytest.mark.parametrize(("settle", "window", "longest"), [(60, 15, 120), (60, 60, 180), (15, 15, 45)])
def test_a_changing_source_is_watched_for_twice_the_time_to_settle_or_two_windows_more(
    settle: float, window: float, longest: float
) -> None:
    assert ConvergenceRules(settle, window).longest == longest


def test_without_a_time_to_settle_the_first_difference_is_reported() -> None:
    assert decisions((0, "a", "b"), rules=ConvergenceRules(0.0, 15.0), took=1.0) == [DIFFERS]
    assert decisions((0, "a", "a"), rules=ConvergenceRules(0.0, 15.0)) == [SETTLED]


def test_lateness_is_how_long_the_source_had_its_value() -> None:
    watch = SuspectHistory()
    for at, source in ((BEGIN, b"1"), (BEGIN + 5, b"2"), (BEGIN + 12, b"2")):
        watch, _ = decide(watch, Comparison(b"0", at, source, at), RULES)
    assert watch.late == 7.0


def test_a_clock_that_begins_at_zero_is_a_clock_like_any_other() -> None:
    watch, _ = decide(SuspectHistory(), Comparison(b"a", 0.0, b"b", 0.0), RULES)
    watch, _ = decide(watch, Comparison(b"a", 5.0, b"c", 5.0), RULES)
    assert (watch.first, watch.looks) == (0.0, 2)


def test_a_new_value_of_the_target_counts_from_the_read_of_the_source_behind_it() -> None:
    """Before that read, only the new value of the source is known."""
    looks = [(0.0, "a", "b"), (50.0, "a2", "b"), (111.9, "a2", "b"), (112.0, "a2", "b")]
    assert decisions(*looks, took=2.0) == [WATCH, WATCH, WATCH, DIFFERS]
