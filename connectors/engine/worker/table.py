"""One table in one worker slot: its step, its segments and its shards.

Segments and shards are assigned in any step. They are read only in the step that allows it, and a step is
reached only when nothing of the step before is being read or is unwritten.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Protocol

import msgspec

from connectors.dynamodb.streams import anchor
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ready
from connectors.engine.worker.feed import Feed
from connectors.engine.worker.reading import StreamReading
from connectors.model.orders import SegmentOrder, StepOrder, StreamOrder
from connectors.model.state import Changed
from connectors.model.steps import BEFORE, StepKind, TableFact, is_held, kind_of

CAUGHT_SECONDS = 15.0
"""Lag below which a table's stream counts as caught up with: a shard at its tip shows 5 seconds."""
DROPPING = BEFORE - 1
"""Reached while requests of an older generation are in flight."""


class StepState(msgspec.Struct, array_like=True):
    """As stored."""

    generation: int
    ordered: int = BEFORE
    reached: int = BEFORE
    live: bool = False
    hold: int = 0
    """See connectors.model.steps.is_held."""


class Slot(Protocol):
    """What a table needs of its slot."""

    changed: Changed

    def open_shard(self, work: TableWork, order: StreamOrder, ready: Ready) -> Feed: ...

    def drop(self, work: TableWork, feeds: Iterable[Feed]) -> None:
        """Forget what these have read and not sent."""
        ...


class TableWork:
    def __init__(self, slot: Slot, table: str, state: StepState) -> None:
        self._slot, self.table, self.state = slot, table, state
        self.segments: Dict[str, SegmentOrder] = {}
        self.reading: Optional[StreamReading] = None
        self.positions: Dict[str, bytes] = {}
        """By split."""
        self.feeds: Dict[str, Feed] = {}
        self._ending: List[Feed] = []
        """Feeds that were stopped and have requests in flight."""
        self.stuck = False
        """The target refuses its writes, and the enumerator has not answered yet."""

    @property
    def stopped(self) -> bool:
        return self.stuck or is_held(self.state.hold)

    @property
    def running(self) -> Optional[StepKind]:
        """What may be read now."""
        if self.stopped or self._ending:
            return None
        kind = kind_of(self.state.reached) if self.state.reached == self.state.ordered else None
        return kind if kind in (StepKind.SCAN, StepKind.FOLLOW) else None

    def fact(self, now: float) -> TableFact:
        """`now`: epoch seconds, the source's clock."""
        kind = kind_of(self.state.reached)
        if kind in (StepKind.SCAN, StepKind.SCAN_HALT):
            complete = not self.segments
        else:
            complete = self.reading is None or self.reading.lag(now) < CAUGHT_SECONDS
        return TableFact(self.state.generation, self.state.reached, complete)

    # -- orders --------------------------------------------------------------------------------------------

    def go(self, order: StepOrder) -> None:
        if order.generation == self.state.generation and order.step >= self.state.ordered:
            self.state.ordered, self.state.live = order.step, order.live
            if order.hold != self.state.hold:
                self._hold(order.hold)
            self.store()
            self.advance()

    def _hold(self, hold: int) -> None:
        """Suspend the table, or let it go on from what is durable."""
        self.state.hold, self.stuck = hold, False
        if self.stopped:
            self._stop()

    def jam(self) -> None:
        """Its writes are refused: stop until the enumerator answers."""
        self.stuck = True
        self._stop()

    def assign(self, order: StreamOrder) -> None:
        if self.reading is None:
            self.reading = StreamReading.begin(order)
        self.reading.take(order)
        self._store_reading()
        self.advance()

    def add(self, order: SegmentOrder) -> None:
        self.segments[order.split_id] = order
        self.advance()

    def renew(self, generation: int) -> None:
        """Begin a new generation: stop the splits of the old one and forget what they have not written."""
        self._stop()
        self._forget()
        self.state, self.stuck = StepState(generation, BEFORE, DROPPING), False
        self.store()
        self.advance()

    def _stop(self) -> None:
        """Stop all splits, and forget what they have read and not written."""
        for feed in self.feeds.values():
            feed.close()
        self._slot.drop(self, self.feeds.values())
        self._ending += self.feeds.values()
        self.feeds = {}

    def _forget(self) -> None:
        changed = self._slot.changed
        for split_id in self.segments:
            changed.remove("o/" + split_id)
        for split_id in self.positions:
            changed.remove("p/" + split_id)
        if self.reading is not None:
            changed.remove("r/" + self.reading.name)
        self.segments, self.positions, self.reading = {}, {}, None

    # -- steps ---------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Go on to the ordered step if nothing of the one before is left, and open what may be read."""
        self._ending = [feed for feed in self._ending if not feed.quiet]
        if self._ending or self.stopped:
            return
        if self.state.reached != self.state.ordered:
            for feed in self.feeds.values():
                feed.stopped = True
            if not all(feed.quiet for feed in self.feeds.values()):
                return
            self._reach()
        if self.running is StepKind.FOLLOW:
            self._open_shards()

    def _reach(self) -> None:
        for feed in self.feeds.values():
            feed.close()
        self.feeds = {}
        if kind_of(self.state.reached) is StepKind.FOLLOW and self.state.reached > DROPPING:
            self._rewind()
        self.state.reached = self.state.ordered
        self.store()

    def _rewind(self) -> None:
        """Following begins again at the anchors."""
        if self.reading is None:
            return
        reading = self.reading
        positions = {shard_id: self._position(shard_id) for shard_id in reading.shards.reading}
        rewound = anchor.rewind(reading.shards, positions)
        for split_id in list(self.positions):
            if split_id not in self.segments:
                del self.positions[split_id]
                self._slot.changed.remove("p/" + split_id)
        for shard_id, position in rewound.positions.items():
            self.keep(reading.split_id(shard_id), position.encode())
        reading.shards = rewound.shards
        reading.horizons = {
            i: position.horizon for i, position in rewound.positions.items() if position.horizon
        }
        self._store_reading()

    def _position(self, shard_id: str) -> ShardPosition:
        assert self.reading is not None
        saved = self.positions.get(self.reading.split_id(shard_id))
        return ShardPosition.decode(saved) if saved else ShardPosition()

    def _open_shards(self) -> None:
        if self.reading is None:
            return
        for shard_id, ready in self.reading.shards.reading.items():
            split_id = self.reading.split_id(shard_id)
            if split_id not in self.feeds:
                self.feeds[split_id] = self._slot.open_shard(self, self.reading.order, ready)

    # -- progress ------------------------------------------------------------------------------------------

    def keep(self, split_id: str, position: bytes, store: bool = True) -> None:
        """Everything before this position of a split is durable. `store`: false if only time has passed; the
        position is then stored with the next one."""
        self.positions[split_id] = position
        if store:
            self._slot.changed.put("p/" + split_id, position)

    def end_segment(self, split_id: str) -> None:
        del self.segments[split_id]
        self._slot.changed.remove("o/" + split_id)
        self._close(split_id)

    def reached(self, shard_id: str, horizon: float) -> None:
        assert self.reading is not None
        self.reading.horizons[shard_id] = horizon

    def end_shard(self, shard_id: str, position: bytes) -> None:
        """All records of a shard are durable: its children may be read."""
        reading = self.reading
        assert reading is not None
        reading.horizons.pop(shard_id, None)
        reading.shards.finish(shard_id, position)
        for old in anchor.outdated(reading.shards, reading.horizon):
            del reading.shards.recent[old]
        self._close(reading.split_id(shard_id))
        self._store_reading()
        self.advance()

    def _close(self, split_id: str) -> None:
        feed = self.feeds.pop(split_id, None)
        if feed is not None:
            feed.close()
        self.positions.pop(split_id, None)
        self._slot.changed.remove("p/" + split_id)

    def store(self) -> None:
        self._slot.changed.put("s/" + self.table, msgspec.msgpack.encode(self.state))

    def _store_reading(self) -> None:
        assert self.reading is not None
        self._slot.changed.put("r/" + self.reading.name, self.reading.encode())
