"""The four calls of the DynamoDB Streams API, as the reading side needs them."""

from __future__ import annotations

from typing import List, Optional, Protocol, Tuple

import msgspec

TRIM_HORIZON = "TRIM_HORIZON"
AFTER_SEQUENCE_NUMBER = "AFTER_SEQUENCE_NUMBER"
GET_RECORDS_LIMIT = 1000
"""The service's own maximum for GetRecords."""


class Range(msgspec.Struct, frozen=True):
    StartingSequenceNumber: str = ""
    EndingSequenceNumber: Optional[str] = None


class Shard(msgspec.Struct, frozen=True):
    """As DescribeStream lists it. A range without an end is an open shard."""

    ShardId: str
    ParentShardId: Optional[str] = None
    SequenceNumberRange: Range = Range()

    @property
    def closed(self) -> bool:
        return self.SequenceNumberRange.EndingSequenceNumber is not None


class StreamDescription(msgspec.Struct, frozen=True):
    """One page of DescribeStream: up to 100 shards, and where the next page starts, if there is one."""

    StreamArn: str
    TableName: str = ""
    StreamStatus: str = ""
    StreamViewType: str = ""
    Shards: List[Shard] = []
    LastEvaluatedShardId: Optional[str] = None


class StreamSummary(msgspec.Struct, frozen=True):
    StreamArn: str
    TableName: str = ""
    StreamLabel: str = ""


class StreamCalls(Protocol):
    """Each raises ServiceError with the service's code, or TransientError after its own bounded retries."""

    def list_streams(self, table: str) -> List[StreamSummary]:
        """Every stream of a table; one that was disabled stays listed for a day beside its successor."""
        ...

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription: ...

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str: ...

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        """The body as it came, not yet read, and the service's own Date in epoch seconds."""
        ...
