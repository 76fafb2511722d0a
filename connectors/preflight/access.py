"""Trying the calls that read: only a call tells whether it is permitted."""

from __future__ import annotations

import msgspec

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.get import PointReads
from connectors.dynamodb.keys import KeyReader
from connectors.dynamodb.streams import records
from connectors.dynamodb.streams.calls import TRIM_HORIZON
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.tables.description import TableDescription

GONE = frozenset({"TrimmedDataAccessException", "ExpiredIteratorException", "ResourceNotFoundException"})
"""The oldest shard may expire between two calls: it was permitted to ask."""


ANY_KEY = {"S": "polarshake", "N": "0", "B": "AA=="}


def try_point_read(caller: Caller, table: TableDescription) -> None:
    """BatchGetItem of one key, which need not be there. Raises what it raises."""
    schema = table.key_schema
    key = {attribute.name: {attribute.type: ANY_KEY[attribute.type]} for attribute in schema.attributes}
    PointReads(KeyReader(table.TableName, schema), caller, consistent=False).read([msgspec.json.encode(key)])


def try_stream(streams: Caller, arn: str, table: str) -> None:
    """DescribeStream, GetShardIterator and GetRecords, of one record. Raises what they raise."""
    calls = HttpStreamCalls(streams)
    shards = calls.describe_stream(arn, None).Shards
    if not shards:
        return
    try:
        iterator = calls.get_shard_iterator(arn, shards[0].ShardId, TRIM_HORIZON, None)
        records.decode(calls.get_records(iterator, 1)[0], table)
    except ServiceError as error:
        if error.code not in GONE:
            raise
