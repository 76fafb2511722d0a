"""Prefetching whose fetches a test runs explicitly, in its own thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable, Deque, Optional

from connectors.engine.budget import ReadBudget
from connectors.engine.reader.prefetch import Prefetch


class ManualPrefetch(Prefetch):
    def __init__(self, budget: int = 1 << 30, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.budget, self.clock = ReadBudget(budget), clock
        self.landed = threading.Event()
        self.line: Deque[Callable[[], None]] = deque()
        self.closed = False

    def submit(self, work: Callable[[], None]) -> None:
        self.line.append(work)

    def close(self) -> None:
        self.closed = True

    def run(self, fetches: Optional[int] = None) -> int:
        """Run `fetches` of the queued fetches, or all. Returns their number."""
        standing = len(self.line) if fetches is None else min(fetches, len(self.line))
        for _ in range(standing):
            self.line.popleft()()
        return standing
