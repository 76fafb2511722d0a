"""What the replication thread has received and the reader has not taken yet, bounded in bytes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Deque, NamedTuple, Optional, Union


class Began(NamedTuple):
    """A connection was made: the slot's changes come again from its confirmed position on."""

    session: str


class Keepalive(NamedTuple):
    """All that had committed before `wal_end` has been sent by now."""

    wal_end: int
    sent_at: int
    """The server's clock: microseconds since 2000-01-01 UTC."""


class Data(NamedTuple):
    """One pgoutput message."""

    start: int
    payload: bytes


Received = Union[Began, Keepalive, Data]
_OVERHEAD = 200
"""Bytes that an entry takes beyond its payload."""


class Inbox:
    """One thread puts, one takes."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes. One message more may lie here: its size is known only when it is there."""
        self._limit = limit
        self._entries: Deque[Received] = deque()
        self._put = self._taken = 0
        self._room = threading.Event()
        self._error: Optional[BaseException] = None

    def put(self, one: Received) -> None:
        self._put += _size(one)
        self._entries.append(one)

    def take(self) -> Optional[Received]:
        if not self._entries:
            return None
        one = self._entries.popleft()
        self._taken += _size(one)
        if not self._room.is_set() and not self.full:
            self._room.set()
        return one

    def fail(self, error: BaseException) -> None:
        """After what lies here nothing follows."""
        self._error = error

    def check(self) -> None:
        """Raises what `fail` was given, once all before it has been taken."""
        error = self._error
        if error is not None and not self._entries:
            raise error

    @property
    def full(self) -> bool:
        return self._put - self._taken >= self._limit

    @property
    def size(self) -> int:
        """Bytes that lie here."""
        return self._put - self._taken

    def wait_room(self, seconds: float) -> None:
        self._room.clear()
        if self.full:
            self._room.wait(seconds)


def _size(one: Received) -> int:
    return _OVERHEAD + (len(one.payload) if isinstance(one, Data) else 0)
