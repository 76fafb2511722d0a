"""One reader: executes orders, prefetches its splits and emits the results. No Flink.

State entries: `o/<split>` a segment's order, `p/<split>` a position, `c/<table>` a Tally.
The caller sends the records of a step and stores their positions in the same turn.
"""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Dict, List, NamedTuple, Optional, Protocol

from connectors.engine.reader.prefetch import FetchedBatch, Prefetch, PrefetchQueue
from connectors.engine.reader.tally import ENTRY, Tallies
from connectors.model import orders
from connectors.model.orders import Order, SegmentOrder
from connectors.model.records import Part, SegmentDone
from connectors.model.splits import Split
from connectors.model.state import Changed, Entries


class SegmentOpener(Protocol):
    """Opens splits from orders and saved positions."""

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> Split: ...


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
    ) -> None:
        self._number, self._lanes = number, lanes
        self._opener, self._prefetch, self._scans_at_once = opener, prefetch, scans_at_once
        self._segments: Dict[str, SegmentOrder] = {}
        self._positions: Dict[str, bytes] = {}
        self._feeds: Dict[str, PrefetchQueue] = {}
        self.tallies = Tallies()
        self._restore(saved)

    def take(self, order: Order) -> Changed:
        """Accept an order; return the state to store."""
        changed = Changed()
        if isinstance(order, SegmentOrder):
            self._segments[order.split_id] = order
            changed.put("o/" + order.split_id, orders.encode(order))
        return changed

    @property
    def resting(self) -> bool:
        """Whether there is nothing to read: a step has no effect before the next order."""
        return not self._segments

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
        return step.emission()

    def _round(self, step: _ReaderStep, limit: int) -> bool:
        """Emit one batch of each split that has one, while there is room. False if none had a batch."""
        before = step.count
        for split_id, feed in list(self._feeds.items()):
            feed.advance()
            fetched = feed.take() if step.size < limit else None
            if fetched is not None:
                self._emit(split_id, fetched, step)
                self._to_the_back(split_id)
        return step.count > before

    def _to_the_back(self, split_id: str) -> None:
        """Move a split to the end: with little budget or room, splits that had no turn come first."""
        if split_id in self._feeds:
            self._feeds[split_id] = self._feeds.pop(split_id)

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
        segment = self._segments[split_id]
        step.read[segment.table] += batch.read
        step.read_bytes[segment.table] += batch.size
        self.tallies.read(segment, batch.read, batch.done, step.changed)
        if batch.done:
            self._segment_done(segment, step)

    def _segment_done(self, order: SegmentOrder, step: _ReaderStep) -> None:
        del self._segments[order.split_id]
        self._close(order.split_id, step.changed)
        step.changed.remove("o/" + order.split_id)
        step.everywhere(SegmentDone(order.table, order.generation, order.part, order.parts))

    def _open_segments(self) -> None:
        opened = sum(split_id in self._feeds for split_id in self._segments)
        for split_id, order in self._segments.items():
            if opened >= self._scans_at_once:
                return
            if split_id not in self._feeds:
                self._open(split_id, self._opener.segment(order, self._positions.get(split_id)))
                opened += 1

    def _open(self, split_id: str, split: Split) -> None:
        self._feeds[split_id] = PrefetchQueue(split, self._prefetch)

    def _close(self, split_id: str, changed: Changed) -> None:
        feed = self._feeds.pop(split_id, None)
        if feed is not None:
            feed.close()
        self._positions.pop(split_id, None)
        changed.remove("p/" + split_id)

    def _restore(self, saved: Entries) -> None:
        for name, value in saved:
            kind, split_id = name[:2], name[2:]
            if kind == "p/":
                self._positions[split_id] = value
            elif kind == ENTRY:
                self.tallies.restore(split_id, value)
            else:
                order = orders.decode(value)
                assert isinstance(order, SegmentOrder)
                self._segments[split_id] = order


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
