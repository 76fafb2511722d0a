"""The forward job's parts in one process, without Flink: connected as connectors/engine/flink connects them.

Queues and dicts replace Flink:

1. Orders are queued for each worker slot.
2. Every part has its state entries. A checkpoint is a consistent cut through all of them.
3. After a crash only the last cut is left.
4. The operators run in the caller's thread, in an order that depends on a seed.
5. The workers run in their own threads, as in the job. Their number depends on the seed too.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from typing import Callable, DefaultDict, Dict, List, NamedTuple

from connectors.config.settings import Settings
from connectors.engine.enumerator.table_planner import TableState
from connectors.engine.flink.completion import Completion
from connectors.engine.worker.counts import TableCount
from connectors.engine.worker.slot import inbox_entry
from connectors.engine.worker.worker import Worker
from connectors.forward.components import ForwardParts
from connectors.model import orders
from connectors.model.orders import Wake
from tests.harness.enumerator import Entries, EnumeratorOperator, store
from tests.harness.paced import Paced

TURN_SECONDS = 0.005
COUNTED = ("read", "scanned", "streamed", "written", "bytesWritten", "dead")


class Cut(NamedTuple):
    """The state entries of all parts at one checkpoint. A worker slot has an entry after it has received
    something."""

    enumerator: Entries
    slots: Dict[int, Entries]

    def copy(self) -> Cut:
        slots = {number: dict(entries) for number, entries in self.slots.items()}
        return Cut(dict(self.enumerator), slots)


class WorkerOperator:
    """One subtask with the state of its worker slots, like connectors.engine.flink.worker.WorkerFunction."""

    def __init__(self, worker: Worker, state: Dict[int, Entries]) -> None:
        self.worker, self._state = worker.begin(), state
        self._inbox: Dict[int, int] = {}
        self._opened: Dict[int, bool] = {}

    def take(self, slot: int, order_bytes: bytes) -> None:
        order, entries = orders.decode(order_bytes), self._state.setdefault(slot, {})
        if not isinstance(order, Wake):
            saved = (int(name[2:]) for name in entries if name.startswith("i/"))
            number = self._inbox[slot] = self._inbox.get(slot, max(saved, default=0)) + 1
            entries[inbox_entry(number)] = order_bytes
            if slot in self._opened:
                self.worker.take(slot, number, order)
        elif order.run is not None:
            self.worker.run = order.run
            if slot not in self._opened:
                self._opened[slot] = True
                self.worker.open(slot, list(entries.items()))

    def collect(self) -> List[str]:
        """Store what has become durable, and return the notices. Raises the error that ended the worker."""
        outcome = self.worker.step()
        for number, changed in outcome.changed.items():
            store(self._state[number], changed)
        return outcome.notices


class Pipeline(Paced):
    """The job. `notices`, `counts` and `dead` (letters) survive crashes; everything else restarts from the
    last cut."""

    def __init__(
        self,
        settings: Settings,
        components: Callable[[Settings], ForwardParts] = ForwardParts,
        seed: int = 0,
    ) -> None:
        self.settings, self._make_parts = settings, components
        self._random = random.Random(seed)
        self.completion = Completion(scan=settings.mode in ("all", "full"))
        self.notices: List[str] = []
        self._counted: DefaultDict[str, TableCount] = defaultdict(TableCount)
        self.last_cut = Cut({}, {})
        self._begin(first_attempt=True)

    def turn(self) -> None:
        """Make a step of each part. Some of the orders stay behind."""
        self._enumerator.tick()
        for slot in self._random.sample(sorted(self._orders), len(self._orders)):
            self._deliver(slot, self._random.randint(0, len(self._orders[slot])))
        for operator in self._operators:
            self._collect(operator)
        time.sleep(TURN_SECONDS)

    def checkpoint(self) -> Cut:
        """Take a checkpoint with aligned barriers: a worker slot is copied after it has received everything
        that the enumerator sent before its own copy."""
        enumerator = dict(self._state.enumerator)
        for slot in list(self._orders):
            self._deliver(slot, len(self._orders[slot]))
        for operator in self._operators:
            self._collect(operator)
        self.last_cut = Cut(enumerator, self._state.slots).copy()
        return self.last_cut

    def close(self) -> None:
        self._enumerator.close()
        for operator in self._operators:
            operator.worker.close()
            _add(self._counted, operator.worker.counts.tables)
        self._operators.clear()

    @property
    def tables(self) -> Dict[str, TableState]:
        """The tables in the enumerator's state."""
        planner = self._enumerator.planner
        return planner.tables if planner else {}

    @property
    def counts(self) -> DefaultDict[str, TableCount]:
        """Counts by table, over all runs."""
        total: DefaultDict[str, TableCount] = defaultdict(TableCount)
        _add(total, self._counted)
        for operator in self._operators:
            _add(total, operator.worker.counts.tables)
        return total

    @property
    def dead(self) -> int:
        return sum(count.dead for count in self.counts.values())

    def phases(self) -> str:
        tables = self.tables.values()
        return ", ".join(
            f"{table.table}: {table.phase.name} {table.generation} step {table.step}" for table in tables
        )

    def standing(self) -> str:
        """The state of the job, which shows whether it is slow or makes no progress."""
        counts = {
            table: {name: getattr(count, name) for name in COUNTED} for table, count in self.counts.items()
        }
        waiting = {reader: len(queue) for reader, queue in self._orders.items()}
        return f"notices {self.notices}, {self.phases()}, {counts}, orders in flight {waiting}"

    def _begin(self, first_attempt: bool) -> None:
        self.components = self._make_parts(self.settings)
        self._state = self.last_cut.copy()
        woken = list(range(self.settings.readers))
        self._enumerator = EnumeratorOperator(self.components, self._state.enumerator, first_attempt, woken)
        self._orders = self._enumerator.orders
        subtasks = self._random.randint(1, self.settings.readers)
        workers = [self.components.worker(number, 1 / subtasks) for number in range(subtasks)]
        self._operators: List[WorkerOperator] = [
            WorkerOperator(worker, self._state.slots) for worker in workers
        ]

    def _deliver(self, slot: int, count: int) -> None:
        for _ in range(count):
            operator = self._operators[slot % len(self._operators)]
            operator.take(slot, self._orders[slot].popleft())

    def _collect(self, operator: WorkerOperator) -> None:
        for notice in operator.collect():
            self.notices.append(notice)
            self.completion.take(notice)


def _add(total: DefaultDict[str, TableCount], counts: Dict[str, TableCount]) -> None:
    for table, count in list(counts.items()):
        for name in COUNTED:
            setattr(total[table], name, getattr(total[table], name) + getattr(count, name))
