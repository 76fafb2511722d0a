"""Reading ahead whose fetches run when the test says so, on the test's own thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import Callable, Deque, Optional

from connectors.engine.reader.prefetch import Budget, Prefetch


class ManualPrefetch(Prefetch):
    def __init__(self, budget: int = 1 << 30, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.budget, self.clock = Budget(budget), clock
        self.landed = threading.Event()
        self.line: Deque[Callable[[], None]] = deque()
        self.closed = False

    def submit(self, work: Callable[[], None]) -> None:
        self.line.append(work)

    def close(self) -> None:
        self.closed = True

    def run(self, fetches: Optional[int] = None) -> int:
        """Run that many of those that stand in line now, or all of them; returns how many there were."""
        standing = len(self.line) if fetches is None else min(fetches, len(self.line))
        for _ in range(standing):
            self.line.popleft()()
        return standing

    def run_nth(self, place: int) -> None:
        """Out of turn, as one of several threads may be faster; nothing where none stands in line."""
        if self.line:
            self.line.rotate(-(place % len(self.line)))
            self.line.popleft()()
