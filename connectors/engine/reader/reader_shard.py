"""One reader: executes orders, prefetches its splits and emits the results. No Flink.

State entries: `o/<split>` a segment's order, `r/<stream>` a StreamReading, `p/<split>` a position,
`c/<table>` a Tally.
The caller sends the records of a step and stores their positions in the same turn.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Callable, DefaultDict, Dict, List, NamedTuple, Optional, Protocol

from connectors.base.errors import GapError
from connectors.dynamodb.streams.shard_set import Ready
from connectors.engine.enumerator.observations import Trimmed
from connectors.engine.reader.prefetch import FetchedBatch, Prefetch, PrefetchQueue
from connectors.engine.reader.stream_reading import ShardCounts, StreamReading, counted
from connectors.engine.reader.tally import ENTRY, Tallies
from connectors.model import orders
from connectors.model.orders import DropOrder, Order, SegmentOrder, StreamOrder
from connectors.model.records import Heartbeat, Part, SegmentDone
from connectors.model.splits import Split
from connectors.model.state import Changed, Entries

HEARTBEAT_SECONDS = 1.0
GAP_PATIENCE_SECONDS = 600.0
"""Seconds for which a reported gap may remain without a response before it fails the job."""


class SegmentOpener(Protocol):
    """Opens splits from orders and saved positions."""

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> Split: ...


class ShardOpener(Protocol):
    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> Split: ...


class Emission(NamedTuple):
    """The result of a step: parts to send by lane, and state to store. `more`: call step again at once."""

    parts: Dict[int, List[Part]]
    changed: Changed
    read: Dict[str, int]
    """Number of items and records read, by table."""
    read_bytes: Dict[str, int]
    """Their size in memory, by table."""
    size: int
    more: bool


class ReaderShard:
    def __init__(
        self,
        number: int,
        lanes: int,
        opener: SegmentOpener,
        prefetch: Prefetch,
        scans_at_once: int,
        saved: Entries = (),
        clock: Callable[[], float] = time.time,
        on_gap: Optional[Callable[[Trimmed], None]] = None,
        shards: Optional[ShardOpener] = None,
    ) -> None:
        """`on_gap` reports a gap to the enumerator, which orders a new scan; without it a gap is raised.
        `shards`: None for a job that reads no streams."""
        self._on_gap, self._shard_opener = on_gap, shards
        self._gaps: Dict[str, float] = {}
        self._number, self._lanes, self._clock = number, lanes, clock
        self._opener, self._prefetch, self._scans_at_once = opener, prefetch, scans_at_once
        self._segments: Dict[str, SegmentOrder] = {}
        self._streams: Dict[str, StreamReading] = {}
        self._owner: Dict[str, StreamReading] = {}
        self._positions: Dict[str, bytes] = {}
        self._feeds: Dict[str, PrefetchQueue] = {}
        self._next_beat, self._beating = 0.0, False
        self.tallies = Tallies()
        self._restore(saved)

    def take(self, order: Order) -> Changed:
        """Accept an order; return the state to store."""
        changed = Changed()
        if isinstance(order, SegmentOrder):
            self._segments[order.split_id] = order
            changed.put("o/" + order.split_id, orders.encode(order))
        elif isinstance(order, StreamOrder):
            self._take_stream(order, changed)
        elif isinstance(order, DropOrder):
            self._drop(order, changed)
        return changed

    @property
    def resting(self) -> bool:
        """Whether there is nothing to read: a step has no effect before the next order."""
        return not self._segments and not self._streams

    @property
    def shards(self) -> Dict[str, ShardCounts]:
        return counted(self._streams.values())

    def wait(self, seconds: float) -> None:
        """Wait until a step has something to do, for at most `seconds`."""
        now = self._prefetch.clock()
        due = [at for at in (feed.due() for feed in self._feeds.values()) if at is not None]
        self._prefetch.landed.wait(min([seconds, *(max(0.0, at - now) for at in due)]))

    def step(self, limit: int) -> Emission:
        """Emit what has been fetched, up to `limit` bytes plus one page. Never blocks on the network.

        Raises the error of a fetch.
        """
        step = _ReaderStep(self._lanes)
        # Cleared before anything is taken: a later fetch is for the next step.
        self._prefetch.landed.clear()
        self._open_segments()
        while step.size < limit and self._round(step, limit):
            pass
        self._heartbeat(step)
        return step.emission()

    def _round(self, step: _ReaderStep, limit: int) -> bool:
        """Emit one batch of each split that has one, while there is room. False if none had a batch."""
        before = step.count
        for split_id, feed in list(self._feeds.items()):
            self._advance(split_id, feed)
            fetched = feed.take() if step.size < limit else None
            if fetched is not None:
                self._emit(split_id, fetched, step)
                self._to_the_back(split_id)
        return step.count > before

    def _to_the_back(self, split_id: str) -> None:
        """Move a split to the end: with little budget or room, splits that had no turn come first."""
        if split_id in self._feeds:
            self._feeds[split_id] = self._feeds.pop(split_id)

    def _advance(self, split_id: str, feed: PrefetchQueue) -> None:
        try:
            feed.advance()
        except GapError as gap:
            if self._on_gap is None:
                raise
            since = self._gaps.get(split_id)
            if since is None:
                self._gaps[split_id] = self._clock()
                order = self._owner[split_id].order
                self._on_gap(Trimmed(order.table, order.generation, order.since, gap.reason))
            elif self._clock() - since > GAP_PATIENCE_SECONDS:
                raise

    def close(self) -> None:
        for feed in self._feeds.values():
            feed.close()
        self._prefetch.close()

    def _emit(self, split_id: str, fetched: FetchedBatch, step: _ReaderStep) -> None:
        batch = fetched.batch
        for lane, part in batch.loads.items():
            step.parts[lane].append(part)
        step.size += batch.size
        step.count += 1
        self._positions[split_id] = fetched.position
        step.changed.put("p/" + split_id, fetched.position)
        segment = self._segments.get(split_id)
        table = segment.table if segment else self._owner[split_id].order.table
        step.read[table] += batch.read
        step.read_bytes[table] += batch.size
        if segment is None:
            self._emitted_of_shard(split_id, fetched, step)
        else:
            self.tallies.read(segment, batch.read, batch.done, step.changed)
            if batch.done:
                self._segment_done(segment, step)

    def _segment_done(self, order: SegmentOrder, step: _ReaderStep) -> None:
        del self._segments[order.split_id]
        self._close(order.split_id, step.changed)
        step.changed.remove("o/" + order.split_id)
        step.everywhere(SegmentDone(order.table, order.generation, order.part, order.parts))

    def _emitted_of_shard(self, split_id: str, fetched: FetchedBatch, step: _ReaderStep) -> None:
        reading, shard_id = self._owner[split_id], split_id.rsplit("/", 1)[1]
        if fetched.batch.horizon is not None:
            reading.horizons[shard_id] = fetched.batch.horizon
        if fetched.batch.done:
            reading.horizons.pop(shard_id, None)
            started = reading.shards.finish(shard_id, fetched.position)
            self._close(split_id, step.changed)
            self._open_shards(reading, started)
            step.changed.put("r/" + reading.name, reading.encode())

    def _heartbeat(self, step: _ReaderStep) -> None:
        now = self._clock()
        if now >= self._next_beat and (self._streams or self._beating):
            self._next_beat = now + HEARTBEAT_SECONDS
            # Sent once more after the last stream: otherwise the lag in the lanes would grow forever.
            self._beating = bool(self._streams)
            lags = {reading.order.table: reading.lag(now) for reading in self._streams.values()}
            step.everywhere(Heartbeat(self._number, now, lags))

    def _take_stream(self, order: StreamOrder, changed: Changed) -> None:
        name = f"{order.table}/{order.generation}"
        reading = self._streams.setdefault(name, StreamReading.begin(order))
        self._open_shards(reading, reading.take(order))
        changed.put("r/" + name, reading.encode())

    def _drop(self, order: DropOrder, changed: Changed) -> None:
        self.tallies.drop(order.table, order.generation, changed)
        for split_id, segment in list(self._segments.items()):
            if segment.table == order.table and segment.generation < order.generation:
                del self._segments[split_id]
                self._close(split_id, changed)
                changed.remove("o/" + split_id)
        for name, reading in list(self._streams.items()):
            if reading.order.table == order.table and reading.order.generation < order.generation:
                del self._streams[name]
                for shard_id in list(reading.shards.reading):
                    self._close(reading.split_id(shard_id), changed)
                changed.remove("r/" + name)

    def _open_segments(self) -> None:
        opened = sum(split_id in self._feeds for split_id in self._segments)
        for split_id, order in self._segments.items():
            if opened >= self._scans_at_once:
                return
            if split_id not in self._feeds:
                self._open(split_id, self._opener.segment(order, self._positions.get(split_id)))
                opened += 1

    def _open_shards(self, reading: StreamReading, started: List[Ready]) -> None:
        for ready in started:
            assert self._shard_opener is not None
            split_id = reading.split_id(ready.assignment.shard_id)
            self._owner[split_id] = reading
            self._open(
                split_id, self._shard_opener.shard(reading.order, ready, self._positions.get(split_id))
            )

    def _open(self, split_id: str, split: Split) -> None:
        self._feeds[split_id] = PrefetchQueue(split, self._prefetch)

    def _close(self, split_id: str, changed: Changed) -> None:
        feed = self._feeds.pop(split_id, None)
        if feed is not None:
            feed.close()
        self._owner.pop(split_id, None)
        self._gaps.pop(split_id, None)
        self._positions.pop(split_id, None)
        changed.remove("p/" + split_id)

    def _restore(self, saved: Entries) -> None:
        for name, value in saved:
            kind, split_id = name[:2], name[2:]
            if kind == "p/":
                self._positions[split_id] = value
            elif kind == "r/":
                self._streams[split_id] = StreamReading.decode(value)
            elif kind == ENTRY:
                self.tallies.restore(split_id, value)
            else:
                order = orders.decode(value)
                assert isinstance(order, SegmentOrder)
                self._segments[split_id] = order
        for reading in self._streams.values():
            self._open_shards(reading, list(reading.shards.reading.values()))


class _ReaderStep:
    """The results of one step."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self.parts: DefaultDict[int, List[Part]] = defaultdict(list)
        self.changed = Changed()
        self.read: DefaultDict[str, int] = defaultdict(int)
        self.read_bytes: DefaultDict[str, int] = defaultdict(int)
        self.size = self.count = 0

    def everywhere(self, part: Part) -> None:
        for lane in range(self._lanes):
            self.parts[lane].append(part)

    def emission(self) -> Emission:
        return Emission(self.parts, self.changed, self.read, self.read_bytes, self.size, self.count > 0)
