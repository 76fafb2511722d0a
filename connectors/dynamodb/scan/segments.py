"""Into how many segments a table's Scan is divided."""

from __future__ import annotations

MIB = 1 << 20
SMALL = 8 * MIB
"""A segment below this is over in about eight pages: more segments would cost more than they bring."""
LARGE = 1024 * MIB
"""A segment above this makes progress and restarts coarse: a thousand pages a position."""
AT_MOST = 32_768
"""Far below the API's 1,000,000: every segment sends one message to every lane when it ends."""


def segments_for(table_bytes: int, readers: int) -> int:
    """Segments for a table of that many bytes (DescribeTable's TableSizeBytes, about six hours old).

    Small tables are read in one; middle ones keep every reader busy four times over, so that uneven
    segments level out; huge ones get a segment a gigabyte.
    """
    middle = min(max(table_bytes, 0) // SMALL + 1, 4 * readers)
    return min(max(middle, table_bytes // LARGE), AT_MOST)


A_DRAW = 4
"""Items that a sample takes of each segment it draws."""
MOST_SEGMENTS = 1_000_000
"""The API's bound."""


def segments_to_draw_from(items: int, wanted: int) -> int:
    """Segments for a sample of `wanted` items out of about `items` (0: not known): so small that a few items
    are in each, and one where the sample is the whole."""
    if 0 < items <= wanted:
        return 1
    return min(MOST_SEGMENTS, -(-(items or wanted) // A_DRAW))
