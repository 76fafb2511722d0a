"""Requests that wait to be sent: now, or after their pause. Pure."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Deque, Iterable, List, NamedTuple, Optional, Tuple

from connectors.dynamodb.write.pack import Request
from connectors.model.writes import Write


class BacklogEntry(NamedTuple):
    request: Request
    attempt: int = 0
    mark: Optional[Write] = None
    """What goes out beside it, chosen when it is sent."""


class Backlog:
    def __init__(self, requests: Iterable[Request]) -> None:
        self._ready: Deque[BacklogEntry] = deque(BacklogEntry(request) for request in requests)
        self._later: List[Tuple[float, int, BacklogEntry]] = []
        self._pushed = 0

    def __bool__(self) -> bool:
        return bool(self._ready or self._later)

    def now(self, entry: BacklogEntry) -> None:
        """Put in front of the ones that are ready."""
        self._ready.appendleft(entry)

    def later(self, at: float, entry: BacklogEntry) -> None:
        self._pushed += 1
        heapq.heappush(self._later, (at, self._pushed, entry))

    def pop(self, now: float) -> Optional[BacklogEntry]:
        if self._later and self._later[0][0] <= now:
            return heapq.heappop(self._later)[2]
        return self._ready.popleft() if self._ready else None

    def next_at(self) -> Optional[float]:
        """When `pop` will have one; None when none waits."""
        if self._ready:
            return 0.0
        return self._later[0][0] if self._later else None
