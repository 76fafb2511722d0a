"""Were records trimmed before they were read?

The service keeps a record for 24 hours. Reading after a trimmed position fails loudly, but TRIM_HORIZON
starts at whatever is left and says nothing: there the head of the shard has to be proved whole.
"""

from __future__ import annotations

import re
from typing import Optional

RETENTION = 24 * 3600.0
MARGIN = 3600.0
"""Trimming is not to the second, and a page may wait in a queue: do not trust the last hour."""

_TIMED_ID = re.compile(r"shardId-(\d{20})-[0-9a-f]+\Z")
_EARLIEST, _LATEST = 1_300_000_000.0, 10_000_000_000.0
"""Epoch seconds that can be a shard's birth: local servers put counters in the same place."""


def born(shard_id: str) -> float:
    """Creation of a shard by its id (`shardId-00000001567391596311-61ca009c`: milliseconds), or 0.

    The form is observed on AWS, not documented; it only ever serves to prove that nothing is missing.
    """
    match = _TIMED_ID.match(shard_id)
    seconds = int(match.group(1)) / 1000 if match else 0.0
    return seconds if _EARLIEST < seconds < _LATEST else 0.0


def is_young(now: float, since: float) -> bool:
    """True when no record made after `since` can have been trimmed. Both on the service's clock."""
    return now - since < RETENTION - MARGIN


def head_is_whole(first: Optional[str], starting: str, young: bool) -> bool:
    """Is nothing missing before `first`, the first record that TRIM_HORIZON showed (None: there was none)?"""
    if young:
        return True
    return bool(first and starting) and int(first or 0) == int(starting)


def replaced(registered_arn: str, latest_arn: Optional[str]) -> Optional[str]:
    """Why the stream a job reads is not the table's stream any more, or None.

    Disabling and enabling makes a new ARN while the old one stays listed for a day; changes made between
    the two are in neither.
    """
    if latest_arn == registered_arn:
        return None
    if not latest_arn:
        return f"the stream {registered_arn} was disabled"
    return f"the stream {registered_arn} was disabled and a new one, {latest_arn}, enabled"
