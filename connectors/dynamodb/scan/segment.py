"""One segment of a table's parallel Scan, as a split."""

from __future__ import annotations

import time
from typing import Mapping, Optional, Protocol

import msgspec

from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.request import ScanPage
from connectors.model.records import Load
from connectors.model.splits import Batch, Split

GATHER_SECONDS = 1.0
GATHER_BYTES = 8 << 20
"""With items near the maximum size, pages with a few thousand items would be gigabytes."""


class SegmentPosition(msgspec.Struct):
    """A position within a segment. The segment and the total number of segments must not change."""

    key: bytes = b""
    """LastEvaluatedKey of the last page as received; empty before the first page and after the last."""
    done: bool = False

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self)


_position = msgspec.msgpack.Decoder(SegmentPosition).decode


class SegmentSource(Protocol):
    """The table that a segment reads, and the conversion of its items."""

    table: str

    def loads(self, page: ScanPage, after: bytes, split_id: str, lanes: int) -> Mapping[int, Load]:
        """The page's load for each lane. `after`: the start key of its request, empty for the segment's first
        page."""
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
        """`gather`: the wanted number of items in a batch. Pages are combined up to it, within GATHER_SECONDS
        and GATHER_BYTES. 0: one page per batch."""
        self.split_id, self._pages, self._source = split_id, pages, source
        self._lanes, self._gather = lanes, gather
        self._position = _position(saved) if saved else SegmentPosition()

    def next_batch(self) -> Optional[Batch]:
        if self._position.done:
            return Batch({}, 0, done=True)
        until = time.monotonic() + GATHER_SECONDS
        page = self._pages.after(self._position.key)
        size = self._size_of(page)
        while self._wants_more(page, size) and time.monotonic() < until:
            following = self._pages.after(bytes(page.LastEvaluatedKey))
            size += self._size_of(following)
            page = page.with_next(following)
        return self._advance(page)

    def _size_of(self, page: ScanPage) -> int:
        return sum(memoryview(item).nbytes for item in page.Items) if self._gather else 0

    def _wants_more(self, page: ScanPage, size: int) -> bool:
        return bool(page.LastEvaluatedKey) and len(page.Items) < self._gather and size < GATHER_BYTES

    def _advance(self, page: ScanPage) -> Batch:
        loads = self._source.loads(page, self._position.key, self.split_id, self._lanes)
        key = bytes(page.LastEvaluatedKey)
        done = not key
        self._position = SegmentPosition(key, done)
        return Batch(loads, sum(load.size() for load in loads.values()), len(page.Items), done)

    def next_awake(self) -> float:
        return 0.0

    def snapshot(self) -> bytes:
        return self._position.encode()

    def close(self) -> None:
        pass
