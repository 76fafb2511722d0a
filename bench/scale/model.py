"""A size and a number of slots -> what the migration takes. Pure; linear in slots, which is an assumption."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from bench.scale import constants as c
from bench.scale.constants import Size
from connectors.command.estimate import constants as e
from connectors.command.estimate.copy import TableSize, copy_seconds
from connectors.command.estimate.plan import pauses_for, readers_for, shards_for
from connectors.command.estimate.prices import Prices
from connectors.config.settings import Settings
from connectors.dynamodb.scan.segment import SegmentPosition as ScanPosition
from connectors.dynamodb.scan.segments import segments_for
from connectors.dynamodb.streams.anchor import MARGIN, STRIDE
from connectors.dynamodb.streams.position import Footprint, ShardPosition
from connectors.engine.enumerator.discovery import DiscoveryPace
from connectors.engine.worker.slot import SCANS_AT_ONCE
from connectors.forward.components import DESCRIBES_PER_SECOND
from connectors.model.orders import SegmentOrder
from connectors.model.orders import encode as encoded

ENTRY_BYTES = 60
"""Names and framing of a state entry, beside its value."""
_KEY = b'{"sensor":{"S":"a-key-of-forty-characters-for-example-01"},"at":{"N":"1795365513340"}}'
SCAN_POSITION_BYTES = len(msgspec.msgpack.encode(ScanPosition(_KEY))) + ENTRY_BYTES
_SEGMENT = SegmentOrder("a-table", 1, [("sensor", "S"), ("at", "N")], 1000, 10_000, 1000, 10_000)
SEGMENT_BYTES = len(encoded(_SEGMENT)) + ENTRY_BYTES
_TRAIL = (Footprint(1795365513.34, "1" * 40),) * int(MARGIN / STRIDE + 1)
_SHARD = ShardPosition("1" * 40, 1795365513.34, 1795365513.34, _TRAIL)
SHARD_POSITION_BYTES = len(_SHARD.encode()) + ENTRY_BYTES


class Taken(NamedTuple):
    slots: int
    readers: int
    items: int
    segments: int
    """Of all tables."""
    read_units: float
    hours: float
    bound: str
    """What sets the hours."""
    target_rate: float
    """Items a second that the target must take for it."""
    page_seconds: float
    """A Scan call may take so long at most, for the reads to keep up."""
    shards: int
    listing_seconds: float
    """Between two looks at a table's shards: a new shard may wait so long to be found."""
    stream_calls: float
    """GetRecords a second when all is idle."""
    pauses: int
    """Of the scan, for the changes that have waited for it."""
    waiting: float
    """Changes that wait for the scan, at most."""
    state: float
    """Bytes of the largest checkpoint."""
    checkpoint: float
    """Bytes that are new in each, with incremental checkpoints."""
    series: int
    """Metrics in Prometheus."""
    cost: float
    """US dollars, of the copy and the stream up to its end."""


def takes(size: Size, slots: int, prices: Prices) -> Taken:
    parallel = readers_for(slots, Settings().readers)
    total = size.tables * size.table_bytes
    items = total // size.item_bytes
    segments = size.tables * segments_for(size.table_bytes, parallel)
    units = total / e.READ_UNIT_BYTES
    table = TableSize(size.table_bytes, items / size.tables)
    seconds, bound = copy_seconds([table] * size.tables, slots)
    shards = size.tables * _shards(size)
    hold = Settings().streams.hold_hours * 3600
    active = min(segments, parallel * SCANS_AT_ONCE) * SCAN_POSITION_BYTES + shards * SHARD_POSITION_BYTES
    calls = float(shards)
    return Taken(
        slots=slots,
        readers=parallel,
        items=items,
        segments=segments,
        read_units=units,
        hours=seconds / 3600,
        bound=bound,
        target_rate=items / seconds + size.writes,
        page_seconds=parallel * SCANS_AT_ONCE / (total / e.PAGE_BYTES / seconds),
        shards=shards,
        listing_seconds=listing_seconds(size),
        stream_calls=calls,
        pauses=pauses_for(seconds, Settings().streams.hold_hours),
        waiting=size.writes * min(seconds, hold),
        state=segments * SEGMENT_BYTES + active,
        checkpoint=active,
        series=size.tables * (ENUMERATOR_METRICS + slots * WORKER_METRICS),
        cost=units / 1e6 * prices.million_read_units
        + calls * seconds / 1e6 * prices.million_stream_reads
        + slots * seconds / 3600 * prices.slot_hour,
    )


ENUMERATOR_METRICS, WORKER_METRICS = 7, 14
"""Of a table, as docs/operate.md lists them; those of workers once for each subtask."""


def _shards(size: Size) -> int:
    """Of one table."""
    return shards_for(size.table_bytes, size.writes / size.tables)


def listing_seconds(size: Size) -> float:
    pages = size.tables * math.ceil(_shards(size) / c.SHARDS_A_LISTING_PAGE)
    return max(DiscoveryPace().shards, pages / DESCRIBES_PER_SECOND)
