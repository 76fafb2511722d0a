"""A replication connection: a test defines what arrives, and reads what was sent."""

from __future__ import annotations

import struct
from collections import deque
from typing import Deque, List, NamedTuple, Optional, Union

from connectors.base.errors import TransientError


def data(start: int, payload: bytes) -> bytes:
    return struct.pack(">cQQq", b"w", start, start, 0) + payload


def keepalive(wal_end: int, ask: bool = False) -> bytes:
    return struct.pack(">cQqB", b"k", wal_end, 0, ask)


class Feedback(NamedTuple):
    confirmed: int
    asks: bool


class FakeWire:
    """An arrived exception is raised when its turn comes."""

    def __init__(self, *arrives: Union[bytes, Exception]) -> None:
        self.arrives: Deque[Union[bytes, Exception]] = deque(arrives)
        self.sent: List[Feedback] = []
        self.closed = False
        self.reads = 0

    def read(self) -> Optional[bytes]:
        self.reads += 1
        if not self.arrives:
            return None
        one = self.arrives.popleft()
        if isinstance(one, Exception):
            raise one
        return one

    def send(self, message: bytes) -> None:
        if self.closed:
            raise TransientError("closed")
        _, _, flushed, _, _, asks = struct.unpack(">cQQQqB", message)
        self.sent.append(Feedback(flushed, bool(asks)))

    def wait(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        self.closed = True
