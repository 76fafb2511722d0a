"""The origin mark: the reverse job recognizes writes of the forward job by it, so that changes do not loop.

1. The proxy in front of PolarDB does not support a replication origin.
2. Comparing values is not enough. If a key changes quickly to A and then to B, the reverse job would write A
   to DynamoDB when DynamoDB already has B, and the changes would loop.
3. The forward job therefore adds one row of its own table to a BatchWriteItem.
4. PolarDB applies such a request as one transaction, which the reverse job receives as a whole.
5. The reverse job skips a transaction that contains exactly one such row and at most as many changes as fit
   into a request with it: see connectors.reverse.echo.

The table also holds the documents of the board: see connectors.model.board. Such a row is alone in its
transaction, so the reverse job skips it.

The cost is the 25th place of the request and one small row; figures are in docs/reverse.md.
"""

from __future__ import annotations

from typing import Optional, Sequence

from connectors.model.writes import Write

TABLE = "polarshake_origin"
MOST_CHANGES = 25
"""The most changes of a BatchWriteItem, mark included. A larger transaction is not an echo."""
ROWS = 256
"""Rows per writer, used in turn, so that concurrent requests do not wait for the lock of a row."""


class Marker:
    """Creates the marks for the requests of one writer."""

    def __init__(self, writer: int, copies: bool) -> None:
        """`copies`: also mark requests that contain only copied items and no change."""
        self._writer, self.copies, self._count = writer, copies, 0

    def __call__(self, writes: Sequence[Write]) -> Optional[Write]:
        if not (self.copies or any(write.change for write in writes)):
            return None
        self._count += 1
        # The count makes it a real change: a server may skip an update that changes nothing.
        key, count = f"{self._writer}-{self._count % ROWS}", self._count
        body = b'{"id":{"S":"%b"},"count":{"N":"%d"}}' % (key.encode(), count)
        return Write(TABLE, body, False, "origin")
