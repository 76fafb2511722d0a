"""The operator of a job that reads replication slots. A key holds some of them; each slot is read, written to
the target and confirmed by threads of its own, independent of the operator's thread.

The enumerator wakes every key once a second. The step then stores what has been confirmed, shows the metrics,
and raises what ended a thread. It waits for nothing, so neither does a checkpoint. There are no timers, and
what goes through the graph are orders: whether checkpoints are aligned makes no difference.
"""

from __future__ import annotations

from typing import Iterator, Protocol, Tuple

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment

from connectors.engine.components import Job, PlanningParts
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.graph import orders
from connectors.engine.flink.keyed import KeyedParts
from connectors.engine.flink.store import store
from connectors.model import orders as messages
from connectors.model.state import Entries
from connectors.reverse.reader import SlotOutcome, SlotReader


class ReplicationParts(PlanningParts, Protocol):
    def slots(self, saved: Entries) -> SlotReader:
        """Of one key of the operator."""
        ...


class ReplicationFunction(KeyedParts[SlotReader]):
    """Takes (key, order); yields nothing."""

    state = "reader"

    def __init__(self, job: Job[ReplicationParts]) -> None:
        super().__init__(job.readers)
        self._job = job

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        gc_tuning.tune()
        self._opened = self._job.open()

    def begin(self, number: int, saved: Entries) -> SlotReader:
        return self._opened.slots(saved)

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        try:
            self._step(*value)
        except BaseException:
            self.close()  # the job begins elsewhere, perhaps before this process ends
            raise
        yield from ()

    def _step(self, key: int, order: bytes) -> None:
        reader = self.part(key)
        store(self.entries, reader.take(messages.decode(order)))
        shown = reader.step()
        store(self.entries, shown.changed)
        self._show(shown)

    def _show(self, shown: SlotOutcome) -> None:
        for name, table, amount in shown.counts:
            self.metrics.count(name, amount, table)
        for gauge in shown.gauges:
            self.metrics.gauge(*gauge)
        read = sum(amount for name, _, amount in shown.counts if name == "read")
        if read:
            self.metrics.rate("readPerSecond", read)


def replication(env: StreamExecutionEnvironment, job: Job[ReplicationParts]) -> DataStream:
    """All that the reverse job does. The stream stays empty."""
    return (
        orders(env, job)
        .key_by(lambda order: order[0], key_type=Types.INT())
        .process(ReplicationFunction(job), Types.STRING())
        .name("replication")
        .uid("reader")
    )
