"""Scan and stream of a table take turns: when each step begins, and the orders for the workers."""

from __future__ import annotations

from typing import Dict, List, Optional

import pytest

from connectors.base.table_fault import FaultKind
from connectors.engine.board.runs import SavedRun
from connectors.engine.enumerator.observations import Reported, RunAccepted
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.stepping import next_step
from connectors.engine.enumerator.table_planner import TablePhase, TableState
from connectors.model.orders import NoticeOrder, SegmentOrder, StepOrder, StreamOrder
from connectors.model.steps import BEFORE, FIRST_FOLLOW, FIRST_SCAN, StepKind, TableFact, TableFault, kind_of
from tests.fakes.look import closed_shard, open_shard
from tests.harness.planner import (
    ALL,
    FULL,
    GRACE,
    INCREMENTAL,
    RESCAN,
    Rig,
    listed,
    prepared,
    segments,
)

HOLD = ALL.hold_seconds
NOW = 1000.0
SLOTS = [0, 2]


def table(step: int, **more: object) -> TableState:
    state = TableState("t", 1, TablePhase.SCANNING, step=step, step_at=NOW, slots=SLOTS)
    for name, value in more.items():
        object.__setattr__(state, name, value)
    return state


def following(
    state: TableState, *complete: Optional[bool], at: float = NOW, generation: int = 1, behind: int = 0
) -> Optional[TableState]:
    """`complete`: what each slot reports, None if it has not."""
    facts = {
        (slot, "t"): TableFact(generation, state.step - behind, each)
        for slot, each in zip(SLOTS, complete)
        if each is not None
    }
    return next_step(state, facts, at, ALL)


def step_of(state: Optional[TableState]) -> Optional[int]:
    return state.step if state else None


@pytest.mark.parametrize(
    ("step", "complete", "wanted"),
    [
        (FIRST_SCAN, (True, True), FIRST_FOLLOW),
        (FIRST_SCAN, (True, False), None),
        (FIRST_SCAN, (False, False), None),
        (FIRST_SCAN + 1, (False, True), FIRST_FOLLOW),
        (FIRST_SCAN + 1, (True, True), FIRST_FOLLOW),
        (FIRST_FOLLOW, (True, True), FIRST_FOLLOW + 1),
        (FIRST_FOLLOW, (False, True), None),
        (FIRST_FOLLOW + 1, (False, False), FIRST_SCAN + 4),
        (BEFORE, (True, True), FIRST_SCAN),
    ],
)
def test_a_step_ends_when_every_slot_has_reached_or_completed_it(
    step: int, complete: List[bool], wanted: Optional[int]
) -> None:
    assert step_of(following(table(step), *complete)) == wanted


@pytest.mark.parametrize("step", range(BEFORE, 8))
def test_a_missing_report_ends_no_step(step: int) -> None:
    assert following(table(step), True, None) is None


@pytest.mark.parametrize("step", range(BEFORE, 8))
def test_a_report_of_another_generation_or_step_ends_no_step(step: int) -> None:
    assert following(table(step), True, True, generation=2) is None
    assert following(table(step), True, True, behind=1) is None
    assert following(table(step), True, True, behind=-4) is None


def test_a_scan_pauses_when_the_stream_has_waited_for_its_bound_even_without_a_report() -> None:
    assert following(table(FIRST_SCAN), False, None, at=NOW + HOLD) is None
    paused = following(table(FIRST_SCAN), False, None, at=NOW + HOLD + 1)
    assert paused is not None
    assert (paused.step, paused.step_at, paused.scanned) == (FIRST_SCAN + 1, NOW + HOLD + 1, False)


@pytest.mark.parametrize("step", [FIRST_SCAN, FIRST_SCAN + 1])
def test_a_table_whose_segments_are_all_written_is_live_and_has_no_further_step(step: int) -> None:
    live = following(table(step), True, True)
    assert live is not None
    assert live.scanned
    assert live.live
    assert following(live, True, True, at=NOW + 10 * HOLD) is None


def test_a_paused_scan_with_segments_left_is_not_live() -> None:
    state = following(table(FIRST_SCAN + 1), True, False)
    assert state is not None
    assert not state.scanned
    assert not state.live


# -- the planner ---------------------------------------------------------------------------------------------


def steps(orders: Orders) -> Dict[int, StepOrder]:
    return {slot: order for slot, order in orders if isinstance(order, StepOrder)}


def rise(rig: Rig, complete: bool) -> Dict[int, StepOrder]:
    """Every slot reports, and the planner has its turn."""
    rig.report(complete)
    return steps(rig.advance())


def test_every_slot_is_sent_each_step_after_its_parts() -> None:
    rig = Rig()
    rig.register(size=80 << 20)
    rig.advance()
    orders = rig.advance(GRACE)
    slots = sorted({slot for slot, order in orders if isinstance(order, SegmentOrder)})
    told = steps(orders)
    assert set(slots) <= set(told)
    assert {order.step for order in told.values()} == {FIRST_SCAN}
    for slot in slots:
        of_slot = [order for to, order in orders if to == slot and not isinstance(order, NoticeOrder)]
        assert isinstance(of_slot[-1], StepOrder)
    assert set(rise(rig, complete=True)) == set(told)


def test_a_scan_that_takes_longer_than_the_bound_takes_turns_with_the_stream() -> None:
    rig = Rig()
    rig.scan()
    seen: List[int] = []
    assert not rise(rig, complete=False)
    rig.clock.now += HOLD + 1
    for complete, wait in (
        (False, 0.0),
        (False, 0.0),
        (True, 0.0),
        (False, GRACE),
        (False, GRACE),
        (True, 0),
    ):
        rig.report(complete)
        told = steps(rig.advance(wait))
        seen += sorted({order.step for order in told.values()})
    assert [kind_of(step) for step in seen[:4]] == [
        StepKind.SCAN_HALT,
        StepKind.FOLLOW,
        StepKind.FOLLOW_HALT,
        StepKind.SCAN,
    ]
    assert seen == [1, 2, 3, 4, 6]
    assert rig.plans.tables["t"].live


def test_after_the_stream_was_followed_the_scan_waits_for_the_grace_period() -> None:
    rig = Rig()
    rig.scan()
    rig.clock.now += HOLD + 1
    for complete in (False, False, True):
        rise(rig, complete)
    assert rig.plans.tables["t"].step == FIRST_FOLLOW + 1
    rig.report()
    assert not steps(rig.advance())
    assert not steps(rig.advance(GRACE - 1))
    assert {order.step for order in steps(rig.advance(1)).values()} == {FIRST_SCAN + 4}


def test_the_last_step_is_reported_as_such() -> None:
    rig = Rig()
    rig.scan()
    assert {order.live for order in rise(rig, complete=True).values()} == {True}


def test_a_slot_that_gets_a_family_of_shards_later_is_sent_the_tables_step() -> None:
    rig = Rig()
    rig.scan()
    before = list(rig.plans.tables["t"].slots)
    for number in range(20):
        name = f"late {number}"
        orders = rig.see(listed(open_shard("s"), *[open_shard(f"late {n}") for n in range(number + 1)]))
        (slot,) = {slot for slot, order in orders if isinstance(order, StreamOrder)}
        last = [order for to, order in orders if to == slot][-1]
        assert last == StepOrder("t", 1, FIRST_SCAN), name
    assert len(rig.plans.tables["t"].slots) > len(before)


def test_without_a_scan_a_table_is_live_as_soon_as_it_is_registered() -> None:
    rig = Rig(INCREMENTAL)
    told = steps(rig.register())
    assert [(order.step, order.live) for order in told.values()] == [(FIRST_FOLLOW, True)]
    assert rig.plans.tables["t"].live


def test_a_second_listing_does_not_send_a_table_back() -> None:
    rig = Rig()
    rig.scan()
    rise(rig, complete=True)
    told = steps(rig.see(listed(closed_shard("s"), open_shard("s2", "s"))))
    assert {(order.step, order.live) for order in told.values()} == {(FIRST_FOLLOW, True)}


def test_a_new_scan_after_a_gap_waits_until_every_slot_has_dropped_the_old_one() -> None:
    rig = Rig(RESCAN)
    rig.scan()
    state = rig.plans.tables["t"]
    rig.see(Reported({}, [TableFault("t", state.generation, state.hold, FaultKind.GAP, "trimmed")]))
    assert rig.plans.tables["t"].generation == 2
    rig.see(prepared(), listed())
    rig.advance()
    assert segments(rig.advance(10 * GRACE)) == []
    rig.report()
    assert {order.generation for order in segments(rig.advance())} == {2}


def test_without_a_stream_the_parts_are_followed_by_their_step_and_only_errors_are_reported() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared(arn=""))
    told = steps(rig.advance())
    assert {order.step for order in told.values()} == {FIRST_SCAN}
    assert rig.plans.run == rig.plans.run_id
    assert not steps(rig.advance(10 * HOLD))


def test_the_plan_is_sent_to_every_slot_because_each_says_again_what_it_has_completed() -> None:
    rig = Rig(FULL)
    rig.find("t")
    rig.see(prepared(arn=""))
    told = [slot for slot, order in rig.advance() if isinstance(order, NoticeOrder)]
    assert told == list(range(FULL.readers))


# -- the run -------------------------------------------------------------------------------------------------


def test_before_its_run_is_accepted_a_job_orders_nothing_and_its_workers_wait() -> None:
    plans = TablesPlanner(ALL, 0, 0.0, clock=lambda: 0.0)
    plans.found(["t"])
    plans.observe(prepared())
    plans.observe(listed())
    assert plans.run is None
    due, changed = plans.advance()
    assert (due, changed.puts) == ([], {})
    plans.observe(RunAccepted())
    assert plans.run == plans.run_id
    due, changed = plans.advance()
    assert segments(due)
    assert "run" in changed.puts


def test_each_start_is_another_run_of_the_same_job_and_knows_whose_state_it_has() -> None:
    rig = Rig()
    rig.find("t")
    rig.advance()
    rig.advance()
    job, run = rig.plans.run_id.split(".")
    rig.start()
    assert rig.plans.run_id.split(".")[0] == job
    assert rig.plans.run_id.split(".")[1] != run
    assert rig.plans.saved_run == SavedRun(run, 2)


def test_a_job_without_steps_has_no_run_to_wait_for() -> None:
    plans = TablesPlanner(ALL._replace(steps=False, stream=False), 2, 0.0)
    plans.found(["t"])
    plans.observe(prepared())
    due, _ = plans.advance()
    assert plans.run == ""
    assert segments(due)
    assert not steps(due)
