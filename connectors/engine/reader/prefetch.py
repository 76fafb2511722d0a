"""Prefetch: a few threads fetch for all splits of a reader, in turn, within a limit of bytes.

Threads are shared, so that a thousand shards do not need a thousand threads. Each split moves to the end of
the queue after every fetch, so that no split starves.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Deque, NamedTuple, Optional

from connectors.engine.budget import BudgetHolder, ReadBudget
from connectors.model.splits import Batch, Split


class FetchedBatch(NamedTuple):
    batch: Batch
    position: bytes


class Prefetch:
    """The prefetch of one reader: its budget, and the threads, which all readers of a worker share."""

    def __init__(
        self, pool: ThreadPoolExecutor, budget: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.budget, self.clock, self._pool = ReadBudget(budget), clock, pool
        self.landed = threading.Event()
        """Set when a fetch has completed or failed; cleared by a step."""

    def submit(self, work: Callable[[], None]) -> None:
        self._pool.submit(work)

    def close(self) -> None:
        """End the threads with the job; otherwise they would keep the worker alive."""
        self._pool.shutdown(wait=False, cancel_futures=True)


AHEAD = 8
"""Most batches prefetched per split: fingerprints are small, and many of them would wait for the lanes."""


class PrefetchQueue(BudgetHolder):
    """One split and its fetched batches. Only the emitting thread calls `advance`, `take` and `close`.

    While `_busy` is set, a pool thread owns the split. The thread that clears it or finds it clear owns the
    split.
    """

    def __init__(self, split: Split, prefetch: Prefetch) -> None:
        self.split, self._prefetch = split, prefetch
        self._ready: Deque[FetchedBatch] = deque()
        self._busy = self._ended = self._closed = False
        self.held = 0
        self._error: Optional[BaseException] = None
        self._landing = threading.Lock()

    def due(self) -> Optional[float]:
        """When the next fetch is due, by the prefetch's clock; None while it depends on something other than
        time."""
        return self.split.next_awake() if not self._busy and self._has_room() else None

    def advance(self) -> None:
        """Start the next fetch if it is due. Raises the error of an earlier fetch."""
        if self._error is not None:
            raise self._error
        if not self._busy and self._wanted():
            self._busy = True
            self._prefetch.submit(self._fetch)

    def take(self) -> Optional[FetchedBatch]:
        if not self._ready:
            return None
        fetched = self._ready.popleft()
        self._prefetch.budget.add(self, -fetched.batch.size)
        return fetched

    def close(self) -> None:
        """Close the split. The result of a fetch in flight is discarded."""
        with self._landing:
            self._closed = True
            while self.take() is not None:
                pass
        self.split.close()

    def _wanted(self) -> bool:
        return self._has_room() and self.split.next_awake() <= self._prefetch.clock()

    def _has_room(self) -> bool:
        if self._ended or self._closed or len(self._ready) >= AHEAD:
            return False
        return self._prefetch.budget.has_room(self)

    def _fetch(self) -> None:
        try:
            # Other splits may have used up the budget since this one was queued.
            batch = self.split.next_batch() if self._has_room() else None
            if batch is not None:
                self._keep(FetchedBatch(batch, self.split.snapshot()))
        except BaseException as error:  # passed to the emitting thread, which raises it
            self._error = error
            self._prefetch.landed.set()
            return
        if self._wanted():
            self._prefetch.submit(self._fetch)
        else:
            self._busy = False

    def _keep(self, fetched: FetchedBatch) -> None:
        with self._landing:
            if not self._closed:
                self._prefetch.budget.add(self, fetched.batch.size)
                self._ended = fetched.batch.done
                self._ready.append(fetched)
                self._prefetch.landed.set()
