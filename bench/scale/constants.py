"""The basis of the estimate: our measurements, the services' limits, and prices to be set."""

from __future__ import annotations

from typing import NamedTuple

from connectors.command.estimate.constants import MEASURED_ITEM_BYTES

PARTITION_BYTES = 10_000_000_000
PARTITION_WRITES = 1000
"""Items of 1 KB per second of a partition. A stream has about one shard per partition."""
SMALLEST_TABLE_SHARDS = 4
"""Partitions of a new on-demand table."""
SHARDS_A_LISTING_PAGE = 100


class Prices(NamedTuple):
    """US dollars. Assumptions, not an offer: set those of your region and contract."""

    million_read_units: float = 0.125
    """DynamoDB on demand."""
    million_stream_reads: float = 0.20
    """GetRecords calls."""
    slot_hour: float = 0.10
    """A Flink slot with one core and 4 GiB."""


class Size(NamedTuple):
    name: str
    tables: int
    table_bytes: int
    writes: float
    """Per second, over all tables."""
    item_bytes: int = MEASURED_ITEM_BYTES


SIZES = (
    Size("One table of 10 TB", tables=1, table_bytes=10 * 10**12, writes=5000),
    Size("1,000 tables of 1 GB", tables=1000, table_bytes=10**9, writes=2000),
)
SLOTS = (8, 32, 128)
