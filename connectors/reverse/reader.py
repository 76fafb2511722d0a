"""The replication slots of one key of the operator: their orders, state and metrics.

State entries: `o/<slot>` the order, `p/<slot>` the position confirmed last, `d/<table>` the number of dead
letters.

Any older checkpoint or savepoint may be restored:

1. The state never contains a change.
2. A restart begins at the slot's own position, not at the one in the state. The slot advances only past
   changes that are durable in DynamoDB.
3. If the slot is ahead of the state, the changes in between were durable before the slot passed them.
4. If the slot is behind the state, as after a crash of the server, the transactions in between are read and
   written again, in their order: replay converges.
5. They are not skipped: after a failover, the same position may belong to other changes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Callable, DefaultDict, Dict, List, NamedTuple, Optional, Protocol, Tuple

import msgspec

from connectors.engine.enumerator.gauge import Gauge
from connectors.model import orders
from connectors.model.orders import Order, ReplicationOrder, StartPassed
from connectors.model.state import Changed, Entries
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.counts import SlotCount, WriteCounts

_position = msgspec.msgpack.Decoder(SlotPosition).decode
_count = msgspec.msgpack.Decoder(int).decode


class Source(Protocol):
    """One slot that is being replicated; see connectors.reverse.source."""

    written: WriteCounts

    def check(self) -> None:
        """Raises the error that ended it."""
        ...

    @property
    def confirmed(self) -> int: ...

    @property
    def seen_at(self) -> float: ...

    def position(self) -> SlotPosition: ...

    def close(self) -> None: ...


class SlotOutcome(NamedTuple):
    """The result of a step: state to store, counters to increase, gauges to set."""

    changed: Changed
    counts: List[Tuple[str, str, int]]
    """(name, table, increment); the table is empty for counters of the whole job."""
    gauges: List[Gauge]


class SlotReader:
    def __init__(
        self,
        open_source: Callable[[ReplicationOrder, SlotPosition], Source],
        saved: Entries = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`open_source` receives the order and the position in the state."""
        self._open_source, self._clock = open_source, clock
        self._slots: Dict[str, _Slot] = {}
        self._dead: DefaultDict[str, int] = defaultdict(int)
        entries = dict(saved)
        for name, value in entries.items():
            if name.startswith("d/"):
                self._dead[name[2:]] = _count(value)
            elif name.startswith("o/"):
                position = entries.get("p/" + name[2:])
                order = orders.decode(value)
                assert isinstance(order, ReplicationOrder)
                self._open(order, _position(position) if position else SlotPosition())

    def take(self, order: Order) -> Changed:
        """Follow an order. Returns the state to store."""
        changed = Changed()
        if isinstance(order, ReplicationOrder) and order.slot not in self._slots:
            self._open(order, SlotPosition())
            changed.put("o/" + order.slot, orders.encode(order))
        elif isinstance(order, StartPassed) and order.slot in self._slots:
            changed.put("o/" + order.slot, orders.encode(ReplicationOrder(order.slot)))
        return changed

    def step(self) -> SlotOutcome:
        """Never waits. Raises the error that ended the replication of a slot."""
        shown = SlotOutcome(Changed(), [], [])
        now = self._clock()
        for slot in self._slots.values():
            slot.source.check()
            slot.store(shown.changed)
            slot.count(shown, self._dead)
            slot.measure(shown, now)
        shown.gauges.extend(Gauge("deadLetters", count, table) for table, count in self._dead.items())
        return shown

    def close(self) -> None:
        for slot in self._slots.values():
            slot.source.close()

    def _open(self, order: ReplicationOrder, position: SlotPosition) -> None:
        self._slots[order.slot] = _Slot(order.slot, self._open_source(order, position), self._clock())


class _Slot:
    def __init__(self, name: str, source: Source, now: float) -> None:
        self._name, self.source, self._opened_at = name, source, now
        self._position: Optional[SlotPosition] = None
        self._counted: Dict[str, SlotCount] = {}
        self._retries = self._throttles = 0

    def store(self, changed: Changed) -> None:
        position = self.source.position()
        if position != self._position and position.lsn:
            self._position = position
            changed.put("p/" + self._name, msgspec.msgpack.encode(position))

    def count(self, shown: SlotOutcome, dead: DefaultDict[str, int]) -> None:
        """Add what the writing thread has counted since the last step."""
        written = self.source.written
        for table, count in list(written.counts.items()):
            before = self._counted.setdefault(table, SlotCount())
            refused = count.dead - before.dead
            for name, counted in before.catch_up(count):
                shown.counts.append((name, table, counted))
            if refused:
                dead[table] += refused
                shown.changed.put("d/" + table, msgspec.msgpack.encode(dead[table]))
        retries, throttles = written.retries, written.throttles
        shown.counts.append(("retries", "", retries - self._retries))
        shown.counts.append(("throttles", "", throttles - self._throttles))
        self._retries, self._throttles = retries, throttles

    def measure(self, shown: SlotOutcome, now: float) -> None:
        """Set the gauges, also while nothing arrives: the lag then grows."""
        lag = round(max(0.0, now - (self.source.seen_at or self._opened_at)))
        slot, confirmed = self._name, self.source.confirmed
        shown.gauges.append(Gauge("slotLagSeconds", lag, slot, "slot"))
        shown.gauges.append(Gauge("measuredAt", int(now), slot, "slot"))
        if confirmed:
            shown.gauges.append(Gauge("durableLsn", confirmed, slot, "slot"))
        for table in self._counted:
            shown.gauges.append(Gauge("lagSeconds", lag, table))
            shown.gauges.append(Gauge("measuredAt", int(now), table))
