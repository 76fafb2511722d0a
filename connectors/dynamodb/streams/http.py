"""The Streams calls over the signed client."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

import msgspec

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.streams.calls import StreamCalls, StreamDescription


class _Description(msgspec.Struct):
    StreamDescription: StreamDescription


class _Iterator(msgspec.Struct):
    ShardIterator: str


class DatedDescription(NamedTuple):
    description: StreamDescription
    date: float
    """The service's clock, epoch seconds."""


_description = msgspec.json.Decoder(_Description).decode
_iterator = msgspec.json.Decoder(_Iterator).decode


class HttpStreamCalls(StreamCalls):
    """`caller` is a client of the service `streams.dynamodb`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription:
        return self.describe_dated(arn, exclusive_start_shard_id).description

    def describe_dated(self, arn: str, exclusive_start_shard_id: Optional[str]) -> DatedDescription:
        body = _body(StreamArn=arn, ExclusiveStartShardId=exclusive_start_shard_id)
        answer = self._caller.call("DescribeStream", body)
        description = _description(answer.body).StreamDescription
        return DatedDescription(description, answer.date)

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str:
        body = _body(
            StreamArn=arn, ShardId=shard_id, ShardIteratorType=iterator_type, SequenceNumber=sequence_number
        )
        answer = self._caller.call("GetShardIterator", body)
        return _iterator(answer.body).ShardIterator

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        answer = self._caller.call("GetRecords", _body(ShardIterator=iterator, Limit=limit))
        return answer.body, answer.date


def _body(**fields: Any) -> bytes:
    given: Dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    return msgspec.json.encode(given)
