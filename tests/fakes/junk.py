"""An endpoint that answers everything with status 200 and the same body."""

from __future__ import annotations

from connectors.dynamodb.caller import Response


class Junk:
    """Implements `Caller`."""

    def __init__(self, body: bytes) -> None:
        self.body, self.calls = body, 0

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        self.calls += 1
        return Response(self.body, 0.0)
