"""How far may the slot move? Pure.

The rule: `confirmed_flush_lsn` never passes a change that is not durable in DynamoDB (or in the dead-letter
store), and it moves when there is nothing to wait for. Only positions between transactions count: the end of
a commit, or the log's end as a keepalive gives it while no transaction is being received: whatever committed
before it has been sent by then.

1. What is received is cut into pieces, in the stream's order. A piece holds changes, and the last position
   between transactions that it contains.
2. A piece is finished when each of its changes is durable, or a later change of the same key is.
3. The slot may move to a piece's position when that piece and all pieces before it are finished.
4. A session is one replication connection. It begins at the slot's own position and never reports a lower
   one. Nothing of another session counts: after a failover the new primary's log may give an old position to
   other changes.

All of it happens in one process: no message from outside takes part.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Generic, TypeVar

MERGE_ABOVE = 1024
"""Pieces that may wait before runs of finished ones are merged: one change that is stuck for hours must not
let the list of what lies behind it grow."""


class Session:
    """One replication connection. The writing thread moves `confirmed`, the receiving thread reports it."""

    def __init__(self, floor: int, seen_at: float = 0.0) -> None:
        """`floor`: where the slot stood when the connection began, or the later position it starts from.
        `seen_at`: of the session before."""
        self.floor = self.confirmed = floor
        """`confirmed`: what PostgreSQL may be told."""
        self.seen_at = seen_at
        """Up to when changes are durable: epoch seconds, the server's clock; 0: not known."""
        self.settled = 0
        """The number of the last piece that is finished with all before it."""

    def passed(self, lsn: int, seen_at: float) -> None:
        """A lower position than the one known means nothing: it was reached before the connection began."""
        self.confirmed = max(self.confirmed, lsn)
        self.seen_at = max(self.seen_at, seen_at)


class Piece:
    """A part of one session's stream. `number` counts up from 1."""

    __slots__ = ("left", "number", "reached", "seen_at")

    def __init__(self, number: int, reached: int = 0, seen_at: float = 0.0) -> None:
        """`reached`: what committed before this position stands in this piece or an earlier one; 0: no new
        position."""
        self.number, self.reached, self.seen_at = number, reached, seen_at
        self.left = 0
        """Changes that are not durable yet."""


P = TypeVar("P", bound=Piece)


class Ledger(Generic[P]):
    """The pieces of one session that are not finished, or follow one that is not."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._pieces: Deque[P] = deque()
        self._merge_at = MERGE_ABOVE

    def __len__(self) -> int:
        return len(self._pieces)

    def add(self, piece: P) -> None:
        """The next piece of the stream; `left` has been set."""
        self._pieces.append(piece)
        if len(self._pieces) > self._merge_at:
            self._merge()

    def settle(self) -> None:
        """Move the session's position as far as the pieces allow."""
        pieces = self._pieces
        while pieces and not pieces[0].left:
            piece = pieces.popleft()
            self.session.passed(piece.reached, piece.seen_at)
            self.session.settled = piece.number

    def _merge(self) -> None:
        """Of finished pieces in a row the last stands for all."""
        merged: Deque[P] = deque()
        for piece in self._pieces:
            if merged and not piece.left and not merged[-1].left:
                before = merged.pop()
                piece.reached = max(piece.reached, before.reached)
                piece.seen_at = max(piece.seen_at, before.seen_at)
            merged.append(piece)
        self._pieces = merged
        self._merge_at = max(MERGE_ABOVE, 2 * len(merged))
