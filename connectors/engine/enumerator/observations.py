"""What a look at the source brought to light: facts for the plan, which decides."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple, Union

from connectors.dynamodb.streams.calls import Shard


class Prepared(NamedTuple):
    """A table's target exists, and its stream is on where the mode needs one."""

    table: str
    schema: List[Tuple[str, str]]
    arn: str
    """Of the stream; empty where none is read."""
    size_bytes: int
    items: int
    """Both as DescribeTable estimates them, about six hours old."""
    target_bytes: int = 0
    """Of the target table, for dividing its scan; 0 where the target does not say."""
    target_items: int = 0
    schema_differences: List[str] = []
    """Of the check: how the two tables' definitions differ, a sentence each."""
    target_bounds: Optional[List[bytes]] = None
    """Where the scan of the target's table is to be divided; None: by number alone."""


class Listed(NamedTuple):
    """All pages of one DescribeStream listing, read after `date` (epoch seconds, the service's clock)."""

    table: str
    arn: str
    shards: List[Shard]
    date: float


class Restreamed(NamedTuple):
    """The table's stream is not the one that is being read: it was disabled, or the table was made anew."""

    table: str
    arn: str
    """The stream that is being read."""
    reason: str


class Trimmed(NamedTuple):
    """A reader found that changes it had not read are gone."""

    table: str
    generation: int
    since: float
    """When the stream that it read was registered: tells this job's gaps from those of an earlier one."""
    reason: str


Observation = Union[Prepared, Listed, Restreamed, Trimmed]
