"""The wait for the job, and its end if the job makes no progress."""

import pytest

from local.demo import watch
from local.demo.watch import PATIENCE, Since, Stall
from local.stack.errors import StackError
from tests.unit.local.demo.scenes import SCANNED, job


def moved(scanned):
    return job({"orders": {**SCANNED, "scannedItems": scanned}})


def test_the_demo_waits_for_a_job_that_makes_slow_progress():
    stall = Stall(0.0)
    for step in range(5):
        stall.check(moved(step), step * PATIENCE)


def test_a_job_that_makes_no_progress_fails_the_demo():
    stall = Stall(0.0)
    stall.check(moved(7), 1.0)
    stall.check(moved(7), PATIENCE)
    with pytest.raises(StackError, match="no progress"):
        stall.check(moved(7), PATIENCE + 1.5)


def test_a_job_that_never_appears_fails_the_demo():
    stall = Stall(0.0)
    stall.check(None, 0.0)
    with pytest.raises(StackError, match="no progress"):
        stall.check(None, PATIENCE + 1)


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])  # type: ignore[attr-defined]
    return now


def test_a_state_must_hold_without_a_break(clock):
    live = []
    since = Since(lambda job: bool(live), 10, 100)
    for at, state, reached in [
        (1, [1], False),
        (8, [], False),
        (9, [1], False),
        (17, [1], False),
        (19, [1], True),
    ]:
        clock[0], live[:] = at, state
        assert since(job()) is reached


def test_the_wait_for_a_state_ends_at_its_limit(clock):
    since = Since(lambda job: False, 10, 100)
    clock[0] = 99
    assert not since(job())
    clock[0] = 100
    assert since(job())
