"""A table that is suspended, and the ways out."""

from __future__ import annotations

from typing import List, Tuple, Type

import msgspec
import pytest

from connectors.base.errors import GapError, TerminalError
from connectors.base.table_fault import FaultKind
from connectors.engine.enumerator.discovery import ListedNames
from connectors.engine.enumerator.observations import RunAccepted
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.suspension import Choices
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase, TableState
from connectors.model.notices import Plan, TableNotice, decode
from connectors.model.orders import DropOrder, NoticeOrder, SegmentOrder, StepOrder, StreamOrder
from connectors.model.steps import FIRST_SCAN, TableFault, is_held
from tests.harness.planner import ALL, FULL, GRACE, Rig, listed, prepared

SUSPEND = ALL._replace(suspend=True, suspend_gaps=True)
DENIED = "DescribeStream: AccessDeniedException: allow it"


def fault(rig: Rig, kind: FaultKind = FaultKind.SOURCE_DENIED, table: str = "t") -> TableFault:
    state = rig.plans.tables[table]
    return TableFault(table, state.generation, state.hold, kind, DENIED)


def scanning(rules: PlannerRules = SUSPEND) -> Rig:
    rig = Rig(rules)
    rig.scan()
    return rig


def suspended(kind: FaultKind = FaultKind.SOURCE_DENIED) -> Rig:
    rig = scanning()
    rig.see(fault(rig, kind))
    return rig


def again(rig: Rig, choices: Choices) -> List[Tuple[int, object]]:
    """A restart with these choices. Returns what is ordered at its start."""
    rig.plans = TablesPlanner(
        rig.rules, 0, GRACE, list(rig.state.items()), rig.clock, False, wall=rig.clock, choices=choices
    )
    rig.see(RunAccepted())
    return list(rig.advance())


def state_of(rig: Rig) -> TableState:
    return rig.plans.tables["t"]


def texts(orders: List[Tuple[int, object]]) -> List[str]:
    told = [decode(order.text) for _, order in orders if isinstance(order, NoticeOrder)]
    return [notice.text for notice in told if isinstance(notice, TableNotice)]


def held(orders: List[Tuple[int, object]]) -> List[int]:
    """The slots that are told to stop the table."""
    return [slot for slot, order in orders if isinstance(order, StepOrder) and is_held(order.hold)]


def choose(**names: str) -> Choices:
    """`resume` and `rescan`: `t@1`. `leave_out`: a table."""
    left_out = names.pop("leave_out", "")
    given = {how: lambda table, number, name=name: f"{table}@{number}" == name for how, name in names.items()}
    return Choices(includes=lambda table: table != left_out, **given)


RESUME, RESCAN = choose(resume="t@1"), choose(rescan="t@1")


def test_every_slot_of_a_suspended_table_stops_it_where_it_is() -> None:
    rig = scanning()
    slots, step = state_of(rig).slots, state_of(rig).step
    orders = rig.see(fault(rig))
    assert held(orders) == slots != []
    assert {order.step for _, order in orders if isinstance(order, StepOrder)} == {step}


def test_the_reason_the_time_and_the_generation_are_kept() -> None:
    rig = scanning()
    rig.clock.now = 1_700_000_123.0
    rig.see(fault(rig))
    kept = msgspec.msgpack.decode(rig.state["table/t"], type=TableState).suspension
    assert kept is not None
    assert (kept.kind, kept.reason, kept.at) == (FaultKind.SOURCE_DENIED, DENIED, 1_700_000_123.0)
    assert (kept.generation, kept.incomplete) == (1, False)


def test_the_notice_names_the_table_the_reason_and_every_way_out() -> None:
    rig = scanning()
    (text,) = texts(rig.see(fault(rig)))
    for part in ("t@1", DENIED, "tables.resume: [t@1]", "tables.rescan: [t@1]", "tables.release: [t]"):
        assert part in text


def test_other_tables_go_on() -> None:
    rig = Rig(SUSPEND)
    rig.find("t", "u")
    rig.see(prepared("t"), prepared("u"), listed(table="t"), listed(table="u"))
    rig.see(fault(rig))
    rig.advance()
    ordered = {o.table for _, o in rig.advance(GRACE) if isinstance(o, SegmentOrder)}
    assert ordered == {"u"}


def test_nothing_is_ordered_for_a_suspended_table_whatever_is_seen_of_it() -> None:
    rig = suspended()
    before = state_of(rig)
    assert rig.see(prepared(), listed(), fault(rig), TableFault("t", 1, 0, FaultKind.GAP, "late")) == []
    assert [order for order in rig.advance(1e6) if not isinstance(order[1], NoticeOrder)] == []
    assert state_of(rig) == before


def test_a_suspension_survives_restarts_and_is_told_at_each() -> None:
    rig = suspended()
    for _ in range(2):
        orders = again(rig, Choices())
        assert "t@1" in texts(orders)[0]
        assert not held(orders)
        assert state_of(rig).suspension is not None
        assert rig.advance(1.0) == []


@pytest.mark.parametrize(("kind", "error"), [(FaultKind.GAP, GapError), (FaultKind.OTHER, TerminalError)])
def test_an_error_of_one_table_ends_the_job_where_the_settings_say_so(
    kind: FaultKind, error: Type[Exception]
) -> None:
    rig = scanning(ALL)
    with pytest.raises(error, match="allow it"):
        rig.see(fault(rig, kind))


def test_a_gap_is_not_suspended_where_the_settings_ask_for_a_new_scan() -> None:
    rig = scanning(SUSPEND._replace(rescan=True))
    assert (0, DropOrder("t", 2)) in rig.see(fault(rig, FaultKind.GAP))
    assert state_of(rig).suspension is None


# -- the ways out --------------------------------------------------------------------------------------------


def test_a_resumed_table_goes_on_in_its_step_and_generation() -> None:
    rig = suspended()
    orders = again(rig, RESUME)
    steps = [(slot, order) for slot, order in orders if isinstance(order, StepOrder)]
    assert [slot for slot, _ in steps] == state_of(rig).slots
    assert {(order.generation, order.step, order.hold) for _, order in steps} == {(1, FIRST_SCAN, 2)}
    assert state_of(rig).suspension is None
    assert not any(isinstance(order, DropOrder) for _, order in orders)


def test_a_table_whose_copy_is_incomplete_is_not_resumed_and_the_reason_is_told() -> None:
    rig = suspended(FaultKind.GAP)
    orders = again(rig, RESUME)
    assert state_of(rig).suspension is not None
    (text,) = texts(orders)
    assert "tables.resume names it, but its copy is incomplete" in text
    assert "tables.resume: [t@1]" not in text


def test_a_table_is_copied_again_with_a_sweep_and_its_target_is_kept() -> None:
    rig = suspended(FaultKind.TARGET_GONE)
    orders = again(rig, RESCAN)
    assert [(slot, order) for slot, order in orders if isinstance(order, DropOrder)] == [
        (slot, DropOrder("t", 2)) for slot in range(4)
    ]
    rig.see(prepared(arn="arn 2"), listed(arn="arn 2"))
    rig.report()
    rig.advance()
    segments = [o for _, o in rig.advance(GRACE) if isinstance(o, SegmentOrder)]
    assert {segment.of_target for segment in segments} == {True, False}
    assert {segment.generation for segment in segments} == {2}


@pytest.mark.parametrize("choices", [RESUME, RESCAN], ids=["resume", "rescan"])
def test_a_choice_that_stays_in_the_settings_is_followed_once(choices: Choices) -> None:
    rig = suspended()
    again(rig, choices)
    generation = state_of(rig).generation
    assert not [order for order in again(rig, choices) if isinstance(order[1], (StepOrder, DropOrder))]
    assert (state_of(rig).generation, state_of(rig).suspension) == (generation, None)
    rig.see(prepared(), listed())
    rig.see(fault(rig))
    number_two = state_of(rig)
    assert "t@2" in texts(again(rig, choices))[0]
    assert state_of(rig) == number_two


def test_a_table_that_the_settings_leave_out_is_released_and_the_notice_says_so() -> None:
    for rig in (suspended(), scanning()):
        orders = again(rig, choose(leave_out="t"))
        assert (3, DropOrder("t", 2)) in orders
        assert "released" in texts(orders)[0]
        assert state_of(rig).released
        assert not state_of(rig).suspension
        rig.see(ListedNames(["t"]), prepared(), listed())
        assert [o for o in rig.advance(1e6) if isinstance(o[1], (SegmentOrder, StreamOrder))] == []


def test_a_released_table_stays_released_without_a_word_of_a_new_one() -> None:
    rig = suspended()
    again(rig, choose(leave_out="t"))
    generation = state_of(rig).generation
    orders = again(rig, choose(leave_out="t"))
    assert not [order for order in orders if isinstance(order[1], DropOrder)]
    assert (state_of(rig).generation, state_of(rig).released) == (generation, True)


def test_a_released_table_that_is_included_again_is_suspended_until_it_is_copied_again() -> None:
    rig = scanning()
    again(rig, choose(leave_out="t"))
    again(rig, choose(resume="t@1"))
    kept = state_of(rig).suspension
    assert kept is not None
    assert (kept.kind, kept.incomplete) == (FaultKind.RELEASED, True)
    again(rig, RESCAN)
    assert state_of(rig).suspension is None
    assert state_of(rig).generation >= 2


def test_a_new_table_that_the_settings_leave_out_is_not_taken_in() -> None:
    rig = Rig(SUSPEND)
    again(rig, choose(leave_out="t"))
    rig.see(ListedNames(["t", "u"]))
    assert sorted(rig.plans.tables) == ["u"]


# -- before the copy, and in jobs with an end ---------------------------------------------------------------


def test_a_table_that_could_not_be_prepared_is_prepared_when_it_is_resumed() -> None:
    rig = Rig(SUSPEND)
    rig.find("t")
    rig.see(fault(rig, FaultKind.SOURCE_GONE))
    kept = state_of(rig).suspension
    assert kept is not None
    assert not kept.incomplete  # nothing has been copied
    again(rig, RESUME)
    assert (state_of(rig).phase, state_of(rig).suspension) == (TablePhase.NEW, None)


def test_the_plan_of_a_job_with_an_end_does_not_wait_for_a_suspended_table() -> None:
    rig = Rig(FULL._replace(suspend=True))
    rig.find("t", "u")
    rig.see(fault(rig, FaultKind.TARGET_REFUSES))
    rig.see(prepared("u", arn=""))
    notices = [decode(order.text) for _, order in rig.advance() if isinstance(order, NoticeOrder)]
    plan = next(notice for notice in notices if isinstance(notice, Plan))
    assert {planned.table: planned.parts for planned in plan.tables} == {"t": 0, "u": 1}


def test_the_metrics_show_the_suspension_and_its_reason() -> None:
    rig = suspended(FaultKind.GAP)
    shown = {(gauge.name, gauge.of): gauge.value for gauge in rig.plans.gauges()}
    assert shown[("suspended", "t")] == 1
    assert shown[("suspendedReason", "t")] == FaultKind.GAP
    assert shown[("suspendedIncomplete", "t")] == 1
    assert shown[("tablesSuspended", "")] == 1
    again(rig, RESCAN)
    shown = {(gauge.name, gauge.of): gauge.value for gauge in rig.plans.gauges()}
    assert (shown[("suspended", "t")], shown[("suspendedReason", "t")]) == (0, 0)
    assert shown[("tablesSuspended", "")] == 0


def test_a_state_of_an_earlier_version_has_no_suspended_table() -> None:
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(TableState("t", 1)))
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(fields[:-4]), type=TableState)
    assert (old.hold, old.suspension, old.released) == (0, None, False)
