"""Detects records that were trimmed before they were read.

The service keeps a record for 24 hours. A read after a trimmed position fails with an error. But TRIM_HORIZON
silently starts at the oldest remaining record, so the reader must prove that the start of the shard is
complete.
"""

from __future__ import annotations

import re
from typing import Optional

RETENTION = 24 * 3600.0
MARGIN = 3600.0
"""Trimming is not exact to the second, and a page may wait in a queue: the last hour is not trusted."""

_TIMED_ID = re.compile(r"shardId-(\d{20})-[0-9a-f]+\Z")
_EARLIEST, _LATEST = 1_300_000_000.0, 10_000_000_000.0
"""The range of plausible creation times, epoch seconds: local servers put counters in the same place."""


def born(shard_id: str) -> float:
    """The creation time in a shard's id (`shardId-00000001567391596311-61ca009c`: milliseconds), or 0.

    The format was observed on AWS and is not documented. It is used only to prove that nothing is missing.
    """
    match = _TIMED_ID.match(shard_id)
    seconds = int(match.group(1)) / 1000 if match else 0.0
    return seconds if _EARLIEST < seconds < _LATEST else 0.0


def is_young(now: float, since: float) -> bool:
    """Whether no record created after `since` can have been trimmed. Both times are of the service's
    clock."""
    return now - since < RETENTION - MARGIN


def head_is_whole(first: Optional[str], starting: str, young: bool) -> bool:
    """Whether nothing is missing before `first`, the first record from TRIM_HORIZON (None: no record)."""
    if young:
        return True
    return bool(first and starting) and int(first or 0) == int(starting)


def replaced(registered_arn: str, latest_arn: Optional[str]) -> Optional[str]:
    """Why the stream that a job reads is no longer the table's stream, or None.

    Disabling and enabling a stream creates a new ARN; the old one stays listed for a day. Neither stream
    contains the changes made in between.
    """
    if latest_arn == registered_arn:
        return None
    if not latest_arn:
        return f"the stream {registered_arn} was disabled"
    return f"the stream {registered_arn} was disabled and a new one, {latest_arn}, enabled"
