"""A state that a restored older one has left behind is refused, whatever was restored when."""

from __future__ import annotations

import random
from typing import List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.engine.board.runs import MOST_RUNS, RunInLine, SavedRun, continued, decode, encode
from tests.harness.depth import examples

NONE = SavedRun("", 0)


def test_a_first_run_begins_the_line() -> None:
    assert continued([], NONE, "a") == [RunInLine("a")]


def test_a_run_continues_from_the_last_state_of_the_one_before() -> None:
    line = continued([RunInLine("a")], SavedRun("a", 7), "b")
    assert line == [RunInLine("a", 7), RunInLine("b")]


def test_a_state_saved_after_the_one_that_was_restored_is_refused() -> None:
    line = continued([RunInLine("a")], SavedRun("a", 7), "b")
    with pytest.raises(TerminalError, match="must not be used"):
        continued(line, SavedRun("a", 8), "c")


@pytest.mark.parametrize("tick", [3, 7])
def test_an_older_state_or_the_same_one_may_be_restored_again(tick: int) -> None:
    line = continued([RunInLine("a")], SavedRun("a", 7), "b")
    assert continued(line, SavedRun("a", tick), "c") == [RunInLine("a", tick), RunInLine("c")]


def test_a_run_that_was_abandoned_cannot_be_continued() -> None:
    line = continued([RunInLine("a")], SavedRun("a", 7), "b")
    line = continued(line, SavedRun("a", 3), "c")
    with pytest.raises(TerminalError):
        continued(line, SavedRun("b", 1), "d")


def test_a_job_without_a_saved_state_begins_again_and_an_empty_line_refuses_nothing() -> None:
    line = [RunInLine("a", 3), RunInLine("b")]
    assert continued(line, NONE, "c") == [RunInLine("c")]
    assert continued([], SavedRun("a", 9), "b") == [RunInLine("b")]


def test_the_line_travels_and_forgets_its_oldest_runs() -> None:
    line = [RunInLine("0")]
    for number in range(MOST_RUNS + 10):
        line = continued(decode(encode(line)), SavedRun(str(number), number), str(number + 1))
    assert len(line) == MOST_RUNS
    assert line[-1] == RunInLine(str(MOST_RUNS + 10))


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(0, 2**32))
def test_no_state_is_accepted_that_knows_more_than_the_target_and_the_newest_always_is(seed: int) -> None:
    """The target's only value is the number of the last change that was applied: a job replays from what its
    state knows, so the target goes back to it."""
    draw = random.Random(seed)
    line: List[RunInLine] = continued([], NONE, "0")
    target = runs = tick = 0
    newest, saved = NONE, {}
    for _ in range(40):
        if draw.random() < 0.7 or not saved:
            tick, target = tick + 1, target + 1
            newest = SavedRun(line[-1].run, tick)
            saved[newest] = target
            continue
        state, value = draw.choice(list(saved.items()))
        runs += 1
        try:
            line = continued(line, state, str(runs))
        except TerminalError:
            assert state != newest
        else:
            assert value <= target, (state, line)
            newest, target, tick = state, value, 0
