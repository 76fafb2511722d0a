"""What people who watch a migration are told."""

from __future__ import annotations

from typing import List, Tuple

import msgspec

from connectors.base.table_fault import FaultKind
from connectors.engine.enumerator.observations import Commanded, CommandsBegin
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.model.commands import Action, OperatorCommand
from connectors.model.events import EventKind, JobEvent
from connectors.model.steps import FIRST_FOLLOW, TableFault
from tests.unit.connectors.engine.enumerator.test_commands import SUSPEND
from tests.unit.connectors.engine.enumerator.test_planner import GRACE, Rig, listed, prepared


class Told(Rig):
    def start(self, first_attempt: bool = True) -> None:
        self.events: List[JobEvent] = []
        super().start(first_attempt)
        self.plans._tell = self.events.append
        self.see(CommandsBegin("", []))

    def take(self) -> List[Tuple[EventKind, str]]:
        taken = [(event.kind, event.outcome) for event in self.events]
        self.events.clear()
        return taken

    def give(self, action: Action, name: str) -> None:
        self.see(Commanded(name, OperatorCommand(action, ["t"], "li@ops", 7, 0.0, "line")))
        self.advance()


def phases(*names: str) -> List[Tuple[EventKind, str]]:
    return [(EventKind.PHASE, name) for name in names]


def test_each_phase_of_a_table_is_told_once() -> None:
    rig = Told(SUSPEND)
    rig.scan()
    assert rig.take() == phases("found", "prepared", "registered", "scanning")
    rig.see(listed())
    assert rig.take() == []
    rig.report(complete=False)
    rig.advance(101)  # it has held the stream for too long
    rig.report(complete=False)
    rig.advance()
    assert rig.take() == phases("scan paused")
    for seconds in (0.0, 0.0, GRACE):
        rig.report()
        rig.advance(seconds)
    assert rig.take() == phases("scanning")
    rig.report()
    rig.advance()
    assert rig.take() == phases("live")


def test_suspensions_new_copies_and_releases_are_told_with_the_commands() -> None:
    rig = Told(SUSPEND)
    rig.scan()
    rig.take()
    rig.see(TableFault("t", 1, 0, FaultKind.GAP, "trimmed"))
    (event,) = rig.events
    assert (event.kind, event.table, event.job) == (EventKind.SUSPENDED, "t", "forward")
    assert "trimmed" in event.text
    rig.take()
    rig.give(Action.RESUME, "1")
    assert rig.take() == [(EventKind.COMMAND, "refused")]
    rig.give(Action.RESCAN, "2")
    assert rig.take() == [
        *((EventKind.COPIED_AGAIN, ""), (EventKind.PHASE, "found"), (EventKind.COMMAND, "followed")),
    ]
    rig.see(prepared(), listed())
    rig.take()
    for action, kind in ((Action.SUSPEND, EventKind.SUSPENDED), (Action.RESUME, EventKind.RESUMED)):
        rig.give(action, action.value)
        assert rig.take() == [(kind, ""), (EventKind.COMMAND, "followed")]
    rig.give(Action.RELEASE, "3")
    assert rig.take() == [(EventKind.RELEASED, ""), (EventKind.COMMAND, "followed")]


def test_an_event_of_a_command_says_who_gave_it() -> None:
    rig = Told(SUSPEND)
    rig.scan()
    rig.give(Action.SUSPEND, "1")
    assert rig.events[-1].text.startswith("command of li@ops (process 7): line: table t is suspended (t@1)")


def test_a_restart_tells_nothing_that_has_not_changed() -> None:
    rig = Told(SUSPEND)
    rig.scan()
    rig.give(Action.SUSPEND, "1")
    rig.start(first_attempt=False)
    rig.advance()
    assert rig.take() == []


def test_a_job_without_steps_tells_nothing() -> None:
    told: List[JobEvent] = []
    TablesPlanner(SUSPEND._replace(steps=False), 0, GRACE, tell=told.append).found(["t"])
    assert told == []


def test_a_table_that_a_cut_over_takes_is_not_told_as_suspended() -> None:
    rig = Told(SUSPEND)
    rig.scan()
    state = rig.plans.tables["t"]
    rig.plans.tables["t"] = msgspec.structs.replace(state, scanned=True, step=FIRST_FOLLOW)
    rig.take()
    rig.give(Action.HAND_OVER, "1-x")
    assert rig.take() == [(EventKind.HANDED_OVER, ""), (EventKind.COMMAND, "followed")]
    rig.give(Action.RESUME, "2-x")
    assert rig.take() == [(EventKind.COMMAND, "refused")]
