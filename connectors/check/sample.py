"""A random sample of one side's keys, without reading the table.

DynamoDB has no random read. A parallel Scan, however, can have up to a million segments, each of which is a
range of hashes of partition keys. The sample therefore reads the first few items of random segments.

The sample is not uniform:

1. Partition keys are selected uniformly, by their hashes.
2. Items with the same partition key are adjacent. A large partition is therefore selected as rarely as a
   small one, and only its first items are read.
3. Damage within one large partition, or after its first items, is found less often than the stated confidence
   says.
"""

from __future__ import annotations

import random
from math import gcd
from typing import List, Optional

import msgspec

from connectors.check.chosen import by_lane
from connectors.dynamodb.scan.request import ScanPage
from connectors.dynamodb.scan.segments import A_DRAW
from connectors.model.orders import SegmentOrder
from connectors.model.splits import Batch, Split
from connectors.targets.check_contract import Form, PagesOf

AHEAD = 16
"""Maximum requests in one batch."""
PAGE = 1000
"""Items of a page if the whole table is read."""


class _Position(msgspec.Struct, array_like=True):
    """`drawn`: number of segments that were read, in the order of `seed`; `key`: where the next one
    continues."""

    seed: int
    drawn: int = 0
    taken: int = 0
    key: bytes = b""


_decode = msgspec.msgpack.Decoder(_Position).decode


class SampleSplit(Split):
    """Reads segments out of `order.total`, each at most once, until it has `wanted` keys."""

    def __init__(
        self,
        order: SegmentOrder,
        wanted: int,
        form: Form,
        pages_of: PagesOf,
        lanes: int,
        saved: Optional[bytes],
    ) -> None:
        self.split_id = order.split_id
        self._order, self._wanted, self._pages_of, self._lanes = order, wanted, pages_of, lanes
        self._form = form
        fresh = _Position(random.SystemRandom().getrandbits(63))
        self._at = _decode(saved) if saved else fresh

    def next_batch(self) -> Optional[Batch]:
        items: List[bytes] = []
        units = 0.0
        for _ in range(AHEAD):
            if not self._over:
                page = self._page()
                items += map(bytes, page.Items)
                units += page.units
        loads = by_lane(self._order, self._form, items, self._lanes, units)
        return Batch(loads, sum(load.size() for load in loads.values()), len(items), self._over)

    def next_awake(self) -> float:
        return 0.0

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._at)

    def close(self) -> None:
        pass

    @property
    def _over(self) -> bool:
        return self._at.taken >= self._wanted or self._at.drawn >= self._order.total

    def _page(self) -> ScanPage:
        """The next page of the current segment. Of several segments only the first items are read; a single
        segment is read to its end."""
        at, total = self._at, self._order.total
        segment = nth_of(at.drawn, total, at.seed)
        limit = min(self._wanted - at.taken, A_DRAW if total > 1 else PAGE)
        page = self._pages_of(segment).after(at.key, limit)
        at.taken += len(page.Items)
        at.key = bytes(page.LastEvaluatedKey) if total == 1 else b""
        at.drawn += not at.key
        return page


def nth_of(place: int, total: int, seed: int) -> int:
    """The number at `place` in a random permutation of the numbers below `total`, computed without a list."""
    step = seed % total
    while gcd(step, total) != 1:
        step += 1
    return (seed // total + place * step) % total
