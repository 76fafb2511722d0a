"""What the reading thread of a slot passes to the writing thread: changes, and the position reached. Pure."""

from __future__ import annotations

from typing import Iterable, List, Tuple

from connectors.model.digests import Entry
from connectors.postgres.replication.confirmed import Piece, Session

Change = Tuple[str, bytes, bytes, bool, int]
"""(table, digest of the key, body, whether it is a delete, LSN)"""
OVERHEAD = 400
"""Bytes that a change takes in memory beyond its body."""


class ChangeBatch(Piece):
    """A piece of the replication stream, in its order: the changes, then the position reached.

    `changes` may also contain changes after that position, of a transaction that has not ended. The position
    then waits for a few changes more than necessary.
    """

    __slots__ = ("changes", "session", "size")

    def __init__(self, session: Session, number: int) -> None:
        super().__init__(number)
        self.session = session
        self.changes: List[Change] = []
        self.size = 0
        """Bytes in memory."""

    def add(self, table: str, entries: Iterable[Entry], lsn: int) -> None:
        for digest, body, delete in entries:
            self.changes.append((table, digest, body, delete, lsn))
            self.size += len(body) + OVERHEAD

    def reach(self, lsn: int, seen_at: float) -> None:
        """Everything that committed before `lsn` is in this batch or an earlier one. `seen_at`: when the
        server reported that, epoch seconds, the server's clock."""
        self.reached, self.seen_at = max(self.reached, lsn), seen_at

    @property
    def empty(self) -> bool:
        return not self.changes and not self.reached
