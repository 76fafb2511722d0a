"""What the stored events say has happened, as sentences. Pure.

While events are stored, they tell what the console otherwise derives from two polls: the phases of tables,
their suspensions and new copies, and the steps of cut-overs, also of those in other folders. In addition they
tell of commands. A check's result is told from its report, which says more.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

from connectors.base.text import plural, timestamp
from connectors.command.console.document import Happening, Urgency
from connectors.model.events import EventKind, JobEvent
from connectors.notify.stored import StoredEvent

NAMED = 3
"""Tables named in one sentence."""
PHASES = {
    "scanning": ("is being copied", Urgency.NONE),
    "scan paused": ("has paused its scan, for the changes that wait", Urgency.NONE),
    "live": ("live", Urgency.OK),
}
"""The phases that are told, and how."""
LEVELS: Dict[Tuple[EventKind, str], Tuple[Urgency, str]] = {
    (EventKind.SUSPENDED, ""): (Urgency.BAD, "suspended"),
    (EventKind.RESUMED, ""): (Urgency.OK, ""),
    (EventKind.RELEASED, ""): (Urgency.NONE, ""),
    (EventKind.HANDED_OVER, ""): (Urgency.OK, "cutover"),
    (EventKind.COPIED_AGAIN, ""): (Urgency.WARN, "rescan"),
    (EventKind.COMMAND, "followed"): (Urgency.NONE, ""),
    (EventKind.CHECK, "unknown"): (Urgency.WARN, "check"),
    (EventKind.STEP, "done"): (Urgency.OK, "cutover"),
}
"""Level and help of an event by kind and outcome; any other outcome is a warning."""


class ToldEvents(NamedTuple):
    """Which events have been told. Both dictionaries are changed."""

    numbers: Dict[str, int]
    """Object -> the last line."""
    latest: Dict[str, str]
    """Kind and table -> text: a restart repeats the last event of a table."""


def told_events(told: ToldEvents, events: Sequence[StoredEvent]) -> List[Happening]:
    """Those that have not been told yet, the oldest first."""
    new: List[JobEvent] = []
    for each in events:
        if each.number > told.numbers.get(each.name, 0):
            told.numbers[each.name] = each.number
            new.append(each.event)
    fresh = [event for event in sorted(new, key=lambda event: event.at) if not _repeated(told.latest, event)]
    return [*_phases(fresh), *(_happening(event) for event in fresh if _is_told(event))]


def _repeated(latest: Dict[str, str], event: JobEvent) -> bool:
    if event.kind in (EventKind.STEP, EventKind.COMMAND, EventKind.CHECK):
        return False
    kind = EventKind.PHASE if event.kind is EventKind.PHASE else EventKind.SUSPENDED
    key = f"{kind.value} {event.table}"
    before, latest[key] = latest.get(key), f"{event.kind.value} {event.text}"
    if kind is not EventKind.PHASE:  # a new copy and a resumption begin the phases again
        latest.pop(f"{EventKind.PHASE.value} {event.table}", None)
    return before == latest[key]


def _is_told(event: JobEvent) -> bool:
    if event.kind is EventKind.CHECK:
        return event.outcome == "unknown"
    return event.kind is not EventKind.PHASE


def _happening(event: JobEvent) -> Happening:
    level, help = LEVELS.get((event.kind, event.outcome), (Urgency.WARN, _help(event)))
    text = f"{event.job}: {event.text}" if event.kind is EventKind.STEP else event.text
    mark = f"; {event.outcome}" if event.kind is EventKind.STEP and event.outcome != "done" else ""
    return Happening(timestamp(event.at), f"{text}{mark}", level, help)


def _help(event: JobEvent) -> str:
    return {EventKind.STEP: "cutover", EventKind.CHECK: "check"}.get(event.kind, "")


def _phases(events: Sequence[JobEvent]) -> Iterator[Happening]:
    """Each phase in one sentence, however many tables have reached it."""
    for phase, (words, level) in PHASES.items():
        reached = [event for event in events if event.kind is EventKind.PHASE and event.outcome == phase]
        if reached:
            tables = list(dict.fromkeys(event.table for event in reached))
            named = ", ".join(tables[:NAMED]) if len(tables) <= NAMED else plural(len(tables), "table")
            yield Happening(timestamp(reached[-1].at), f"{named}: {words}", level)
