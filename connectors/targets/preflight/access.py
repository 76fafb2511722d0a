"""Makes the calls that read, because only a call shows whether it is permitted."""

from __future__ import annotations

import msgspec

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import DENIED, NO_TABLE, ServiceError
from connectors.dynamodb.get import PointReads
from connectors.dynamodb.streams import records
from connectors.dynamodb.streams.calls import TRIM_HORIZON
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.keys import KeyReader

GONE = frozenset({"TrimmedDataAccessException", "ExpiredIteratorException", "ResourceNotFoundException"})
"""The oldest shard may expire between two calls. These codes prove that the call is permitted."""


NO_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/polarshake/stream/2000-01-01T00:00:00.000"
SPEAKS = NO_TABLE | DENIED | {"ValidationException"}
"""Error codes for a stream that does not exist. Only an endpoint of the Streams API returns them."""


def try_streams_endpoint(streams: Caller) -> None:
    """Check that the endpoint speaks DynamoDB Streams and accepts the credentials. No table needs a stream
    yet. Raises what the call raises."""
    try:
        HttpStreamCalls(streams).describe_stream(NO_STREAM, None)
    except ServiceError as error:
        if error.code not in SPEAKS:
            raise


ANY_KEY = {"S": "polarshake", "N": "0", "B": "AA=="}


def try_point_read(caller: Caller, table: TableDescription) -> None:
    """Call BatchGetItem for one key, which need not exist. Raises what the call raises."""
    schema = table.key_schema
    key = {attribute.name: {attribute.type: ANY_KEY[attribute.type]} for attribute in schema.attributes}
    PointReads(KeyReader(table.TableName, schema), caller, consistent=False).read([msgspec.json.encode(key)])


def try_stream(streams: Caller, arn: str, table: str) -> None:
    """Call DescribeStream, GetShardIterator, and GetRecords for one record. Raises what they raise."""
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
