"""Commands of an operator: what the enumerator does, and that restarts neither lose nor repeat one."""

from __future__ import annotations

from typing import Dict, List, Optional

import msgspec
import pytest

from connectors.base.table_fault import FaultKind
from connectors.engine.enumerator.observations import Commanded, CommandsBegin, RunAccepted
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.suspension import Choices
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase, TableState
from connectors.model.commands import Action, CommandAnswer, OperatorCommand, TableAnswer
from connectors.model.notices import Plan, decode
from connectors.model.orders import DropOrder, NoticeOrder, SegmentOrder, StepOrder
from connectors.model.steps import FIRST_FOLLOW, TableFault, is_held
from tests.unit.connectors.engine.enumerator.test_planner import ALL, FULL, GRACE, T0, Rig, listed, prepared

SUSPEND = ALL._replace(suspend=True, suspend_gaps=True)


class Desk:
    """A job with commands. Its tables t and u.v are being scanned."""

    def __init__(self, rules: PlannerRules = SUSPEND, choices: Choices = Choices()) -> None:  # noqa: B008
        self.rig, self.rules, self.choices, self.number = Rig(rules), rules, choices, 0
        self.rig.clock.now = T0
        self.rig.find("t", "u.v")
        for table in ("t", "u.v"):
            self.rig.see(prepared(table), *([listed(table=table)] if rules.stream else []))
        self.rig.advance()
        self.rig.advance(GRACE)
        self.rig.see(CommandsBegin("", []))

    def give(self, action: Action, *tables: str) -> Orders:
        """Returns the orders that follow, without notices."""
        self.number += 1
        return self.see(
            f"{self.number:014d}-x", OperatorCommand(action, list(tables), "li@ops", 7, T0, "line")
        )

    def see(self, name: str, command: Optional[OperatorCommand]) -> Orders:
        self.rig.see(Commanded(name, command))
        return [order for order in self.rig.advance() if not hasattr(order[1], "text")]

    def answer(self, name: str = "") -> CommandAnswer:
        record = self.rig.plans.commands.record
        assert record is not None
        return msgspec.json.decode(record.answers[name or f"{self.number:014d}-x"], type=CommandAnswer)

    def refusal(self) -> str:
        (only,) = self.answer().answers
        assert not only.followed
        return only.text

    def state(self, table: str = "t") -> TableState:
        return self.rig.plans.tables[table]

    def restart(self, choices: Choices = Choices()) -> Orders:  # noqa: B008
        """From what is in the state now."""
        rig = self.rig
        saved = list(rig.state.items())
        rig.plans = TablesPlanner(
            self.rules, 0, GRACE, saved, rig.clock, False, wall=rig.clock, choices=choices
        )
        rig.see(RunAccepted(), CommandsBegin("99999999999999-x", []))
        return rig.advance()

    def fault(self, kind: FaultKind) -> None:
        state = self.state()
        self.rig.see(TableFault("t", state.generation, state.hold, kind, "why"))


def held(orders: Orders) -> List[int]:
    return [slot for slot, order in orders if isinstance(order, StepOrder) and is_held(order.hold)]


def test_a_table_is_suspended_in_every_slot_that_has_a_part_of_it_and_no_other_table_is() -> None:
    desk = Desk()
    orders = desk.give(Action.SUSPEND, "t")
    assert held(orders) == desk.state().slots != []
    assert desk.answer() == CommandAnswer(
        "00000000000001-x",
        T0 + GRACE,
        [TableAnswer("t", True, "table t is suspended (t@1): nothing of it is read or written")],
    )
    assert desk.state("u.v").suspension is None
    suspension = desk.state().suspension
    assert suspension is not None
    assert (suspension.kind, suspension.incomplete) == (FaultKind.COMMAND, False)
    assert suspension.reason == "li@ops (process 7): line"


def test_a_suspended_table_goes_on_where_it_was() -> None:
    desk = Desk()
    desk.give(Action.SUSPEND, "t")
    before = desk.state()
    orders = desk.give(Action.RESUME, "t@1")
    assert [
        slot for slot, order in orders if isinstance(order, StepOrder) and order.hold == 2
    ] == before.slots
    assert desk.state() == msgspec.structs.replace(before, hold=2, suspension=None)
    assert desk.answer().followed


@pytest.mark.parametrize("suspend", [True, False])
def test_a_table_is_copied_again_whether_it_is_suspended_or_not(suspend: bool) -> None:
    desk = Desk()
    if suspend:
        desk.give(Action.SUSPEND, "t")
    orders = desk.give(Action.RESCAN, "t")
    assert [order for _, order in orders if isinstance(order, DropOrder)] == [DropOrder("t", 2)] * 4
    assert (desk.state().generation, desk.state().phase) == (2, TablePhase.NEW)
    assert desk.state().suspension is None
    assert desk.state("u.v").generation == 1
    desk.rig.see(prepared(), listed())
    desk.rig.advance()
    desk.rig.report()
    scans = [order for _, order in desk.rig.advance(GRACE) if isinstance(order, SegmentOrder)]
    assert {(order.table, order.generation) for order in scans} == {("t", 2)}


def test_a_released_table_stays_released_over_restarts_until_it_is_copied_again() -> None:
    desk = Desk()
    desk.give(Action.RELEASE, "t")
    for _ in range(2):
        desk.restart()
        assert desk.state().released
        assert desk.state().suspension is None
    desk.give(Action.RESCAN, "t")
    assert desk.answer().followed
    assert (desk.state().released, desk.state().generation) == (False, 3)
    desk.restart()
    assert not desk.state().resting


def test_a_command_names_tables_by_name_glob_or_as_the_status_shows_them() -> None:
    desk = Desk()
    desk.give(Action.SUSPEND, "u_v")
    assert [answer.table for answer in desk.answer().answers] == ["u.v"]
    desk.give(Action.SUSPEND, "*", "t")
    assert [answer.table for answer in desk.answer().answers] == ["t", "u.v"]
    assert desk.answer().followed  # what is suspended already needs nothing
    assert desk.state("u.v").hold == 1


def test_an_unknown_table_is_refused_and_the_others_of_the_command_are_not() -> None:
    desk = Desk()
    desk.give(Action.SUSPEND, "no", "t")
    first, second = desk.answer().answers
    assert (first.followed, second.followed) == (False, True)
    assert first.text == "this job has no table no. It has t, u.v"
    assert not desk.answer().followed


def test_a_table_that_is_not_suspended_is_not_resumed() -> None:
    desk = Desk()
    assert desk.give(Action.RESUME, "t") == []
    assert desk.refusal() == "there is nothing to resume. Table t is not suspended"


def test_a_copy_that_lacks_something_is_not_resumed_and_the_advice_works() -> None:
    desk = Desk()
    desk.fault(FaultKind.GAP)
    assert desk.give(Action.RESUME, "t") == []
    assert "only a new copy makes it complete" in desk.refusal().lower()
    _, _, command = desk.refusal().partition("polarshake table ")
    action, table = command.split()
    desk.give(Action(action), table)
    assert desk.answer().followed
    assert desk.state().generation == 2


def test_a_number_of_an_earlier_suspension_is_refused() -> None:
    desk = Desk()
    for action in (Action.SUSPEND, Action.RESUME, Action.SUSPEND):
        desk.give(action, "t")
    for action in (Action.RESUME, Action.RESCAN):
        assert desk.give(action, "t@1") == []
        assert "t@1 is not the present suspension. Table t is suspended (t@2)" in desk.refusal()
    desk.give(Action.RESUME, "t@2")
    assert desk.answer().followed


def test_a_table_that_the_settings_leave_out_is_not_copied_again() -> None:
    desk = Desk()
    out = Choices(includes=lambda table: table != "t")
    desk.restart(out)
    assert desk.give(Action.RESCAN, "t") == []
    assert "settings leave table t out" in desk.refusal()


def test_a_job_that_ends_begins_no_table_again_but_releases_it() -> None:
    desk = Desk(FULL)
    assert desk.give(Action.RESCAN, "t") == []
    assert "a job that ends" in desk.refusal()
    desk.give(Action.RELEASE, "t")
    assert desk.answer().followed


def test_the_end_of_a_job_is_told_of_the_segments_of_a_table_that_goes_on() -> None:
    rig = Rig(FULL)
    rig.find("t", "u")
    rig.see(CommandsBegin("", []), Commanded("1", OperatorCommand(Action.SUSPEND, ["t"])))
    rig.advance()
    rig.see(prepared("t"), prepared("u"))
    assert parts(rig.advance()) == [{"t": 0, "u": 1}]
    rig.see(Commanded("2", OperatorCommand(Action.RESUME, ["t"])))
    assert parts(rig.advance()) == []
    rig.see(prepared("t"))
    assert parts(rig.advance()) == [{"t": 1, "u": 1}]


def parts(orders: Orders) -> List[Dict[str, int]]:
    """The announced plan, as one slot gets it."""
    texts = [order.text for slot, order in orders if isinstance(order, NoticeOrder) and slot == 0]
    plans = [notice for notice in map(decode, texts) if isinstance(notice, Plan)]
    return [{planned.table: planned.parts for planned in plan.tables} for plan in plans]


def test_a_file_that_is_no_command_is_refused_and_blocks_nothing() -> None:
    desk = Desk()
    desk.see("00000000000000-x", None)
    assert not desk.answer("00000000000000-x").followed
    desk.give(Action.SUSPEND, "t")
    assert desk.answer().followed


# -- once, over restarts -------------------------------------------------------------------------------------


def test_a_command_that_is_seen_twice_is_followed_once_also_after_a_restart() -> None:
    desk = Desk()
    desk.give(Action.SUSPEND, "t")
    desk.give(Action.RESUME, "t")
    command = OperatorCommand(Action.SUSPEND, ["t"])
    for restart in (False, True):
        if restart:
            desk.restart()
        assert held(desk.see("00000000000001-x", command)) == []
        assert desk.state().suspension is None


def test_a_command_that_is_seen_twice_before_it_is_due_is_followed_once() -> None:
    desk = Desk()
    command = Commanded("1-x", OperatorCommand(Action.RESCAN, ["t"]))
    desk.rig.see(command, command)
    desk.rig.advance()
    assert desk.state().generation == 2


def test_a_restart_that_undoes_a_command_follows_it_again() -> None:
    desk = Desk()
    checkpoint = dict(desk.rig.state)
    desk.give(Action.SUSPEND, "t")
    desk.rig.state = checkpoint
    desk.restart()
    assert desk.state().suspension is None
    assert held(desk.see("00000000000001-x", OperatorCommand(Action.SUSPEND, ["t"]))) != []


def test_a_new_job_follows_no_command_from_before_it_and_says_so() -> None:
    rig = Rig(SUSPEND)
    rig.scan()
    rig.see(CommandsBegin("5-x", ["5-x"]))
    desk = Desk.__new__(Desk)
    desk.rig, desk.number = rig, 0
    for name in ("4-x", "5-x"):
        assert held(desk.see(name, OperatorCommand(Action.SUSPEND, ["t"]))) == []
    assert "before this job began" in desk.answer("5-x").answers[0].text
    assert held(desk.see("6-x", OperatorCommand(Action.SUSPEND, ["t"]))) != []


def test_a_command_waits_until_the_job_knows_its_tables() -> None:
    rig = Rig(SUSPEND)
    rig.see(CommandsBegin("", []), Commanded("1-x", OperatorCommand(Action.SUSPEND, ["t"])))
    rig.advance()
    assert rig.plans.commands.record is not None
    assert not rig.plans.commands.record.knows("1-x")
    rig.register()
    rig.advance()
    assert rig.plans.tables["t"].suspension is not None


def test_a_command_is_not_followed_by_a_run_that_is_not_accepted() -> None:
    desk = Desk()
    rig = desk.rig
    rig.plans = TablesPlanner(SUSPEND, 0, GRACE, list(rig.state.items()), rig.clock, False, wall=rig.clock)
    assert desk.give(Action.SUSPEND, "t") == []
    assert rig.plans.tables["t"].suspension is None
    rig.see(RunAccepted())
    assert held(rig.advance()) != []


def test_followed_and_refused_commands_are_counted() -> None:
    desk = Desk()
    desk.give(Action.SUSPEND, "t")
    desk.give(Action.SUSPEND, "no")
    desk.restart()
    shown = {gauge.name: gauge.value for gauge in desk.rig.plans.gauges() if not gauge.of}
    assert (shown["commandsFollowed"], shown["commandsRefused"]) == (1, 1)


def test_what_was_prepared_for_an_earlier_generation_or_suspension_is_ignored() -> None:
    rig = Rig(SUSPEND)
    rig.find("t")
    rig.see(CommandsBegin("", []))
    for action in (Action.SUSPEND, Action.RESUME):
        rig.see(Commanded(action.value, OperatorCommand(action, ["t"])))
        rig.advance()
    rig.see(prepared()._replace(attempt=(1, 0)))
    assert rig.phase() is TablePhase.NEW
    rig.see(prepared()._replace(attempt=(1, 2)))
    assert rig.phase() is TablePhase.PREPARED


def live(desk: Desk) -> Desk:
    """Both tables are copied, and follow their streams."""
    for name, state in desk.rig.plans.tables.items():
        desk.rig.plans.tables[name] = msgspec.structs.replace(state, scanned=True, step=FIRST_FOLLOW)
    return desk


def gauge(desk: Desk, name: str, table: str = "t") -> List[int]:
    gauges = desk.rig.plans.gauges()
    return [gauge.value for gauge in gauges if (gauge.name, gauge.of) == (name, table)]


def test_a_table_that_is_handed_over_is_held_in_its_slots_and_shown_as_such() -> None:
    desk = live(Desk())
    assert held(desk.give(Action.HAND_OVER, "t")) == desk.state().slots
    assert desk.answer().followed
    assert gauge(desk, "handedOver") == [1]
    assert gauge(desk, "handedOverAt") == [int(desk.rig.clock())]
    assert gauge(desk, "suspended") == [0]
    assert not desk.state("u.v").resting


def test_a_table_that_is_still_being_copied_or_is_suspended_is_not_handed_over() -> None:
    desk = Desk()
    desk.give(Action.HAND_OVER, "t")
    assert "is not live" in desk.refusal()
    live(desk).give(Action.SUSPEND, "t")
    desk.give(Action.HAND_OVER, "t")
    assert "is suspended" in desk.refusal()
    desk.give(Action.RELEASE, "t")
    desk.give(Action.HAND_OVER, "t")
    assert "is released" in desk.refusal()


def test_a_hand_over_that_is_given_again_changes_nothing() -> None:
    desk = live(Desk())
    desk.give(Action.HAND_OVER, "t")
    before = desk.state()
    assert desk.give(Action.HAND_OVER, "t") == []
    assert desk.answer().followed
    assert desk.state() is before


@pytest.mark.parametrize("action", [Action.RESUME, Action.RESCAN, Action.RELEASE])
def test_only_a_command_that_names_table_and_number_takes_a_table_back(action: Action) -> None:
    desk = live(Desk())
    desk.give(Action.HAND_OVER, "u.v")
    for name in ("u.v", "u*@1", "u*", "u.v@2"):
        desk.give(action, name)
        assert "handed" in desk.refusal()
    desk.give(action, "u_v@1")
    assert desk.answer().followed
    assert desk.state("u.v").suspension is None


@pytest.mark.parametrize(
    "choices",
    [
        Choices(resume=lambda table, number: True),
        Choices(rescan=lambda table, number: True),
        Choices(includes=lambda table: False),
    ],
)
def test_no_setting_takes_back_a_table_that_is_handed_over(choices: Choices) -> None:
    desk = live(Desk())
    desk.give(Action.HAND_OVER, "t")
    desk.restart(choices)
    assert gauge(desk, "handedOver") == [1]
