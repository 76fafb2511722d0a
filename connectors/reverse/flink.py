"""The operator of a job that reads replication slots. A key holds some of them; each slot is read, written to
the target and confirmed by threads of its own, beside the operator.

The enumerator wakes every key once a second. The step then stores what has been confirmed, shows the metrics,
and raises what ended a thread. It waits for nothing, so neither does a checkpoint. There are no timers, and
what goes through the graph are orders: whether checkpoints are aligned makes no difference.
"""

from __future__ import annotations

from typing import Dict, Iterator, Protocol, Tuple

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment

from connectors.base.parent_watchdog import watchdog
from connectors.engine.components import Job, PlanningParts
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.graph import orders
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.model import orders as messages
from connectors.model.state import Entries
from connectors.reverse.reader import SlotOutcome, SlotReader


class ReplicationParts(PlanningParts, Protocol):
    def slots(self, saved: Entries) -> SlotReader:
        """Of one key of the operator."""
        ...


class ReplicationFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes (key, order); yields nothing."""

    def __init__(self, job: Job[ReplicationParts]) -> None:
        self._job = job
        self._readers: Dict[int, SlotReader] = {}

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        gc_tuning.tune()
        self._entries = open_entries(context, "reader")
        self._metrics = Metrics(context)
        self._parts = self._job.open()

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        try:
            self._step(*value)
        except BaseException:
            self.close()  # the job begins elsewhere, perhaps before this process ends
            raise
        yield from ()

    def close(self) -> None:
        for reader in self._readers.values():
            reader.close()

    def _step(self, key: int, order: bytes) -> None:
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = self._parts.slots(saved_entries(self._entries))
        store(self._entries, reader.take(messages.decode(order)))
        shown = reader.step()
        store(self._entries, shown.changed)
        self._show(shown)

    def _show(self, shown: SlotOutcome) -> None:
        for name, table, amount in shown.counts:
            self._metrics.count(name, amount, table)
        for gauge in shown.gauges:
            self._metrics.gauge(*gauge)
        read = sum(amount for name, _, amount in shown.counts if name == "read")
        if read:
            self._metrics.rate("readPerSecond", read)


def replication(env: StreamExecutionEnvironment, job: Job[ReplicationParts]) -> DataStream:
    """All that the reverse job does. The stream stays empty."""
    return (
        orders(env, job)
        .key_by(lambda order: order[0], key_type=Types.INT())
        .process(ReplicationFunction(job), Types.STRING())
        .name("replication")
        .uid("reader")
    )
