"""Which write of a request is at fault, if the server does not tell. Pure.

A server may close the connection, or answer with an internal error, because of what one document holds
(FerretDB does both). It also does so for reasons that pass. A single answer does not tell them apart.

1. A bulk write that fails in this way as a whole is sent again, after SPLIT_AFTER attempts in halves. If
   others get through meanwhile, a half that fails is halved again at once.
2. A failure of a single write counts against it only if another write of its table has got through since its
   last attempt or, if nothing else of its table is being written, of another table. If nothing else has got
   through, a write of the same request that is already durable is repeated for this.
3. After FEWEST_FAULTS such failures, the last one longer than the bound after the first, the write is a dead
   letter.
4. Codes that tell of the server's state, such as "not primary" or "out of disk space", never count: some
   shards of a table may be down while others accept writes.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Tuple

from connectors.model.writes import Write
from connectors.targets.mongodb.bulk import BulkChange

SPLIT_AFTER = 4
"""Attempts."""
FEWEST_FAULTS = 8


class PendingWrite(NamedTuple):
    write: Write
    change: BulkChange
    duplicates: int = 0
    """How often the server has called it a duplicate."""
    suspected: str = ""
    """Why its last attempt failed, if the reason may be the document; else empty."""
    faults: int = 0
    """Failures that count against it ..."""
    since: float = 0.0
    """... and when the first of them was."""

    def accused(self, now: float) -> PendingWrite:
        return self._replace(faults=self.faults + 1, since=self.since if self.faults else now)

    def is_dead(self, now: float, bound: float) -> bool:
        return self.faults >= FEWEST_FAULTS and now - self.since > bound


class Passed(NamedTuple):
    """How many writes have got through."""

    of_table: int
    of_all: int


class WriteGroup(NamedTuple):
    """Writes that are sent together."""

    writes: Tuple[PendingWrite, ...]
    passed: Passed
    """What had got through before the attempt."""
    failures: int = 0
    """Attempts that failed as a whole, including those of the groups that this one was a part of."""

    def parts(self, others_pass: bool) -> List[Tuple[PendingWrite, ...]]:
        """What to send together after a failure as a whole, which `failures` already includes."""
        regular = self.failures % SPLIT_AFTER == 0
        if len(self.writes) == 1 or not (regular or (others_pass and self.failures > SPLIT_AFTER)):
            return [self.writes]
        half = len(self.writes) // 2
        return [self.writes[:half], self.writes[half:]]


class PassedWrites:
    """Counts writes that have got through. The writers of a pipeline share it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()
        self._all = 0
        self._lock = threading.Lock()

    def of(self, table: str) -> Passed:
        return Passed(self._counts[table], self._all)

    def add(self, table: str, writes: int) -> None:
        with self._lock:
            self._counts[table] += writes
            self._all += writes

    @contextmanager
    def writing(self, table: str) -> Iterator[None]:
        """While a request of this table is written."""
        self._begin(table, 1)
        try:
            yield
        finally:
            self._begin(table, -1)

    def is_alone(self, table: str) -> bool:
        """Whether one request of this table is being written."""
        return self._calls[table] == 1

    def _begin(self, table: str, calls: int) -> None:
        with self._lock:
            self._calls[table] += calls
