"""Reading the streams of all tables at the same time. One thread processes what several read."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

from connectors.base.errors import GapError
from connectors.check.changes.chain import MOST_KEYS, BrokenChain, ChainTable
from connectors.check.changes.table import TableReading

IDLE = 0.05
"""Seconds between two turns."""
LISTING = ""
"""Used instead of a shard's name for the listing of a table's shards."""


class _Task(NamedTuple):
    future: Future[Any]
    then: Callable[[Any], None]


class ChangesReader:
    def __init__(
        self,
        tables: List[TableReading],
        pool: Executor,
        lister: Executor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`lister`: for listings, which wait for their rate limit and must not hold up the other reads."""
        self._tables, self._pool, self._lister, self._clock = tables, pool, lister, clock
        self._tasks: Dict[Tuple[str, str], _Task] = {}

    def turn(self) -> None:
        """Process what has arrived, and request what is due.

        Raises BrokenChain, also if too many keys have changed, and TransientError.
        """
        try:
            self._collect()
        except GapError as error:
            raise BrokenChain(f"table {error.table}: {error.reason}") from error
        if self.count > MOST_KEYS:
            raise BrokenChain(f"more than {MOST_KEYS:,} keys have changed, too many for one process")
        now = self._clock()
        for table in self._tables:
            self._request(table, now)

    def complete(self, since: float) -> bool:
        """Whether every change made before `since` (epoch seconds, the service's clock) has been read."""
        return all(table.complete(since) for table in self._tables)

    @property
    def count(self) -> int:
        """Keys that have changed since the last `take`."""
        return sum(len(table.keys) for table in self._tables)

    def take(self) -> Dict[str, Dict[bytes, bytes]]:
        """The changed keys by table and digest, as DynamoDB JSON."""
        return {table.table: table.take() for table in self._tables}

    def chain(self) -> Dict[str, ChainTable]:
        return {table.table: table.chain() for table in self._tables}

    def close(self) -> None:
        for table in self._tables:
            table.close()

    def _collect(self) -> None:
        for name in [name for name, task in self._tasks.items() if task.future.done()]:
            task = self._tasks.pop(name)
            task.then(task.future.result())

    def _request(self, table: TableReading, now: float) -> None:
        name = (table.table, LISTING)
        if table.needs_listing() and name not in self._tasks:
            self._tasks[name] = _Task(self._lister.submit(table.listing()), table.take_listing)
        for shard_id, split in table.splits.items():
            if split.next_awake() <= now and (table.table, shard_id) not in self._tasks:
                work = self._pool.submit(split.next_page)
                self._tasks[table.table, shard_id] = _Task(work, _page_of(table, shard_id))


def _page_of(table: TableReading, shard_id: str) -> Callable[[Any], None]:
    return lambda page: table.take_page(shard_id, page)
