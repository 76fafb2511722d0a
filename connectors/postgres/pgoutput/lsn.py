"""Positions in the write-ahead log, and the server's clock."""

from __future__ import annotations

EPOCH_2000 = 946_684_800
"""Seconds from 1970 to 2000, the epoch of PostgreSQL's timestamps."""


def lsn_text(lsn: int) -> str:
    """The text form of a pg_lsn: 16/B374D848."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def epoch_seconds(timestamp: int) -> float:
    """A message's timestamp (microseconds since 2000) as seconds since 1970."""
    return EPOCH_2000 + timestamp / 1_000_000
