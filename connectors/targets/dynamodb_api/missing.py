"""A table that one side lacks reads as an empty one: each item of the other is then missing, or extra."""

from __future__ import annotations

from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import NO_TABLE, ServiceError

EMPTY = {
    "Scan": Response(b'{"Items":[]}', 0.0),
    "BatchGetItem": Response(b'{"Responses":{},"UnprocessedKeys":{}}', 0.0),
}


class EmptyIfMissing(Caller):
    """A Caller for reads. That the table is missing is told beside, as a difference of definitions."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        try:
            return self._caller.call(operation, body, table)
        except ServiceError as error:
            if operation in EMPTY and error.code in NO_TABLE:
                return EMPTY[operation]
            raise
