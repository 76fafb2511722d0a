"""A caller that refuses every operation that could write. The assessment has no other."""

from __future__ import annotations

from connectors.base.errors import TerminalError
from connectors.dynamodb.caller import Caller, Response

READS = frozenset(
    {
        "DescribeContinuousBackups",
        "DescribeKinesisStreamingDestination",
        "DescribeLimits",
        "DescribeTable",
        "DescribeTableReplicaAutoScaling",
        "DescribeTimeToLive",
        "GetResourcePolicy",
        "ListBackups",
        "ListTables",
        "ListTagsOfResource",
        "Scan",
    }
)
"""The operations that the assessment may call. None of them changes anything."""


class ReadOnly(Caller):
    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        if operation not in READS:
            raise TerminalError(f"assess only reads, and {operation} is not a read")
        return self._caller.call(operation, body, table)
