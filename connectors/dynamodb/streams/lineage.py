"""What is remembered of one stream's shards, and what becomes of them.

Rules and their source (AWS developer guide, "Reading and processing a stream"): a shard has at most one
parent; its records may be applied only after its parent's; shards disappear 24 hours after they close;
the pages of one DescribeStream listing are read at different moments and may contradict each other.
docs/internals/streams.md tells the whole; `tracking.observe` takes in a listing.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

import msgspec

CONFIRMATIONS = 5
"""A shard that this many listings in a row lack is gone. One listing proves nothing: pages may contradict
each other, and the service is free to show a shard late. No number is documented; Flink's connector for these
streams used to look again five times."""

FORGET_AFTER = 100
"""A closed shard that this many listings in a row lack is forgotten. Only housekeeping: sooner would take one
that hides and shows again for a new one."""


class Known(msgspec.Struct, frozen=True, array_like=True):
    """A shard whose part is settled. `parent`: empty where it has none."""

    parent: str
    root: str
    """The family it is read in, named by its first shard. Empty: it closed before the start."""
    closed: bool
    orphan: bool = False
    """The job began without ever having seen its parent."""
    absent: int = 0
    """Listings in a row that lacked it."""


class Lineage(msgspec.Struct, frozen=True, array_like=True):
    """State of one stream; bounded by the shards that are listed. `oldest`: read the closed ones too."""

    oldest: bool = False
    registered: bool = False
    """The start is settled: shards are being read, and a scan may begin."""
    shards: Dict[str, Known] = {}
    missing: Dict[str, int] = {}
    """Parents that are named but not listed: by how many listings in a row."""


class Forgotten(NamedTuple):
    """Was assigned to the reader of `root_id`, and is listed no more."""

    shard_id: str
    root_id: str
