"""The reverse job's enumerator: which slot is read where, and what a look at the database means. Pure.

State entries: `frame`, `slots` the orders given, `tables` the DynamoDB tables seen in the database.
"""

from __future__ import annotations

import logging
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

import msgspec

from connectors.base.errors import TerminalError
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.planner import Frame, Orders, refuse_other_frame
from connectors.model.orders import ReplicationOrder
from connectors.model.origin import TABLE as ORIGIN
from connectors.model.state import Changed, Entries
from connectors.postgres.replication.facts import Facts
from connectors.postgres.replication.problems import SlotConfig, standing_problems

log = logging.getLogger(__name__)


_frame = msgspec.msgpack.Decoder(Frame).decode
_names = msgspec.msgpack.Decoder(List[str]).decode


class SlotPlannerRules(NamedTuple):
    """What the configuration says."""

    feeds: Sequence[SlotConfig]
    readers: int
    start: int
    """Pass over what committed before this position; 0: nothing."""
    allows: Callable[[str], bool]
    """Whether a table of this name is to be replicated."""
    dropped_fails: bool
    wal_warning: int
    """Bytes."""


class SlotPlanner:
    """A Planner of engine.components."""

    def __init__(self, rules: SlotPlannerRules, lanes: int, saved: Entries = ()) -> None:
        """Raises ConfigError for state of a job with other readers or lanes."""
        self._rules, self._frame = rules, Frame(rules.readers, lanes)
        self.tables: Dict[str, None] = {}
        self._ordered: Set[str] = set()
        self._gauges: List[Gauge] = []
        self._warned: Set[str] = set()
        for name, value in saved:
            if name == "frame":
                refuse_other_frame(_frame(value), rules.readers, lanes)
            elif name == "slots":
                self._ordered = set(_names(value))
            else:
                self.tables = dict.fromkeys(_names(value))

    def advance(self) -> Tuple[Orders, Changed]:
        """Every slot is ordered once; the orders lie in the readers' state from then on."""
        changed, orders = Changed(), []
        for place, (slot, _) in enumerate(self._rules.feeds):
            if slot not in self._ordered:
                self._ordered.add(slot)
                orders.append((place % self._rules.readers, ReplicationOrder(slot, self._rules.start)))
        if orders:
            changed.put("frame", msgspec.msgpack.encode(self._frame))
            changed.put("slots", msgspec.msgpack.encode(sorted(self._ordered)))
        return list(orders), changed

    def observe(self, seen: Facts) -> Tuple[Orders, Changed]:
        """Raises TerminalError for what would otherwise be missed without a word."""
        changed = Changed()
        found = standing_problems(seen, self._rules.feeds, self._rules.allows)
        if found:
            raise TerminalError("\n".join(found))
        present = {one.name for one in seen.relations if one.document and self._rules.allows(one.name)} - {
            ORIGIN
        }
        self._dropped(sorted(filter(self._rules.allows, set(self.tables) - present)))
        if present != set(self.tables):
            self.tables = dict.fromkeys(sorted(present))
            changed.put("tables", msgspec.msgpack.encode(sorted(present)))
        self._measure(seen)
        return [], changed

    def gauges(self) -> Iterator[Gauge]:
        yield Gauge("tables", len(self.tables))
        yield from self._gauges

    def _dropped(self, names: Iterable[str]) -> None:
        for name in names:
            text = f"table {name}: was dropped in PolarDB; DynamoDB still has it"
            if self._rules.dropped_fails:
                raise TerminalError(f"{text}. Set reverse.droppedTable to ignore to go on without it.")
            log.warning("%s", text)

    def _measure(self, seen: Facts) -> None:
        """Per slot: bytes of log behind, bytes of log kept, and whether that is too much."""
        self._gauges = []
        for slot in seen.slots.values():
            behind = slot.current_lsn - (slot.confirmed_lsn or slot.current_lsn)
            kept = slot.current_lsn - (slot.restart_lsn or slot.current_lsn)
            high = kept > self._rules.wal_warning
            self._gauges += [
                Gauge("slotLagBytes", max(0, behind), slot.name, "slot"),
                Gauge("retainedWalBytes", max(0, kept), slot.name, "slot"),
                Gauge("retainedWalHigh", int(high), slot.name, "slot"),
                Gauge("slotActive", int(slot.active_pid is not None), slot.name, "slot"),
            ]
            if high and slot.name not in self._warned:
                log.warning(
                    "replication slot %s keeps %d bytes of log, above reverse.walWarningBytes: it grows "
                    "until the disk is full. Is DynamoDB throttling, or a transaction open for long?",
                    slot.name,
                    kept,
                )
            (self._warned.add if high else self._warned.discard)(slot.name)
