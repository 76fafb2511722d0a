"""The reverse job's enumerator: assigns slots to readers, and evaluates the state of the database. Pure.

State entries: `frame`, `slots` (the slots that were ordered), `known` (the identities of what is replicated).
"""

from __future__ import annotations

import logging
from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

import msgspec

from connectors.base.errors import TerminalError
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.planner import Frame, Orders, refuse_other_frame
from connectors.model.orders import ReplicationOrder, StartPassed
from connectors.model.state import Changed, Entries
from connectors.postgres.layout.assignment import AssignmentRules, assign
from connectors.postgres.replication import continuity, rewrites
from connectors.postgres.replication.continuity import KnownIdentities, Seen
from connectors.postgres.replication.facts import Facts
from connectors.postgres.replication.identity import start_is_passed
from connectors.postgres.replication.problems import SlotConfig, runtime_problems
from connectors.reverse.survey import Survey

log = logging.getLogger(__name__)


_frame = msgspec.msgpack.Decoder(Frame).decode
_names = msgspec.msgpack.Decoder(List[str]).decode


class SlotPlannerRules(NamedTuple):
    """The settings that the planner needs."""

    feeds: Sequence[SlotConfig]
    readers: int
    start: int
    """Skip what committed before this position; 0: skip nothing."""
    assignment: AssignmentRules
    dropped_fails: bool
    wal_warning: int
    """Bytes."""
    known: KnownIdentities = KnownIdentities()
    """The identities to find again where the state has none yet."""


def reader_of(place: int, slots: int, readers: int) -> int:
    """The reader of a slot. Readers are evenly distributed over the subtasks, so the slots are too."""
    return (2 * place + 1) * readers // (2 * slots)


class SlotPlanner:
    """A Planner of engine.components."""

    run = ""
    """Nothing is reported to it."""

    def __init__(self, rules: SlotPlannerRules, saved: Entries = ()) -> None:
        """Raises ConfigError for the state of a job with another number of readers."""
        self._rules, self._frame = rules, Frame(rules.readers, 0)
        self._known = rules.known
        self._stored = False
        self._ordered: Set[str] = set()
        self._gauges: List[Gauge] = []
        self._warned: Set[str] = set()
        self._measured = False
        self._passed: Set[str] = set()
        for name, value in saved:
            if name == "frame":
                frame = _frame(value)
                refuse_other_frame(frame, rules.readers, frame.lanes)
            elif name == "slots":
                self._ordered = set(_names(value))
            elif name == "known":
                self._known, self._stored = continuity.decode(value), True

    @property
    def tables(self) -> Dict[str, None]:
        """The DynamoDB tables that are replicated."""
        return dict.fromkeys(self._known.tables)

    def advance(self) -> Tuple[Orders, Changed]:
        """Order every slot once; from then on the readers' state contains the orders."""
        changed, orders = Changed(), []
        slots = [slot for slot, _ in self._rules.feeds]
        for place, slot in enumerate(slots):
            if slot not in self._ordered:
                self._ordered.add(slot)
                reader = reader_of(place, len(slots), self._rules.readers)
                orders.append((reader, ReplicationOrder(slot, self._rules.start)))
        if orders:
            changed.put("frame", msgspec.msgpack.encode(self._frame))
            changed.put("slots", msgspec.msgpack.encode(sorted(self._ordered)))
        return list(orders), changed

    def observe(self, survey: Survey) -> Tuple[Orders, Changed]:
        """Raises TerminalError for problems that would otherwise lose changes silently. The state then keeps
        what was known before, so that a restart finds them again."""
        changed, facts = Changed(), survey.facts
        assignment = assign(facts.relations, survey.names, self._rules.assignment)
        existing = runtime_problems(facts, self._rules.feeds, assignment)
        publications = {name: each.identity for name, each in facts.publications.items()}
        seen = Seen(assignment, publications, survey.ids)
        existing += [*continuity.gaps(self._known, seen), *rewrites.unsent(self._known, seen)]
        existing += self._dropped(seen)
        if existing:
            raise TerminalError("\n".join(existing))
        for suspicion in rewrites.suspicions(self._known, seen):
            log.warning("%s", suspicion)
        known = continuity.merged(self._known, seen)
        if known != self._known or not self._stored:
            self._known, self._stored = known, True
            changed.put("known", continuity.encode(known))
        self._measure(facts)
        return self._passed_start(facts), changed

    def gauges(self) -> Iterator[Gauge]:
        yield Gauge("tables", len(self.tables))
        yield from self._gauges

    def _passed_start(self, facts: Facts) -> Orders:
        """Orders, once for each slot that has passed the start position permanently. Every reader receives
        them: an earlier run, perhaps with other slots, may have assigned the slot."""
        start = self._rules.start
        passed = [slot.name for slot in facts.slots.values() if start and start_is_passed(slot, start)]
        new = sorted(set(passed) - self._passed)
        self._passed.update(new)
        return [(reader, StartPassed(slot)) for slot in new for reader in range(self._rules.readers)]

    def _dropped(self, seen: Seen) -> List[str]:
        dropped = continuity.dropped_tables(self._known, seen)
        allows = self._rules.assignment.allows
        problems = [problem for table, problem in dropped.items() if allows(table)]
        if self._rules.dropped_fails:
            return problems
        for problem in problems:
            log.warning("%s", problem)
        return []

    def _measure(self, facts: Facts) -> None:
        """Per slot: the bytes of log that it is behind, the bytes of log that it keeps, and whether those are
        too many."""
        self._gauges = []
        for slot in facts.slots.values():
            behind = slot.current_lsn - (slot.confirmed_lsn or slot.current_lsn)
            kept = slot.current_lsn - (slot.restart_lsn or slot.current_lsn)
            high = kept > self._rules.wal_warning
            self._gauges += [
                Gauge("slotLagBytes", max(0, behind), slot.name, "slot"),
                Gauge("retainedWalBytes", max(0, kept), slot.name, "slot"),
                Gauge("retainedWalHigh", int(high), slot.name, "slot"),
            ]
            if slot.active_pid is not None or self._measured:
                # Before the first look no reader can have begun: an inactive slot would say nothing.
                self._gauges.append(Gauge("slotActive", int(slot.active_pid is not None), slot.name, "slot"))
            if high and slot.name not in self._warned:
                log.warning(
                    "replication slot %s keeps %d bytes of log, above reverse.walWarningBytes: it grows "
                    "until the disk is full. Is DynamoDB throttling, or is a transaction open for long?",
                    slot.name,
                    kept,
                )
            (self._warned.add if high else self._warned.discard)(slot.name)
        self._measured = True
