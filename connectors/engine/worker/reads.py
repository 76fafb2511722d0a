"""When each split of a worker is read next. Used by the worker's thread."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Callable, Deque, List, Optional, Tuple

from connectors.engine.budget import ReadBudget
from connectors.engine.worker.feed import Feed, Fetched
from connectors.model.pages import ReadSplit


class ReadQueue:
    def __init__(
        self,
        submit: Callable[[Callable[[], None]], object],
        post: Callable[[Fetched], None],
        budget: int,
        clock: Callable[[], float],
    ) -> None:
        """`submit` runs a function in the pool, `post` receives what was read. `budget`: bytes."""
        self._pool, self._post, self._clock = submit, post, clock
        self._budget = ReadBudget(budget)
        self._due: List[Tuple[float, int, Feed]] = []
        self._queued = 0
        self._starved: Deque[Feed] = deque()

    def open(self, split: ReadSplit) -> Feed:
        return Feed(split, self._budget, self._post)

    @property
    def held(self) -> int:
        """Bytes that were read and are not written."""
        return self._budget.used

    @property
    def next_due(self) -> Optional[float]:
        """When the next split may be read."""
        return self._due[0][0] if self._due else None

    def schedule(self, feed: Feed) -> None:
        if feed.busy or feed.stopped or feed.ended:
            return
        if not feed.has_room:
            if not feed.starved:
                feed.starved = True
                self._starved.append(feed)
            return
        self._queued += 1
        heapq.heappush(self._due, (feed.split.next_awake(), self._queued, feed))

    def start_due(self) -> None:
        """Have the pool read the splits that are due."""
        for _ in range(len(self._starved)):
            feed = self._starved.popleft()
            feed.starved = False
            self.schedule(feed)
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            feed = heapq.heappop(self._due)[2]
            if not feed.busy and not feed.stopped and not feed.ended:
                feed.busy = True
                self._submit(feed)

    def _submit(self, feed: Feed) -> None:
        self._pool(lambda: feed.read(self._submit, self._clock))
