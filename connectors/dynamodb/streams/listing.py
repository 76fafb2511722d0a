"""All pages of DescribeStream as one list."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from connectors.dynamodb.streams.calls import Shard, StreamCalls


class Listing(NamedTuple):
    status: str
    """ENABLING, ENABLED, DISABLING or DISABLED."""
    view: str
    shards: List[Shard]
    """Pages are read one after the other, so they may contradict each other; `observe.observe` copes."""


def list_shards(calls: StreamCalls, arn: str) -> Listing:
    shards: List[Shard] = []
    start: Optional[str] = None
    while True:
        page = calls.describe_stream(arn, start)
        shards.extend(page.Shards)
        start = page.LastEvaluatedShardId
        if start is None:
            return Listing(page.StreamStatus, page.StreamViewType, shards)
