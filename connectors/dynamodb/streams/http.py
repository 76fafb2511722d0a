"""The Streams calls over the signed client."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import msgspec

from connectors.dynamodb.answers import Answer, DamagedError, ask, decoded
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.limits import Limiter
from connectors.dynamodb.streams.calls import (
    DatedDescription,
    Shard,
    StreamCalls,
    StreamDescription,
    whole_listing,
)


class _Listed(StreamDescription, frozen=True, kw_only=True):
    """The list is required: without it, it would look as if all shards of the stream had been trimmed."""

    Shards: List[Shard]


class _Description(Answer):
    StreamDescription: _Listed


class _Iterator(Answer):
    ShardIterator: str


_description = msgspec.json.Decoder(_Description).decode
_iterator = msgspec.json.Decoder(_Iterator).decode


class HttpStreamCalls(StreamCalls):
    """`caller` is a client of the service `streams.dynamodb`. `describes` limits the calls of DescribeStream,
    of which the service allows about ten a second for the whole account."""

    def __init__(self, caller: Caller, describes: Optional[Limiter] = None) -> None:
        self._caller, self._describes = caller, describes

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription:
        return self.describe_dated(arn, exclusive_start_shard_id).description

    def describe_dated(
        self, arn: str, exclusive_start_shard_id: Optional[str], children_of: Optional[str] = None
    ) -> DatedDescription:
        """`children_of`: only the children of this shard, if the server supports this filter."""
        if self._describes is not None:
            self._describes.acquire()
            self._describes.pay(1.0)
        wanted = {"Type": "CHILD_SHARDS", "ShardId": children_of} if children_of else None
        body = _body(StreamArn=arn, ExclusiveStartShardId=exclusive_start_shard_id, ShardFilter=wanted)
        return ask(self._caller, "DescribeStream", body, _dated)

    def list_dated(self, arn: str) -> DatedDescription:
        return whole_listing(self.describe_dated, arn)

    def children(self, arn: str, shard_id: str) -> List[Shard]:
        """The children of this shard, in the first page that has any."""
        start: Optional[str] = None
        while True:
            page = self.describe_dated(arn, start, shard_id).description
            children = [shard for shard in page.Shards if shard.ParentShardId == shard_id]
            start = page.LastEvaluatedShardId
            if children or start is None:
                return children

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str:
        body = _body(
            StreamArn=arn, ShardId=shard_id, ShardIteratorType=iterator_type, SequenceNumber=sequence_number
        )
        return ask(self._caller, "GetShardIterator", body, _shard_iterator)

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        came = ask(self._caller, "GetRecords", _body(ShardIterator=iterator, Limit=limit), _unread)
        return came.body, came.date


def _dated(came: Response) -> DatedDescription:
    return DatedDescription(decoded(_description, came.body, "DescribeStream").StreamDescription, came.date)


def _unread(came: Response) -> Response:
    return came


def _shard_iterator(came: Response) -> str:
    iterator = decoded(_iterator, came.body, "GetShardIterator").ShardIterator
    if not iterator:
        raise DamagedError("the ShardIterator in an answer of GetShardIterator is empty")
    return iterator


def _body(**fields: Any) -> bytes:
    given: Dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    return msgspec.json.encode(given)
