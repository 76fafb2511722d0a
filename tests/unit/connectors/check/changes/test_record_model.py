"""Whatever happens to the reverse job, its slot and its record: a chain of checks for the way back never says
EQUAL of sides that are not equal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, given

from connectors.check.changes.chain import BrokenChain
from connectors.check.report.summary import Verdict
from connectors.model import key_record
from connectors.reverse import recording
from tests.unit.connectors.check.changes.histories import Rounds, histories, rounds
from tests.unit.connectors.check.changes.record_world import LONG_ENOUGH, RecordWorld

WEIGHTS = {
    "write": 8, "write_many": 3, "delete": 2, "read": 10, "deliver": 8, "record": 6, "report": 5,
    "pass_log": 1, "reconnect": 2, "restart": 2,
}  # fmt: skip
FAULTS = {
    **{name: 3 * weight for name, weight in WEIGHTS.items()},
    "write_lost": 4, "truncate": 1, "truncate_lost": 1,
    "crash_server": 1, "fail_over": 1, "leave_out": 2, "move_slot": 2, "lose_segment": 3, "edit_segment": 1,
    "storage_fails": 2,
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def everything_is_small() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_record, "FOLD", 3)
        patch.setattr(recording, "LARGE", 2)
        yield


def checked(later: Rounds) -> RecordWorld:
    """A world after some generations, at rest."""
    world = RecordWorld()
    for apart, meanwhile, crash in later:
        for op in apart:
            world.do(op)
        world.attempt(meanwhile, crash)
    world.settle()
    return world


@histories(150)
@given(later=rounds(FAULTS, before=40, most=5))
def test_a_closing_generation_of_the_way_back_is_equal_only_if_the_sides_are(later: Rounds) -> None:
    world = checked(later)
    try:
        summary = world.generation([])
    except BrokenChain:
        event("broken")
        return
    assert summary is not None
    event(summary.verdict.value)
    assert (summary.verdict is Verdict.EQUAL) == (world.source == world.target)


@histories(150)
@given(later=rounds(WEIGHTS, before=40, most=5))
def test_without_faults_the_chain_of_the_way_back_holds_and_ends_equal(later: Rounds) -> None:
    world = checked(later)
    summary = world.generation([])
    assert summary is not None
    assert summary.verdict is Verdict.EQUAL
    assert world.source == world.target


def test_a_generation_that_waits_for_a_segment_in_vain_says_so() -> None:
    assert LONG_ENOUGH
    world = RecordWorld()
    world.write(0)
    with pytest.raises(BrokenChain, match="nothing has come for"):
        world.generation([])
