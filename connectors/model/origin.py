"""How the reverse job knows what the forward job wrote, so that changes do not circle between the two.

The proxy in front of PolarDB leaves no room for a replication origin, and comparing values is not enough: of
two quick changes A and B of a key, A would go back when DynamoDB has B already, and circle. So the forward
job puts one row of a table of its own into a BatchWriteItem. PolarDB applies such a request as one
transaction, which the reverse job sees whole: a transaction with this row in it is passed over.

It costs the 25th place of the request and one small row written; figures in docs/reverse.md.
"""

from __future__ import annotations

from typing import Optional, Sequence

from connectors.model.writes import Write

TABLE = "polarshake_origin"
MOST_CHANGES = 25
"""Of a BatchWriteItem with its mark: a larger transaction is nobody's echo."""
ROWS = 256
"""Of one lane, written in turn: requests in flight at once never wait for each other's row."""


class Marker:
    """Gives requests of one lane their marks."""

    def __init__(self, lane: int, copies: bool) -> None:
        """`copies`: mark also requests that hold no change, only copied items."""
        self._lane, self._copies, self._count = lane, copies, 0

    def __call__(self, writes: Sequence[Write]) -> Optional[Write]:
        if not (self._copies or any(write.change for write in writes)):
            return None
        self._count += 1
        # The count makes it a change: a server may skip an update that changes nothing.
        key, count = f"{self._lane}-{self._count % ROWS}", self._count
        body = b'{"id":{"S":"%b"},"count":{"N":"%d"}}' % (key.encode(), count)
        return Write(TABLE, body, False, "origin")
