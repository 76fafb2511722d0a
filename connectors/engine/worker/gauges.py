"""What a worker shows: counters that have grown, and gauges."""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, Iterator, List, Set, Tuple

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.reader.tally import total
from connectors.engine.worker.counts import TableCount
from connectors.engine.worker.reading import ShardCounts, counted
from connectors.engine.worker.slot import WorkerSlot


class Increments:
    """Used by the operator's thread, while the worker's thread counts."""

    def __init__(self) -> None:
        self._tables: Dict[str, TableCount] = {}
        self._totals: Dict[str, int] = {}

    def tables(self, counts: Dict[str, TableCount]) -> Iterator[Tuple[str, str, int]]:
        """(counter, table, increment) since the last call."""
        for table, count in list(counts.items()):
            before = self._tables.setdefault(table, TableCount())
            for name, amount in before.catch_up(count):
                yield name, table, amount

    def total(self, name: str, now: int) -> int:
        """The increment of a counter of the whole job since the last call."""
        before, self._totals[name] = self._totals.get(name, 0), now
        return now - before


class SlotGauges:
    """Used by the worker's thread."""

    def __init__(self) -> None:
        self._shards_of: Set[str] = set()

    def of(self, slots: Iterable[WorkerSlot], now: float) -> List[Gauge]:
        """`now`: epoch seconds. Also while nothing arrives: a lag then grows."""
        slots = list(slots)
        return [*_scans(slots), *_dead_letters(slots), *self._streams(slots, now)]

    def _streams(self, slots: List[WorkerSlot], now: float) -> Iterator[Gauge]:
        works = [work for slot in slots for work in slot.tables.values()]
        readings = [work.reading for work in works if work.reading is not None]
        lags: Dict[str, float] = {}
        for reading in readings:
            table = reading.order.table
            lags[table] = max(lags.get(table, 0.0), reading.lag(now))
        for table, lag in lags.items():
            yield Gauge("lagSeconds", round(lag), table)
            # With it a reader of metrics can tell a lag that is low from one that is merely old.
            yield Gauge("measuredAt", int(now), table)
        shards = counted(readings)
        self._shards_of |= set(shards)
        for table in self._shards_of:
            waiting, being_read, done = shards.get(table, ShardCounts())
            yield Gauge("shardsWaiting", waiting, table)
            yield Gauge("shardsReading", being_read, table)
            yield Gauge("shardsDone", done, table)


def _scans(slots: List[WorkerSlot]) -> Iterator[Gauge]:
    for table, tally in total(slot.tallies for slot in slots).items():
        yield Gauge("scannedItems", tally.items, table)
        yield Gauge("scannedTargetItems", tally.target_items, table)
        yield Gauge("segmentsDone", tally.done, table)


def _dead_letters(slots: List[WorkerSlot]) -> Iterator[Gauge]:
    dead: Counter[str] = Counter()
    for slot in slots:
        dead.update(slot.dead)
    for table, letters in dead.items():
        yield Gauge("deadLetters", letters, table)
