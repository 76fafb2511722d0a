"""The worker operator: a key is a worker slot; all slots of a subtask share one worker, beside the operator.

The enumerator wakes every slot once a tick. The step then stores what has become durable, shows the metrics,
and raises what ended the worker. It waits for nothing, so neither does a checkpoint. There are no timers, and
what goes through the graph are orders: whether checkpoints are aligned makes no difference.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Set, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.components import Job, WorkingParts
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.keygroups import even_keys, keys_of
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.engine.worker.environment import Outcome
from connectors.engine.worker.gauges import Increments
from connectors.engine.worker.slot import inbox_entry
from connectors.engine.worker.worker import Worker
from connectors.model import orders
from connectors.model.orders import Wake
from connectors.model.state import Changed


class WorkerFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes (slot key, order); yields the job's notices as text."""

    def __init__(self, job: Job[WorkingParts]) -> None:
        self._job = job

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        gc_tuning.tune()
        self._entries = open_entries(context, "worker")
        self._metrics = Metrics(context)
        self._numbers = {key: number for number, key in enumerate(even_keys(self._job.readers))}
        self._inbox: Dict[int, int] = {}
        """The number of the last order, by slot."""
        self._opened: Set[int] = set()
        self._pending: Dict[int, Changed] = {}
        number, readers = context.get_index_of_this_subtask(), self._job.readers
        # Without a slot it writes nothing.
        mine = keys_of(number, context.get_number_of_parallel_subtasks(), readers) or [0]
        share = len(mine) / readers
        self._worker: Worker = self._job.open().worker(number, share).begin()
        self._increments = Increments()
        self._shown: List[Gauge] = []

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        try:
            yield from self._step(*value)
        except BaseException:
            self.close()  # the job begins elsewhere, perhaps before this process ends
            raise

    def close(self) -> None:
        self._worker.close()

    def _step(self, key: int, order_bytes: bytes) -> Iterator[str]:
        slot = self._numbers[key]
        order = orders.decode(order_bytes)
        if not isinstance(order, Wake):
            self._take(slot, order_bytes, order)
        elif order.run is not None:
            self._worker.run = order.run
            self._open(slot)
        yield from self._collect(slot)
        self._show()

    def _open(self, slot: int) -> None:
        """Begin with what the state holds."""
        if slot not in self._opened:
            self._opened.add(slot)
            self._worker.open(slot, saved_entries(self._entries))

    def _take(self, slot: int, order_bytes: bytes, order: orders.Order) -> None:
        """An order is in the state from its arrival until the worker has followed it."""
        if slot not in self._inbox:
            names = [name for name, _ in saved_entries(self._entries) if name.startswith("i/")]
            self._inbox[slot] = max((int(name[2:]) for name in names), default=0)
        self._inbox[slot] += 1
        self._entries.put(inbox_entry(self._inbox[slot]), order_bytes)
        if slot in self._opened:
            self._worker.take(slot, self._inbox[slot], order)

    def _collect(self, slot: int) -> Iterator[str]:
        """Store the changes of this slot; those of others wait for their own key."""
        outcome: Outcome = self._worker.step()
        for number, changed in outcome.changed.items():
            self._pending.setdefault(number, Changed()).merge(changed)
        mine = self._pending.pop(slot, None)
        if mine is not None:
            store(self._entries, mine)
        yield from outcome.notices

    def _show(self) -> None:
        worker = self._worker
        for name, table, amount in self._increments.tables(worker.counts.tables):
            self._metrics.count(name, amount, table)
            if name == "read":
                self._metrics.rate("readPerSecond", amount)
        self._metrics.count("retries", self._increments.total("retries", worker.retries))
        self._metrics.count("throttles", self._increments.total("throttles", worker.throttles))
        if worker.shown is not self._shown:
            self._shown = worker.shown
            for gauge in self._shown:
                self._metrics.gauge(*gauge)
