"""One segment of a table's parallel Scan, as the worker reads it: items are sliced, never decoded."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence

import msgspec

from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.request import ScanPage
from connectors.dynamodb.scan.segment import SegmentPosition
from connectors.model.pages import ReadPage, ReadSplit

OVERHEAD = 64
"""Bytes that an item takes in memory in addition to its body."""
_position = msgspec.msgpack.Decoder(SegmentPosition).decode


def items_of(page: ScanPage) -> List[bytes]:
    """Every item, to be copied as it is."""
    return [bytes(item) for item in page.Items]


class CopySplit(ReadSplit):
    """The pages of one segment. Only an absent LastEvaluatedKey is its end; short or empty pages are not."""

    def __init__(
        self,
        split_id: str,
        pages: Pages,
        saved: Optional[bytes] = None,
        bodies: Callable[[ScanPage], Sequence[bytes]] = items_of,
        deletes: bool = False,
    ) -> None:
        """`bodies` makes the writes of a page: items to copy or, with `deletes`, keys to delete."""
        self.split_id, self._pages = split_id, pages
        self._bodies, self._deletes = bodies, deletes
        self._position = _position(saved) if saved else SegmentPosition()

    def next_page(self) -> Optional[ReadPage]:
        if self._position.done:
            return ReadPage(self._position.encode(), 0, done=True)
        page = self._pages.after(self._position.key)
        bodies = self._bodies(page)
        key = bytes(page.LastEvaluatedKey)
        self._position = SegmentPosition(key, not key)
        size = sum(map(len, bodies)) + OVERHEAD * len(bodies)
        return ReadPage(
            self._position.encode(),
            size,
            len(page.Items),
            bodies,
            self._deletes,
            done=not key,
            origin=self.split_id,
        )

    def next_awake(self) -> float:
        return 0.0

    def close(self) -> None:
        pass
