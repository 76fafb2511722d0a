"""One table in one slot: what is read in which step, and when a step is reached."""

from __future__ import annotations

from typing import List

import pytest

from connectors.dynamodb.streams.anchor import MARGIN
from connectors.dynamodb.streams.position import ROUNDING, ShardPosition
from connectors.engine.worker.table import CAUGHT_SECONDS, DROPPING
from connectors.engine.worker.worker import REPORT_SECONDS
from connectors.model.orders import DropOrder, StepOrder
from connectors.model.steps import BEFORE, FIRST_FOLLOW, FIRST_SCAN, TableFact
from tests.fakes.pages import changed, copied
from tests.unit.connectors.engine.worker.rig import A, B, P, Rig, follow, scan, segment, shards

SECOND_SCAN = FIRST_SCAN + 4


def go(step: int, generation: int = 1) -> StepOrder:
    return StepOrder("t", generation, step)


def fact(rig: Rig) -> TableFact:
    """As reported last."""
    rig.clock.now += REPORT_SECONDS
    rig.turn()
    return rig.documents[-1].tables["t"]


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    for number in range(3):
        made.steps(number, copied(f"{number}a"), copied(f"{number}b"), copied(f"{number}c", done=True))
    made.steps("p", changed("p1"), changed("p2", done=True))
    for child in "ab":
        made.steps(child, changed(f"{child}1"), changed(f"{child}2"))
    return made


# -- what is read --------------------------------------------------------------------------------------------


def test_before_its_first_step_nothing_of_a_table_is_read(rig: Rig) -> None:
    rig.take(segment(0), shards(P))
    assert rig.run() == []
    assert rig.opener.opened == []
    assert fact(rig) == TableFact(1, BEFORE, False)


@pytest.mark.parametrize(("step", "first"), [(FIRST_SCAN, "0a"), (FIRST_FOLLOW, "p1")])
def test_a_step_reads_its_own_kind_alone(step: int, first: str, rig: Rig) -> None:
    rig.take(segment(0), shards(P), go(step))
    written = rig.run()
    assert written[0] == first
    assert {body[0] for body in written} == {first[0]}


@pytest.mark.parametrize("step", [FIRST_SCAN + 1, FIRST_FOLLOW + 1])
def test_in_a_halt_nothing_is_read(step: int, rig: Rig) -> None:
    rig.take(segment(0), shards(P), go(step))
    assert rig.run() == []
    assert fact(rig).step == step


def test_parts_that_come_during_their_step_are_read_at_once(rig: Rig) -> None:
    rig.take(segment(0), scan())
    rig.take(segment(1))
    assert {body[0] for body in rig.run()} == {"0", "1"}
    rig.take(follow())
    rig.take(shards(P))
    assert rig.run() == ["p1", "p2"]


def test_a_step_that_has_passed_is_not_gone_back_to(rig: Rig) -> None:
    rig.take(shards(P), follow(), scan())
    assert rig.work().state.reached == FIRST_FOLLOW


# -- when a step is reached ----------------------------------------------------------------------------------


def test_a_halt_is_reached_when_what_was_read_is_written_and_what_is_being_read_has_come(rig: Rig) -> None:
    rig.take(segment(0), scan())
    rig.read()
    assert rig.pipeline.flying
    assert rig.pool  # the next page is being read
    rig.take(go(FIRST_SCAN + 1))
    assert fact(rig).step == FIRST_SCAN
    rig.read()
    assert fact(rig).step == FIRST_SCAN
    rig.land()
    assert fact(rig) == TableFact(1, FIRST_SCAN + 1, False)
    assert rig.run() == []


def test_while_a_halt_waits_for_a_segment_no_other_one_is_begun(rig: Rig) -> None:
    """Its pages would hold images from after the halt was ordered, and the halt would last as long as it."""
    rig.steps(0, copied("0a", done=True))
    rig.take(segment(0), segment(1), segment(2), scan())
    rig.take(go(FIRST_SCAN + 1))
    rig.run()
    assert sorted(rig.opened()) == ["segment 0 of 3", "segment 1 of 3"]


def test_a_paused_scan_goes_on_where_it_was(rig: Rig) -> None:
    rig.take(segment(0), scan())
    rig.read()
    written = rig.land()
    rig.take(go(FIRST_SCAN + 1))
    rig.run()
    rig.take(follow())
    rig.take(go(FIRST_FOLLOW + 1))
    rig.run()
    rig.take(go(SECOND_SCAN))
    written += rig.run()
    assert written == ["0a", "0b", "0c"]
    assert fact(rig) == TableFact(1, SECOND_SCAN, True)


def test_steps_that_were_missed_are_passed_over(rig: Rig) -> None:
    """The orders after a restart may be those of a later step."""
    rig.take(segment(0), shards(P), scan())
    rig.read()
    rig.take(go(FIRST_FOLLOW))
    rig.take(go(FIRST_FOLLOW + 1))
    rig.take(go(SECOND_SCAN))
    rig.run()
    assert fact(rig) == TableFact(1, SECOND_SCAN, True)


def test_a_step_and_what_it_has_read_are_known_after_a_restart(rig: Rig) -> None:
    rig.take(segment(0), shards(P), scan())
    rig.read()
    rig.take(go(FIRST_SCAN + 1))
    rig.start()
    assert fact(rig) == TableFact(1, FIRST_SCAN + 1, False)
    assert rig.run() == []
    rig.take(follow())
    rig.start()
    assert rig.run() == ["p1", "p2"]


def test_a_scan_is_complete_when_no_segment_is_left_here(rig: Rig) -> None:
    rig.take(segment(0), segment(1), scan())
    assert fact(rig) == TableFact(1, FIRST_SCAN, False)
    rig.run()
    assert fact(rig) == TableFact(1, FIRST_SCAN, True)


def test_a_stream_is_caught_up_with_when_what_was_read_is_written_too(rig: Rig) -> None:
    now = rig.clock.now
    rig.steps("p", changed("p1", horizon=now - CAUGHT_SECONDS - 1), changed("p2", horizon=now))
    rig.take(shards(P), follow())
    assert not fact(rig).complete
    rig.read()
    rig.land()
    assert not fact(rig).complete
    rig.read()
    assert not fact(rig).complete
    rig.land()
    assert fact(rig) == TableFact(1, FIRST_FOLLOW, True)


def test_a_slot_without_a_shard_of_the_table_holds_nothing_up(rig: Rig) -> None:
    rig.take(segment(0), follow())
    assert fact(rig) == TableFact(1, FIRST_FOLLOW, True)


# -- shards --------------------------------------------------------------------------------------------------


def test_children_are_read_when_their_parents_last_record_is_written(rig: Rig) -> None:
    rig.take(shards(P, A, B), follow())
    assert rig.opened() == ["p"]
    rig.read()
    rig.read()
    assert rig.opened() == ["p"]
    assert rig.run()[:2] == ["p1", "p2"]
    assert rig.opened() == ["p", "a", "b"]


def test_a_restart_in_the_middle_of_a_family_reads_on_in_its_order(rig: Rig) -> None:
    rig.take(shards(P, A), follow())
    written: List[str] = []
    for _ in range(12):
        written += rig.run(2)
        rig.start()
    assert written == ["p1", "p2", "a1", "a2"]


def test_children_ordered_after_their_parent_has_ended_are_read(rig: Rig) -> None:
    rig.take(shards(P), follow())
    rig.run()
    rig.start()
    rig.take(shards(A))
    assert rig.run() == ["a1", "a2"]


def test_a_forgotten_shard_leaves_no_entry_of_its_own(rig: Rig) -> None:
    rig.take(shards(P), follow())
    rig.run()
    assert rig.names() == ["r/t/1", "s/t"]
    before = rig.work().reading
    assert before is not None
    assert "p" in before.shards.done
    rig.take(shards(forget=["p"]))
    assert before.shards.done == {}


def test_following_begins_again_at_the_anchor_after_a_scan_that_went_on(rig: Rig) -> None:
    """One margin before what had been reached: the newest change of each key comes once more."""
    now = rig.clock.now
    rig.steps("p", changed("old", horizon=now), changed("new", horizon=now + MARGIN))
    rig.take(segment(0), shards(P), follow())
    assert rig.run() == ["old", "new"]
    rig.take(go(FIRST_FOLLOW + 1))
    rig.run()
    position = ShardPosition.decode(rig.state["p/t/1/p"])
    assert position.horizon <= now
    assert position.time <= now - ROUNDING or not position.sequence
    rig.take(go(SECOND_SCAN))
    rig.run()
    rig.take(go(SECOND_SCAN + 2))
    assert rig.opener.opened[-1].split_id == "t/1/p"
    assert "new" in rig.run()


# -- generations ---------------------------------------------------------------------------------------------


def test_a_drop_ends_what_belongs_to_older_generations_of_that_table_alone(rig: Rig) -> None:
    rig.take(shards(P, A), segment(0), follow(), segment(2, table="u"))
    rig.read()
    rig.take(DropOrder("t", 2))
    rig.run()
    assert rig.names() == ["o/u/1/segment 2 of 3", "s/t", "s/u"]
    assert dict(rig.opener.names())["t/1/p"]


def test_what_an_older_generation_has_read_and_not_sent_is_not_written(rig: Rig) -> None:
    rig.take(shards(P), follow())
    rig.pipeline.blocked = True
    rig.read()
    rig.take(DropOrder("t", 2))
    rig.pipeline.blocked = False
    assert rig.run() == []


def test_a_new_generation_begins_when_what_the_old_one_has_sent_is_written(rig: Rig) -> None:
    rig.take(shards(P), follow())
    rig.read()
    assert rig.pipeline.flying
    rig.take(DropOrder("t", 2))
    assert fact(rig) == TableFact(2, DROPPING, True)
    rig.land()
    rig.read()
    assert fact(rig).step == BEFORE


def test_a_new_generation_waits_for_reads_of_the_old_one_under_way(rig: Rig) -> None:
    rig.take(shards(P), follow())
    assert rig.pool
    rig.take(DropOrder("t", 2))
    assert fact(rig).step == DROPPING
    rig.read()
    assert fact(rig).step == BEFORE


def test_a_drop_is_not_undone_by_a_restart(rig: Rig) -> None:
    rig.take(shards(P), follow())
    rig.read()
    rig.take(DropOrder("t", 2))
    rig.start()
    assert fact(rig).step == BEFORE
    assert rig.run() == []


def test_no_position_of_an_older_generation_stays_in_the_state(rig: Rig) -> None:
    """Else each gap would leave some, and every checkpoint would hold them."""
    rig.take(shards(P, A), segment(0), scan())
    rig.read()
    rig.land()
    assert any(name.startswith("p/t/1/segment 0") for name in rig.names())
    rig.take(DropOrder("t", 2))
    rig.run()
    assert rig.names() == ["s/t"]
