"""One segment of a table's parallel Scan, as a split."""

from __future__ import annotations

import time
from typing import Mapping, Optional, Protocol

import msgspec

from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.request import ScanPage
from connectors.model.records import Load
from connectors.model.splits import Batch, Split

GATHER_SECONDS = 2.0


class SegmentPosition(msgspec.Struct):
    """A position within a segment. The segment and the total number of segments must not change."""

    key: bytes = b""
    """LastEvaluatedKey of the last page as received; empty before the first page and after the last."""
    done: bool = False

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self)


_position = msgspec.msgpack.Decoder(SegmentPosition).decode


class PageLoads(Protocol):
    """What consecutive pages become. A page is not kept: many of them would be gigabytes."""

    items: int
    """Their number so far."""

    def add(self, page: ScanPage) -> None: ...

    def loads(self, key: bytes) -> Mapping[int, Load]:
        """The load for each lane. `key`: LastEvaluatedKey of the last page."""
        ...


class SegmentSource(Protocol):
    """The table that a segment reads, and the conversion of its items."""

    table: str

    def begin(self, after: bytes, lanes: int) -> PageLoads:
        """`after`: the start key of the first page's request, empty for the segment's first page."""
        ...


class SegmentSplit(Split):
    """The pages of one segment. Only an absent LastEvaluatedKey is its end; short or empty pages are not."""

    def __init__(
        self,
        split_id: str,
        pages: Pages,
        source: SegmentSource,
        lanes: int,
        saved: Optional[bytes] = None,
        gather: int = 0,
    ) -> None:
        """`gather`: the wanted number of items in a batch. Pages are combined up to it, within
        GATHER_SECONDS. 0: one page per batch."""
        self.split_id, self._pages, self._source = split_id, pages, source
        self._lanes, self._gather = lanes, gather
        self._position = _position(saved) if saved else SegmentPosition()

    def next_batch(self) -> Optional[Batch]:
        if self._position.done:
            return Batch({}, 0, done=True)
        until, key = time.monotonic() + GATHER_SECONDS, self._position.key
        batch = self._source.begin(key, self._lanes)
        while True:
            page = self._pages.after(key)
            batch.add(page)
            key = bytes(page.LastEvaluatedKey)
            if not key or batch.items >= self._gather or time.monotonic() >= until:
                return self._advance(batch, key)

    def _advance(self, batch: PageLoads, key: bytes) -> Batch:
        loads, done = batch.loads(key), not key
        self._position = SegmentPosition(key, done)
        return Batch(loads, sum(load.size() for load in loads.values()), batch.items, done)

    def next_awake(self) -> float:
        return 0.0

    def snapshot(self) -> bytes:
        return self._position.encode()

    def close(self) -> None:
        pass
