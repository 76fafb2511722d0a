"""The state of one stream's shards. `tracking.observe` updates it from a listing.

Rules, from the AWS developer guide, "Reading and processing a stream":

1. A shard has at most one parent.
2. A shard's records may be applied only after its parent's records.
3. Shards disappear 24 hours after they close.
4. The pages of one DescribeStream listing are read at different times and may contradict each other.

docs/internals/streams.md explains the details.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

import msgspec

CONFIRMATIONS = 5
"""A shard that is missing from this many consecutive listings no longer exists. One listing proves nothing:
pages may contradict each other, and the service may list a shard late. No number is documented; Flink's
connector for these streams used to list five more times."""

FORGET_AFTER = 100
"""A closed shard that is missing from this many consecutive listings is forgotten, to bound the state. With a
lower number, a shard that is listed again after a while would be taken for a new one."""


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A shard that has been assigned to a family or excluded. `parent`: empty if it has none."""

    parent: str
    root: str
    """The family it is read in, named by its first shard. Empty: it closed before the start."""
    closed: bool
    orphan: bool = False
    """Its parent was never listed before the job's start was decided."""
    absent: int = 0
    """The number of consecutive listings without it."""


class Lineage(msgspec.Struct, frozen=True, array_like=True):
    """State of one stream; bounded by the number of listed shards. `oldest`: read the closed shards too."""

    oldest: bool = False
    registered: bool = False
    """The start is decided: shards are being read, and a scan may begin."""
    shards: Dict[str, Known] = {}
    missing: Dict[str, int] = {}
    """Parents that are named but not listed, with the number of consecutive listings without them."""


class Forgotten(NamedTuple):
    """A shard that was assigned to the reader of `root_id` and is no longer listed."""

    shard_id: str
    root_id: str
