"""A refusal, as DynamoDB returns it."""

from __future__ import annotations

import json


class Refusal(Exception):
    """Becomes an answer with this HTTP status and error type."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.status = kind, status

    def body(self) -> bytes:
        name = f"com.amazonaws.dynamodb.v20120810#{self.kind}"
        return json.dumps({"__type": name, "message": str(self)}).encode()


def no_such_table(table: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"Requested resource not found: Table: {table} not found")
