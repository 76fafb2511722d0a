"""A reader slot of the reverse job: reads the replication slots it was ordered to, and marks how far it is.

State entries: `o/<slot>` the order, `p/<slot>` the position handed over last. That position is not where a
restart begins: the slot's own is, which never passes what is durable in DynamoDB. Where an older savepoint is
restored, the slot has moved on beyond its position, and what lies between was durable before it could. Where
the slot is behind, as after a restart, the transactions between are read and written once more: replay
converges. They are not skipped, since after a failover the same position may belong to other changes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Callable, DefaultDict, Dict, List, Optional, Protocol

import msgspec

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.reader.reader_shard import HEARTBEAT_SECONDS, Emission
from connectors.engine.reader.stream_reading import ShardCounts
from connectors.engine.reader.tally import Tallies
from connectors.model import orders
from connectors.model.orders import Order, ReplicationOrder
from connectors.model.records import Heartbeat, Mark, Part
from connectors.model.state import Changed, Entries
from connectors.postgres.replication.confirmed import ConfirmationProgress
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.batch import SlotStep

POLL_SECONDS = 0.005
_position = msgspec.msgpack.Decoder(SlotPosition).decode


class Source(Protocol):
    """One slot being read; see connectors.reverse.source."""

    @property
    def pending(self) -> bool:
        """Whether there is a step or a mark to take."""
        ...

    def ready(self) -> Optional[SlotStep]: ...

    def confirm(self, session: str, lsn: int) -> None: ...

    def position(self, lsn: int) -> SlotPosition: ...

    def passed(self) -> None: ...

    def heard(self) -> List[Mark]: ...

    def close(self) -> None: ...


class SlotReader:
    """A Reader of engine.components."""

    def __init__(
        self,
        number: int,
        lanes: int,
        open_source: Callable[[ReplicationOrder, SlotPosition], Source],
        saved: Entries = (),
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_source` takes the order and the position in the state."""
        self._number, self._lanes, self._clock, self._steady = number, lanes, clock, steady
        self._open_source = open_source
        self._slots: Dict[str, _Slot] = {}
        self._next_beat = 0.0
        self.tallies = Tallies()
        entries = dict(saved)
        for name, value in entries.items():
            if name.startswith("o/"):
                position = entries.get("p/" + name[2:])
                order = orders.decode(value)
                assert isinstance(order, ReplicationOrder)
                self._open(order, _position(position) if position else SlotPosition())

    def take(self, order: Order) -> Changed:
        changed = Changed()
        if isinstance(order, ReplicationOrder) and order.slot not in self._slots:
            self._open(order, SlotPosition())
            changed.put("o/" + order.slot, orders.encode(order))
        return changed

    @property
    def resting(self) -> bool:
        return not self._slots

    @property
    def shards(self) -> Dict[str, ShardCounts]:
        """A replication slot has none."""
        return {}

    def wait(self, seconds: float) -> None:
        """Until a slot has something, at most so long."""
        until = self._steady() + seconds
        while self._steady() < until and not any(slot.source.pending for slot in self._slots.values()):
            time.sleep(POLL_SECONDS)

    def step(self, limit: int) -> Emission:
        """Hand over what is ready, up to `limit` bytes or a step more; never waits. Raises what ended a
        reading."""
        turn = _Turn(self._lanes)
        now = self._steady()
        for slot in self._slots.values():
            slot.listen()
            while turn.size < limit and slot.emit(turn, now):
                pass
            slot.mark(turn, now)
            slot.report(turn.changed)
        self._heartbeat(turn)
        return turn.emission()

    def close(self) -> None:
        for slot in self._slots.values():
            slot.source.close()

    def _open(self, order: ReplicationOrder, position: SlotPosition) -> None:
        self._slots[order.slot] = _Slot(order, self._open_source(order, position))

    def _heartbeat(self, turn: _Turn) -> None:
        now = self._clock()
        if now >= self._next_beat:
            self._next_beat = now + HEARTBEAT_SECONDS
            lags = {table: slot.lag(now) for slot in self._slots.values() for table in slot.tables}
            if lags:
                turn.everywhere(Heartbeat(self._number, now, lags))
            for slot in self._slots.values():
                turn.gauges.append(Gauge("slotLagSeconds", round(slot.lag(now)), slot.name, "slot"))
                turn.gauges.append(Gauge("measuredAt", int(now), slot.name, "slot"))


class _Slot:
    def __init__(self, order: ReplicationOrder, source: Source) -> None:
        self._order, self.name, self.source = order, order.slot, source
        self.tables: Dict[str, None] = {}
        self._progress = ConfirmationProgress(order.slot, "")
        self._seen_at = 0.0
        self._barrier: Optional[Mark] = None

    def listen(self) -> None:
        for mark in self.source.heard():
            if mark.slot == self.name:
                self._progress.acknowledged(mark)
        if self._barrier is not None and self._progress.durable(self._barrier):
            self._barrier = None
            self.source.passed()

    def emit(self, turn: _Turn, now: float) -> bool:
        step = self.source.ready()
        if step is None:
            return False
        if step.session != self._progress.session:
            self._progress, self._barrier = ConfirmationProgress(self.name, step.session), None
        if step.loads:
            turn.changes(step)
            self._progress.emitted()
        if step.reached:
            self._progress.reached(step.reached)
            turn.changed.put("p/" + self.name, msgspec.msgpack.encode(self.source.position(step.reached)))
            self._seen_at = step.seen_at
        if step.open:
            self._progress.emitted()
        if step.barrier:
            self._barrier = self._progress.mark_now(now)
            turn.everywhere(self._barrier)
        self.tables.update(dict.fromkeys(step.read))
        return True

    def mark(self, turn: _Turn, now: float) -> None:
        mark = self._progress.mark(now)
        if mark is not None:
            turn.everywhere(mark)

    def report(self, changed: Changed) -> None:
        confirmed = self._progress.confirmed
        self.source.confirm(self._progress.session, confirmed)
        if 0 < self._order.start <= confirmed:
            # After a failover the log may be behind it again, with other changes.
            self._order = msgspec.structs.replace(self._order, start=0)
            changed.put("o/" + self.name, orders.encode(self._order))

    def lag(self, now: float) -> float:
        return max(0.0, now - self._seen_at) if self._seen_at else 0.0


class _Turn:
    """What one step gathers."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._parts: DefaultDict[int, List[Part]] = defaultdict(list)
        self._read: DefaultDict[str, int] = defaultdict(int)
        self._bytes: DefaultDict[str, int] = defaultdict(int)
        self.changed = Changed()
        self.gauges: List[Gauge] = []
        self.size = self._count = 0

    def changes(self, step: SlotStep) -> None:
        self._count += 1
        self.size += step.size
        for lane, loads in step.loads.items():
            self._parts[lane] += loads
            for one in loads:
                self._bytes[one.table] += one.size()
        for table, count in step.read.items():
            self._read[table] += count

    def everywhere(self, part: Part) -> None:
        for lane in range(self._lanes):
            self._parts[lane].append(part)

    def emission(self) -> Emission:
        return Emission(
            self._parts, self.changed, self._read, self._bytes, self.size, self._count > 0, self.gauges
        )
