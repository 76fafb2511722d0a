"""A size and a number of slots -> an estimate of the migration. Pure. Assumes linear scaling with slots."""

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
"""Bytes of a state entry in addition to its value: names and framing."""
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
    """Over all tables."""
    read_units: float
    hours: float
    bound: str
    """What determines the hours."""
    target_rate: float
    """Items per second that the target must accept for this."""
    page_seconds: float
    """Maximum duration of a Scan call with which the reads keep up."""
    shards: int
    listing_seconds: float
    """Between two listings of a table's shards: a new shard is found after at most this time."""
    stream_calls: float
    """GetRecords calls per second when all streams are idle."""
    pauses: int
    """Pauses of the scan, in which the waiting changes are applied."""
    waiting: float
    """Maximum number of changes that wait for the scan."""
    state: float
    """Bytes of the largest checkpoint."""
    checkpoint: float
    """New bytes in each checkpoint, with incremental checkpoints."""
    series: int
    """Metrics in Prometheus."""
    cost: float
    """US dollars, for the copy and for reading the stream until its end."""


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


ENUMERATOR_METRICS, WORKER_METRICS = 15, 14
"""Metrics of a table, as docs/operate.md lists them; those of workers once per subtask."""


def _shards(size: Size) -> int:
    """Of one table."""
    return shards_for(size.table_bytes, size.writes / size.tables)


def listing_seconds(size: Size) -> float:
    pages = size.tables * math.ceil(_shards(size) / c.SHARDS_A_LISTING_PAGE)
    return max(DiscoveryPace().shards, pages / DESCRIBES_PER_SECOND)
