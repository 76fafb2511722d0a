from __future__ import annotations

import pytest

from connectors.engine.reader.stepsize import LEAST, MOST, STEP_SECONDS, StepSize


def settle(bytes_per_second: float, steps: int = 60) -> int:
    """The bound after `steps` full steps in front of lanes of that speed."""
    size, now, limit = StepSize(), 0.0, 0
    for _ in range(steps):
        limit = size.begin(now)
        size.end(limit)
        now += limit / bytes_per_second
    return limit


def test_a_step_grows_to_what_fast_lanes_take_in_its_time() -> None:
    assert settle(bytes_per_second=10e6) == pytest.approx(10e6 * STEP_SECONDS, abs=1)


def test_a_step_in_front_of_slow_lanes_stays_at_the_least() -> None:
    assert settle(bytes_per_second=100e3) == LEAST


def test_a_step_never_exceeds_the_most() -> None:
    assert settle(bytes_per_second=1e12) == MOST


def test_a_step_that_was_not_full_does_not_change_the_bound() -> None:
    size = StepSize()
    before = size.begin(0.0)
    size.end(before // 2)
    assert size.begin(0.001) == before
