"""Draws a bounded sample of a table's items: the first items of random segments.

A Scan can have up to a million segments, each of which is a range of hashes of partition keys. A segment of
the sample has about four items if every item has its own partition key. The share of segments without items
therefore tells how many partition keys there are.
"""

from __future__ import annotations

import random
from typing import List, NamedTuple, Optional

from connectors.check.sample import nth_of
from connectors.dynamodb import answers
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.scan.request import ScanOptions, ScanPage, ScanRequest, read_page
from connectors.dynamodb.scan.segments import A_DRAW, segments_to_draw_from

CALLS_PER_ITEM = 0.5
"""Bounds the calls: twice as many as a table without a large partition needs."""
MOST_UNITS = 256.0
"""Read units that the sample of one table may cost, before the last call: two calls of 1 MB."""
PAGE_ITEMS = 100
FEW = 8
"""Fewer items from random segments: the first items of the table are read in addition."""


class Draws(NamedTuple):
    total: int
    """Segments that the table was divided into."""
    random: List[List[bytes]]
    """The items of each drawn segment; empty where the segment has no item."""
    first: Optional[List[bytes]] = None
    """The first items of the table, if it was not divided, or if nearly all drawn segments were empty."""
    whole: bool = False
    """`first` is every item of the table."""
    units: float = 0.0
    """Read capacity units that the sample has cost."""

    @property
    def segments(self) -> List[List[bytes]]:
        return self.random if self.first is None else [self.first]

    @property
    def items(self) -> List[bytes]:
        return [item for segment in self.segments for item in segment]


def draw(caller: Caller, table: str, items: int, wanted: int, seed: int = -1) -> Draws:
    """A sample of about `wanted` items; `items`: the table's number of items, as far as known. Raises what a
    Scan raises."""
    total = segments_to_draw_from(items, wanted)
    if total == 1:
        return _first(caller, table, wanted, Draws(1, []))
    seed = random.SystemRandom().getrandbits(63) if seed < 0 else seed
    drawn: List[List[bytes]] = []
    taken, units = 0, 0.0
    for place in range(min(total, int(wanted * CALLS_PER_ITEM) + 1)):
        if taken >= wanted or units >= MOST_UNITS:
            break
        page = _page(caller, table, nth_of(place, total, seed), total, b"", A_DRAW)
        drawn.append([bytes(item) for item in page.Items])
        taken, units = taken + len(page.Items), units + page.units
    draws = Draws(total, drawn, units=units)
    return _first(caller, table, wanted, draws) if taken < FEW and units < MOST_UNITS else draws


def _first(caller: Caller, table: str, wanted: int, draws: Draws) -> Draws:
    """The draws, with the first items of the table in addition."""
    items: List[bytes] = []
    key, units = b"", draws.units
    while len(items) < wanted and units < MOST_UNITS:
        page = _page(caller, table, 0, 1, key, min(PAGE_ITEMS, wanted - len(items)))
        items += [bytes(item) for item in page.Items]
        units, key = units + page.units, bytes(page.LastEvaluatedKey)
        if not key:
            break
    return draws._replace(first=items, whole=not key, units=units)


def _page(caller: Caller, table: str, segment: int, total: int, key: bytes, limit: int) -> ScanPage:
    body = ScanRequest(table, segment, total, ScanOptions()).after(key, limit)
    return answers.ask(caller, "Scan", body, lambda came: read_page(came.body, table), table)
