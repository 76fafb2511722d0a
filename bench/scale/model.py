"""A size and a number of slots -> what the migration takes. Pure; linear in slots, which is an assumption."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from bench.scale import constants as c
from bench.scale.constants import Prices, Size
from connectors.command.estimate import constants as e
from connectors.command.estimate.copy import TableSize, copy_seconds
from connectors.config.settings import Settings
from connectors.dynamodb.scan.rates import SCANS_AT_ONCE
from connectors.dynamodb.scan.segment import SegmentPosition as ScanPosition
from connectors.dynamodb.scan.segments import segments_for
from connectors.dynamodb.streams.position import ShardPosition as ShardPosition
from connectors.engine.enumerator.discovery import DESCRIBES_PER_SECOND
from connectors.engine.enumerator.discovery import DiscoveryPace as SurveyPace
from connectors.model.lane_batch import DIGEST_SIZE

MOST = 128
"""Of lanes and of readers."""
ENTRY_BYTES = 60
"""Names and framing of a state entry, beside its value."""
_KEY = b'{"sensor":{"S":"a-key-of-forty-characters-for-example-01"},"at":{"N":"1795365513340"}}'
SCAN_POSITION_BYTES = len(msgspec.msgpack.encode(ScanPosition(_KEY))) + ENTRY_BYTES
SHARD_POSITION_BYTES = len(ShardPosition("1" * 40, 1795365513.34, 1795365513.34).encode()) + ENTRY_BYTES


class Taken(NamedTuple):
    slots: int
    lanes: int
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
    touched_memory: float
    """Bytes of remembered keys in each slot's worker, at the end of the scan."""
    state: float
    """Bytes of the largest checkpoint."""
    checkpoint: float
    """Bytes that are new in each, with incremental checkpoints."""
    series: int
    """Metrics in Prometheus."""
    cost: float
    """US dollars, of the copy and the stream up to its end."""


def takes(size: Size, slots: int, prices: Prices) -> Taken:
    parallel = readers_for(slots)
    total = size.tables * size.table_bytes
    items = total // size.item_bytes
    segments = size.tables * segments_for(size.table_bytes, parallel)
    units = total / e.READ_UNIT_BYTES
    table = TableSize(size.table_bytes, items / size.tables)
    seconds, bound = copy_seconds([table] * size.tables, slots)
    shards = size.tables * shards_for(size)
    touched = size.writes * seconds
    positions = segments * SCAN_POSITION_BYTES + shards * SHARD_POSITION_BYTES
    active = min(segments, parallel * SCANS_AT_ONCE) * SCAN_POSITION_BYTES + shards * SHARD_POSITION_BYTES
    calls = float(shards)
    return Taken(
        slots=slots,
        lanes=parallel,
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
        touched_memory=touched * c.MEMORY_PER_TOUCHED_KEY / slots,
        state=touched * DIGEST_SIZE + positions,
        checkpoint=active + size.writes * size.checkpoint_seconds * DIGEST_SIZE,
        series=size.tables * (ENUMERATOR_METRICS + slots * (READER_METRICS + LANE_METRICS)),
        cost=units / 1e6 * prices.million_read_units
        + calls * seconds / 1e6 * prices.million_stream_reads
        + slots * seconds / 3600 * prices.slot_hour,
    )


ENUMERATOR_METRICS, READER_METRICS, LANE_METRICS = 6, 7, 8
"""Of a table, as docs/operate.md lists them; those of readers and lanes once for each subtask."""


def readers_for(slots: int) -> int:
    """Lanes or readers: twice the slots level out, and no fewer than the defaults."""
    return min(max(2 * slots, Settings().readers), MOST)


def shards_for(size: Size) -> int:
    by_bytes = math.ceil(size.table_bytes / c.PARTITION_BYTES)
    by_writes = math.ceil(size.writes / size.tables / c.PARTITION_WRITES)
    return max(by_bytes, by_writes, c.SMALLEST_TABLE_SHARDS)


def listing_seconds(size: Size) -> float:
    pages = size.tables * math.ceil(shards_for(size) / c.SHARDS_A_LISTING_PAGE)
    return max(SurveyPace().shards, pages / DESCRIBES_PER_SECOND)
