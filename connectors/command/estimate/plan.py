"""How a migration of a given size is divided: workers, shards, and pauses of the scan. Pure."""

from __future__ import annotations

import math

from connectors.command.estimate.constants import (
    PARTITION_BYTES,
    PARTITION_WRITES,
    SMALLEST_TABLE_SHARDS,
)

MOST_READERS = 128
"""The largest value of the setting `readers`."""


def readers_for(slots: int, least: int) -> int:
    """Two for each task slot, so that their work evens out, but at least `least`, the setting's default."""
    return min(max(2 * slots, least), MOST_READERS)


def shards_for(table_bytes: float, writes: float) -> int:
    """Shards of a table's stream. `writes`: items of 1 KB per second."""
    by_bytes = math.ceil(table_bytes / PARTITION_BYTES)
    by_writes = math.ceil(writes / PARTITION_WRITES)
    return max(by_bytes, by_writes, SMALLEST_TABLE_SHARDS)


def pauses_for(seconds: float, hold_hours: float) -> int:
    """How often a scan of this duration pauses for the changes that have waited `hold_hours`."""
    return int(seconds // (hold_hours * 3600))
