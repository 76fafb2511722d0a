"""Trying the calls that read: only a call tells whether it is permitted."""

from __future__ import annotations

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.tables.api import ask
from connectors.dynamodb.tables.description import TableDescription

GONE = frozenset({"TrimmedDataAccessException", "ExpiredIteratorException", "ResourceNotFoundException"})
"""The oldest shard may expire between two calls: it was permitted to ask."""


ANY_KEY = {"S": "polarshake", "N": "0", "B": "AA=="}


def try_point_read(caller: Caller, table: TableDescription) -> None:
    """BatchGetItem of one key, which need not be there. Raises what it raises."""
    key = {
        attribute.name: {attribute.type: ANY_KEY[attribute.type]} for attribute in table.key_schema.attributes
    }
    ask(caller, "BatchGetItem", {"RequestItems": {table.TableName: {"Keys": [key]}}})


def try_stream(streams: Caller, arn: str) -> None:
    """DescribeStream, GetShardIterator and GetRecords, of one record. Raises what they raise."""
    page = ask(streams, "DescribeStream", {"StreamArn": arn, "Limit": 1})
    shards = (page.get("StreamDescription") or {}).get("Shards") or []
    if not shards:
        return
    request = {"StreamArn": arn, "ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    try:
        iterator = ask(streams, "GetShardIterator", request).get("ShardIterator")
        if iterator:
            ask(streams, "GetRecords", {"ShardIterator": iterator, "Limit": 1})
    except ServiceError as error:
        if error.code not in GONE:
            raise
