"""The calls of the DynamoDB Streams API that a reader needs, and the listing of all shards."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Protocol, Tuple

import msgspec

TRIM_HORIZON = "TRIM_HORIZON"
AFTER_SEQUENCE_NUMBER = "AFTER_SEQUENCE_NUMBER"
GET_RECORDS_LIMIT = 1000
"""The service's own maximum for GetRecords."""


class Range(msgspec.Struct, frozen=True):
    StartingSequenceNumber: str = ""
    EndingSequenceNumber: Optional[str] = None


class Shard(msgspec.Struct, frozen=True):
    """A shard in a response of DescribeStream. A shard whose range has no end is open."""

    ShardId: str
    ParentShardId: Optional[str] = None
    SequenceNumberRange: Range = Range()

    @property
    def closed(self) -> bool:
        return self.SequenceNumberRange.EndingSequenceNumber is not None


class StreamDescription(msgspec.Struct, frozen=True):
    """One page of DescribeStream: up to 100 shards, and the start of the next page, if there is one."""

    StreamArn: str
    TableName: str = ""
    Shards: List[Shard] = []
    LastEvaluatedShardId: Optional[str] = None


class StreamCalls(Protocol):
    """Each raises ServiceError with the service's code, or TransientError after a bounded number of
    retries."""

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription: ...

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str: ...

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        """The body as it came, not yet read, and the service's own Date in epoch seconds."""
        ...


class DatedDescription(NamedTuple):
    description: StreamDescription
    date: float
    """The service's clock, epoch seconds."""


def whole_listing(describe: Callable[[str, Optional[str]], DatedDescription], arn: str) -> DatedDescription:
    """All shards; `describe` returns the page of a stream after a shard. The date is that of the first page:
    every later write is in one of the shards open in some page.

    Pages are read at different times and may contradict each other; `tracking.observe` handles that.
    """
    first = describe(arn, None)
    shards, start = list(first.description.Shards), first.description.LastEvaluatedShardId
    while start is not None:
        page = describe(arn, start).description
        shards += page.Shards
        start = page.LastEvaluatedShardId
    return DatedDescription(msgspec.structs.replace(first.description, Shards=shards), first.date)
