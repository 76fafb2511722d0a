"""The events of a change of a table's state, and of a command. Pure."""

from __future__ import annotations

from typing import Iterator, List, Optional

from connectors.engine.enumerator.observations import Commanded
from connectors.engine.enumerator.suspension import handed_over
from connectors.engine.enumerator.table_events import text_of
from connectors.engine.enumerator.table_planner import TablePhase, TableState
from connectors.model.commands import TableAnswer
from connectors.model.events import EventKind, JobEvent
from connectors.model.steps import StepKind, kind_of

JOB = "forward"
FOUND, PREPARED, REGISTERED, SCANNING, PAUSED, LIVE = (
    *("found", "prepared", "registered", "scanning", "scan paused", "live"),
)
PHASES = {
    TablePhase.NEW: FOUND,
    TablePhase.PREPARED: PREPARED,
    TablePhase.REGISTERED: REGISTERED,
    TablePhase.SCANNING: SCANNING,
}
WORDS = {
    FOUND: "has been found",
    PREPARED: "exists at the target",
    REGISTERED: "has a stream whose shards are known",
    SCANNING: "is being copied",
    PAUSED: "has paused its scan, and applies the changes that have waited for it",
    LIVE: "is copied, and follows its stream",
}


def change_events(before: Optional[TableState], after: TableState, now: float) -> Iterator[JobEvent]:
    """`before`: None if the table is new. `now`: epoch seconds."""

    def event(kind: EventKind, text: str, outcome: str = "") -> JobEvent:
        return JobEvent(now, kind, JOB, text, after.table, outcome)

    if after.suspension is not None:
        if before is None or before.suspension != after.suspension:
            kind = EventKind.HANDED_OVER if handed_over(after) else EventKind.SUSPENDED
            yield event(kind, text_of(after))
        return
    if after.released:
        if before is None or not before.released:
            yield event(EventKind.RELEASED, text_of(after))
        return
    if before is not None and after.generation != before.generation:
        yield event(EventKind.COPIED_AGAIN, f"table {after.table} is being copied again")
    elif before is not None and before.resting:
        yield event(EventKind.RESUMED, f"table {after.table} is resumed where it was")
    phase = phase_of(after)
    if before is None or phase != phase_of(before):
        yield event(EventKind.PHASE, f"table {after.table} {WORDS[phase]}", phase)


def phase_of(state: TableState) -> str:
    if state.live:
        return LIVE
    if state.phase is TablePhase.SCANNING and kind_of(state.step) in (StepKind.FOLLOW, StepKind.FOLLOW_HALT):
        return PAUSED if state.step > 0 else SCANNING
    return PHASES[state.phase]


def command_events(placed: Commanded, answers: List[TableAnswer], now: float) -> Iterator[JobEvent]:
    author = placed.command.author if placed.command is not None else "somebody"
    for answer in answers:
        outcome = "followed" if answer.followed else "refused"
        text = f"command of {author}: {answer.text}"
        yield JobEvent(now, EventKind.COMMAND, JOB, text, answer.table, outcome)
