"""The reader operator: a key is a reader slot; a timer emits what its prefetch threads have fetched.

A timer that Python sets reaches Flink's timers as a mail to the task. If a checkpoint is being taken at that
moment, the mail is processed after it (Flink 1.20, TimerRegistrationAction). The checkpoint then contains the
slot's state but not its timer. A slot restored from it would never run again, in a job that looks healthy.
Therefore timers of a checkpoint are ignored, and each tick of the enumerator wakes every slot.
"""

from __future__ import annotations

import time
from typing import Iterator, Set, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.engine.components import LaneJob, Reader, ReadingParts
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.keyed import KeyedParts
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.store import store
from connectors.engine.reader.reader_shard import Emission
from connectors.engine.reader.stepsize import StepSize
from connectors.engine.reader.tally import total
from connectors.model import orders, records
from connectors.model.orders import NoticeOrder
from connectors.model.state import Entries

STEP_MS = 5
"""Pause between two steps, in which the operator processes its orders and checkpoints."""
GATHER_MS, SMALL = 40, 64 << 10
"""After a step with fewer than SMALL bytes, the next one waits GATHER_MS. Any record costs each lane
milliseconds, so changes that arrive one by one would keep all lanes busy."""
WAIT_SECONDS = 0.15
"""How long a step after an idle one waits for data. A checkpoint barrier waits too. The slots that read share
this time. Polling every 50 ms took half a core with a slow source: docs/internals/decisions.md."""


class ReaderFunction(KeyedParts[Reader]):
    """Takes (reader key, order); yields (lane key, lane record)."""

    state = "reader"

    def __init__(self, job: LaneJob[ReadingParts]) -> None:
        super().__init__(job.readers)
        self._job = job
        self._idle: Set[int] = set()
        self._size = StepSize()

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        gc_tuning.tune()
        self._opened = self._job.open()
        self._lane_keys = even_keys(self._job.lanes)

    def begin(self, number: int, saved: Entries) -> Reader:
        return self._opened.reader(number, saved)

    def process_element(
        self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context
    ) -> Iterator[Tuple[int, bytes]]:
        reader = self.part(value[0])
        order = orders.decode(value[1])
        if isinstance(order, NoticeOrder):
            for lane_key in self._lane_keys:
                yield lane_key, records.encode([records.LaneNotice(order.text)])
        store(self.entries, reader.take(order))
        self._idle.discard(value[0])
        self._show_tallies()
        if not self.is_armed(value[0]) and not reader.resting:
            self._arm_in(value[0], STEP_MS, ctx)

    def on_timer(
        self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext
    ) -> Iterator[Tuple[int, bytes]]:
        key = self.fired(timestamp, ctx)
        if key is None:
            return
        reader = self.part(key)
        if key in self._idle:
            reader.wait(WAIT_SECONDS / self.armed)
        emission = reader.step(self._size.begin(time.monotonic()))
        self._size.end(emission.size)
        for lane, parts in emission.parts.items():
            yield self._lane_keys[lane], records.encode(parts)
        store(self.entries, emission.changed)
        self._show(emission)
        (self._idle.discard if emission.more else self._idle.add)(key)
        if reader.resting:
            self.disarm(key)
        else:
            few = emission.more and emission.size < SMALL
            self._arm_in(key, GATHER_MS if few else STEP_MS, ctx)

    def _arm_in(self, key: int, after_ms: int, ctx: KeyedProcessFunction.Context) -> None:
        self.arm(key, int(time.time() * 1000) + after_ms, ctx)

    def _show(self, emission: Emission) -> None:
        for table, read in emission.read.items():
            self.metrics.count("read", read, table)
            self.metrics.count("bytesRead", emission.read_bytes[table], table)
        if emission.read:
            self.metrics.rate("readPerSecond", sum(emission.read.values()))
            self._show_tallies()

    def _show_tallies(self) -> None:
        for table, tally in total(reader.tallies for reader in self.parts.values()).items():
            self.metrics.gauge("scannedItems", tally.items, table)
            self.metrics.gauge("scannedTargetItems", tally.target_items, table)
            self.metrics.gauge("segmentsDone", tally.done, table)
