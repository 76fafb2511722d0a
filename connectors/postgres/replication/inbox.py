"""Messages that the replication thread has received and the reader has not taken yet, bounded in bytes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Deque, NamedTuple, Optional, Union

from connectors.postgres.replication.confirmed import Session


class Began(NamedTuple):
    """A connection was opened: the server sends the slot's changes again, from its confirmed position on."""

    session: Session


class Keepalive(NamedTuple):
    """The server has sent everything that committed before `wal_end`."""

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
    """A queue: one thread puts, another takes."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes. The queue may exceed it by one message, whose size is known only on arrival."""
        self._limit = limit
        self._entries: Deque[Received] = deque()
        self._put = self._taken = 0
        self._room, self._arrived = threading.Event(), threading.Event()
        self._error: Optional[BaseException] = None

    def put(self, received: Received) -> None:
        self._put += _size(received)
        self._entries.append(received)
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self) -> Optional[Received]:
        if not self._entries:
            return None
        received = self._entries.popleft()
        self._taken += _size(received)
        if not self._room.is_set() and not self.full:
            self._room.set()
        return received

    def fail(self, error: BaseException) -> None:
        """End the stream: nothing follows the messages that are in the queue."""
        self._error = error
        self._arrived.set()

    def wait(self, seconds: float) -> None:
        """Wait until there is something to take, at most `seconds`. Called by the taking thread."""
        self._arrived.clear()
        if not self._entries and self._error is None:
            self._arrived.wait(seconds)

    @property
    def failed(self) -> bool:
        return self._error is not None

    def check(self) -> None:
        """Raises the error given to `fail`, once all messages before it have been taken."""
        error = self._error
        if error is not None and not self._entries:
            raise error

    @property
    def full(self) -> bool:
        return self._put - self._taken >= self._limit

    @property
    def size(self) -> int:
        """Bytes in the queue."""
        return self._put - self._taken

    def wait_room(self, seconds: float) -> None:
        self._room.clear()
        if self.full:
            self._room.wait(seconds)


def _size(received: Received) -> int:
    return _OVERHEAD + (len(received.payload) if isinstance(received, Data) else 0)
