"""Writes -> BatchWriteItem requests, without decoding an item."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

import msgspec

from connectors.model.writes import Write

Request = Tuple[Write, ...]
"""Writes to any tables; no key twice."""

MAX_WRITES = 25
MAX_BYTES = 12_000_000
"""The service accepts 16 MB, which it counts differently; 25 items of 400 KB fit."""

OVERHEAD = 64
"""Bytes around one item: {"PutRequest":{"Item":}}, commas, and its share of the table's name."""


def pack(writes: Iterable[Write]) -> Iterator[Request]:
    """Divide the writes into requests of up to MAX_WRITES, in order.

    An item larger than the limit is sent alone, for the service to refuse.
    """
    request: List[Write] = []
    size = 0
    for write in writes:
        weight = len(write.body) + OVERHEAD
        if request and (len(request) == MAX_WRITES or size + weight > MAX_BYTES):
            yield tuple(request)
            request, size = [], 0
        request.append(write)
        size += weight
    if request:
        yield tuple(request)


def body_of(request: Sequence[Write]) -> bytes:
    """`{"RequestItems":{TABLE:[{"PutRequest":{"Item":...}},{"DeleteRequest":{"Key":...}}]}}`."""
    tables: Dict[str, List[bytes]] = {}
    for write in request:
        wrapped = (
            b'{"DeleteRequest":{"Key":%b}}' if write.delete else b'{"PutRequest":{"Item":%b}}'
        ) % write.body
        tables.setdefault(write.table, []).append(wrapped)
    lists = [msgspec.json.encode(table) + b":[" + b",".join(parts) + b"]" for table, parts in tables.items()]
    return b'{"RequestItems":{' + b",".join(lists) + b"}}"


class BacklogEntry(NamedTuple):
    request: Request
    attempt: int = 0


class Backlog:
    def __init__(self, requests: Iterable[Request]) -> None:
        self._ready: Deque[BacklogEntry] = deque(BacklogEntry(request) for request in requests)
        self._later: List[Tuple[float, int, BacklogEntry]] = []
        self._pushed = 0

    def __bool__(self) -> bool:
        return bool(self._ready or self._later)

    def now(self, entry: BacklogEntry) -> None:
        """Add before the entries that are ready."""
        self._ready.appendleft(entry)

    def later(self, at: float, entry: BacklogEntry) -> None:
        self._pushed += 1
        heapq.heappush(self._later, (at, self._pushed, entry))

    def pop(self, now: float) -> Optional[BacklogEntry]:
        if self._later and self._later[0][0] <= now:
            return heapq.heappop(self._later)[2]
        return self._ready.popleft() if self._ready else None

    def next_at(self) -> Optional[float]:
        """The time at which `pop` returns an entry; None if there is none."""
        if self._ready:
            return 0.0
        return self._later[0][0] if self._later else None
