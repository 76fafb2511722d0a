"""The number of segments of a table's Scan."""

from __future__ import annotations

MIB = 1 << 20
SMALL = 8 * MIB
"""A smaller segment has at most about eight pages: more segments would cost more than they save."""
LARGE = 1024 * MIB
"""A larger segment makes progress and restarts too coarse: a thousand pages per position."""
AT_MOST = 32_768
"""Far below the API's 1,000,000: every segment sends one message to every lane when it ends."""


def segments_for(table_bytes: int, readers: int) -> int:
    """Segments for a table of `table_bytes` (DescribeTable's TableSizeBytes, about six hours old).

    A small table is one segment. A medium one has up to four segments per reader, so that uneven segments
    balance. A huge one has a segment per gigabyte.
    """
    middle = min(max(table_bytes, 0) // SMALL + 1, 4 * readers)
    return min(max(middle, table_bytes // LARGE), AT_MOST)


A_DRAW = 4
"""Items that a sample takes from each segment that it draws."""
MOST_SEGMENTS = 1_000_000
"""The API's limit."""


def segments_to_draw_from(items: int, wanted: int) -> int:
    """Segments for a sample of `wanted` items out of about `items` (0: not known). Each segment has only a
    few items. One segment if the sample is the whole table."""
    if 0 < items <= wanted:
        return 1
    return min(MOST_SEGMENTS, -(-(items or wanted) // A_DRAW))
