"""Whatever happens while a chain of checks is made: it never says EQUAL of sides that are not equal."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import event, given

from connectors.check.changes.chain import BrokenChain
from connectors.check.report.summary import Verdict
from tests.unit.connectors.check.changes.histories import Op, Rounds, histories, ops, rounds
from tests.unit.connectors.check.changes.world import World

WEIGHTS = {
    "write": 8, "delete": 3, "split": 3, "hide": 1, "empty": 1, "expire_iterators": 1, "pass_time": 3,
    "deliver": 6, "replay": 2,
}  # fmt: skip
FAULTS = {**{name: 3 * weight for name, weight in WEIGHTS.items()}, "write_lost": 3, "replace_stream": 1,
          "recreate_table": 1, "pass_hours": 2}  # fmt: skip


def checked(before: List[Op], during: List[Op], later: Rounds) -> World:
    """A world after a full check and some generations, at rest."""
    world = World()
    for op in before:
        world.do(op)
    world.full_check(during)
    for apart, meanwhile, crash in later:
        for op in apart:
            world.do(op)
        world.attempt(meanwhile, crash)
    world.settle()
    return world


@histories(120)
@given(before=ops(FAULTS, 15), during=ops(FAULTS, 15), later=rounds(FAULTS, before=12, most=4))
def test_a_closing_generation_is_equal_only_if_the_sides_are(
    before: List[Op], during: List[Op], later: Rounds
) -> None:
    world = checked(before, during, later)
    try:
        summary = world.generation([])
    except BrokenChain:
        event("broken")
        return
    assert not world.broken
    assert summary is not None
    event(summary.verdict.value)
    assert (summary.verdict is Verdict.EQUAL) == (world.source == world.target)


@histories(120)
@given(before=ops(WEIGHTS, 15), during=ops(WEIGHTS, 15), later=rounds(WEIGHTS, before=12, most=4))
def test_without_faults_the_chain_holds_and_the_closing_generation_is_equal(
    before: List[Op], during: List[Op], later: Rounds
) -> None:
    world = checked(before, during, later)
    summary = world.generation([])
    assert summary is not None
    assert summary.verdict is Verdict.EQUAL
    assert world.source == world.target


@pytest.mark.parametrize("generations", [1, 3])
def test_a_change_that_the_forward_job_loses_stays_a_difference_in_every_generation(generations: int) -> None:
    world = World()
    world.full_check([])
    world.write_lost(0)
    for _ in range(generations):
        summary = world.generation([])
        assert summary is not None
        assert summary.verdict is Verdict.DIFFERENT
    world.target = dict(world.source)
    summary = world.generation([])
    assert summary is not None
    assert (summary.verdict, summary.totals.compared) == (Verdict.EQUAL, 1)
