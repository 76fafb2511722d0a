"""The basis of the estimate: our own measurement, and the services' limits."""

from __future__ import annotations

ITEMS_PER_CORE_SECOND = 39_300 / 2
"""Measured with the whole job, including its start: two million items of 1 KB on two cores. See
docs/internals/performance.md."""
MEASURED_ITEM_BYTES = 1024

READ_UNIT_BYTES = 8192
"""An eventually consistent read of 4 KB costs half a unit; a Scan counts its pages' bytes."""
TABLE_READ_UNITS = 40_000
"""Units per second: AWS's default quota of an on-demand table. AWS raises it on request."""
PAGE_BYTES = 1 << 20
RETENTION_HOURS = 24
"""Retention of a stream."""

PARTITION_BYTES = 10_000_000_000
PARTITION_WRITES = 1000
"""Of items of 1 KB per second. A stream has about one shard for each partition."""
SMALLEST_TABLE_SHARDS = 4
"""Partitions of a new table on demand."""
