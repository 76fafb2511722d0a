"""The position that may be confirmed to a replication slot. Pure.

The slot advances only past changes that are durable in DynamoDB (or in the dead-letter store), and keeps
advancing when idle.

1. Only positions between transactions count: the end of a commit, or the end of the log that a keepalive
   reports while no transaction is being received. The server has sent everything that committed before it.
2. The stream is divided into pieces, in its order. A piece holds changes, and the last position between
   transactions that it contains.
3. A piece is finished when each of its changes is durable, or a later change of the same key is durable.
4. The slot may advance to a piece's position when that piece and all pieces before it are finished.
5. A session is one replication connection. It begins at the slot's own position and never reports a lower
   one.
6. A position of another session never counts: after a failover, the new primary's log may assign an old
   position to other changes.
7. The position depends only on what happens in this process. No external message affects it.
8. If the keys of the changes are recorded, the slot advances only past changes whose keys are stored.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Generic, Iterator, TypeVar

MERGE_ABOVE = 1024
"""Pieces that may wait before consecutive finished ones are merged: a change that is stuck for hours must not
let the list of the pieces after it grow."""


EVERYTHING = (1 << 64) - 1


class Session:
    """One replication connection. The writing thread moves its position, the receiving thread reports it."""

    def __init__(self, floor: int, seen_at: float = 0.0, server: str = "") -> None:
        """`floor`: the slot's position when the connection began, or the later position it starts from.
        `seen_at`: that of the previous session. `server`: the start time of the server process, see
        model.key_record."""
        self.floor = self.durable = floor
        """`durable`: everything that committed before it is durable in DynamoDB."""
        self.server = server
        self.recorded = EVERYTHING
        """The keys of the changes before this position are stored, or are known to be missing. The recording
        thread moves it."""
        self.seen_at = seen_at
        """The time up to which changes are durable: epoch seconds, the server's clock; 0: not known."""
        self.settled = 0
        """The number of the last piece that is finished along with all pieces before it."""

    @property
    def confirmed(self) -> int:
        """The position that may be reported to PostgreSQL."""
        return min(self.durable, self.recorded)

    def passed(self, lsn: int, seen_at: float) -> None:
        """Advance. A lower position than the known one is ignored: it was reached before this connection."""
        self.durable = max(self.durable, lsn)
        self.seen_at = max(self.seen_at, seen_at)


class Piece:
    """A part of one session's stream. `number` counts up from 1."""

    __slots__ = ("left", "number", "reached", "seen_at")

    def __init__(self, number: int, reached: int = 0, seen_at: float = 0.0) -> None:
        """`reached`: everything that committed before this position is in this piece or an earlier one; 0: no
        new position."""
        self.number, self.reached, self.seen_at = number, reached, seen_at
        self.left = 0
        """Changes that are not durable yet."""


P = TypeVar("P", bound=Piece)


class Ledger(Generic[P]):
    """The pieces of one session that are not finished, or follow an unfinished one."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._pieces: Deque[P] = deque()
        self._merge_at = MERGE_ABOVE

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[P]:
        return iter(self._pieces)

    def add(self, piece: P) -> None:
        """The next piece of the stream; `left` has been set."""
        self._pieces.append(piece)
        if len(self._pieces) > self._merge_at:
            self._merge()

    def settle(self) -> None:
        """Advance the session's position as far as the pieces allow."""
        pieces = self._pieces
        while pieces and not pieces[0].left:
            piece = pieces.popleft()
            self.session.passed(piece.reached, piece.seen_at)
            self.session.settled = piece.number

    def _merge(self) -> None:
        """Replace consecutive finished pieces by the last one of them."""
        merged: Deque[P] = deque()
        for piece in self._pieces:
            if merged and not piece.left and not merged[-1].left:
                before = merged.pop()
                piece.reached = max(piece.reached, before.reached)
                piece.seen_at = max(piece.seen_at, before.seen_at)
            merged.append(piece)
        self._pieces = merged
        self._merge_at = max(MERGE_ABOVE, 2 * len(merged))
