"""The reader operator: a key is a reader slot; a timer emits what its prefetch threads have brought in.

A timer that Python sets reaches Flink's timers as a mail to the task, behind a checkpoint that is being taken
at that moment (Flink 1.20, TimerRegistrationAction): the checkpoint then holds the slot's state but no timer
of it. A slot restored from it would rest for ever in a job that looks healthy. So timers out of a checkpoint
count for nothing, and each tick of the enumerator wakes every slot.
"""

from __future__ import annotations

import time
from typing import Dict, Iterator, Optional, Set, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.components import ReadComponents, Reader
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.engine.reader.reader_shard import Emission
from connectors.engine.reader.stepsize import StepSize
from connectors.engine.reader.stream_reading import ShardCounts
from connectors.engine.reader.tally import total
from connectors.model import orders, records
from connectors.model.orders import NoticeOrder

STEP_MS = 5
"""Between two steps: what lies before the operator, orders and checkpoints, has its turn."""
GATHER_MS, SMALL = 40, 64 << 10
"""After a step of fewer bytes the next one is so much later: a record costs each lane milliseconds, whatever
it holds, and changes that come one by one would keep all of them busy."""
WAIT_SECONDS = 0.15
"""How long a step after an idle one waits for something to do, and with it a checkpoint's barrier; slots that
read share it. Every 50 ms took half a core beside a slow source: docs/internals/decisions.md."""
SHARDS_SECONDS = 1.0
"""Between two counts of the shards."""


class ReaderFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes (slot key, order); yields (lane key, lane record)."""

    def __init__(self, components: ReadComponents) -> None:
        self._components = components
        self._slots: Dict[int, Reader] = {}
        self._armed: Dict[int, int] = {}
        self._idle: Set[int] = set()
        self._size = StepSize()
        self._shards_of: Set[str] = set()
        self._shards_due = 0.0

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        gc_tuning.tune()
        self._entries = open_entries(context, "reader")
        self._metrics = Metrics(context)
        self._lane_keys = even_keys(self._components.lanes)
        self._numbers = {key: number for number, key in enumerate(even_keys(self._components.readers))}

    def process_element(
        self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context
    ) -> Iterator[Tuple[int, bytes]]:
        slot = self._slot(value[0])
        order = orders.decode(value[1])
        if isinstance(order, NoticeOrder):
            for lane_key in self._lane_keys:
                yield lane_key, records.encode([records.LaneNotice(order.text)])
        store(self._entries, slot.take(order))
        self._idle.discard(value[0])
        self._show_tallies()
        self._show_shards()
        if value[0] not in self._armed and not slot.resting:
            self._arm(value[0], STEP_MS, ctx)

    def on_timer(
        self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext
    ) -> Iterator[Tuple[int, bytes]]:
        key = ctx.get_current_key()
        if self._armed.get(key) != timestamp:
            return  # out of a checkpoint
        slot = self._slot(key)
        if key in self._idle:
            slot.wait(WAIT_SECONDS / len(self._armed))
        emission = slot.step(self._size.begin(time.monotonic()))
        self._size.end(emission.size)
        for lane, parts in emission.parts.items():
            yield self._lane_keys[lane], records.encode(parts)
        store(self._entries, emission.changed)
        self._show(emission)
        (self._idle.discard if emission.more else self._idle.add)(key)
        if slot.resting:
            del self._armed[key]
        else:
            few = emission.more and emission.size < SMALL
            self._arm(key, GATHER_MS if few else STEP_MS, ctx)

    def close(self) -> None:
        for slot in self._slots.values():
            slot.close()

    def _slot(self, key: int) -> Reader:
        slot: Optional[Reader] = self._slots.get(key)
        if slot is None:
            slot = self._components.reader(self._numbers[key], saved_entries(self._entries))
            self._slots[key] = slot
            self._show_tallies()
        return slot

    def _arm(self, key: int, after_ms: int, ctx: KeyedProcessFunction.Context) -> None:
        self._armed[key] = int(time.time() * 1000) + after_ms
        ctx.timer_service().register_processing_time_timer(self._armed[key])

    def _show(self, emission: Emission) -> None:
        for table, read in emission.read.items():
            self._metrics.count("read", read, table)
            self._metrics.count("bytesRead", emission.read_bytes[table], table)
        for gauge in emission.gauges:
            self._metrics.gauge(*gauge)
        if emission.read:
            self._metrics.rate("readPerSecond", sum(emission.read.values()))
            self._show_tallies()

    def _show_tallies(self) -> None:
        for table, tally in total(slot.tallies for slot in self._slots.values()).items():
            self._metrics.gauge("scannedItems", tally.items, table)
            self._metrics.gauge("scannedTargetItems", tally.target_items, table)
            self._metrics.gauge("segmentsDone", tally.done, table)

    def _show_shards(self) -> None:
        """Every tick wakes every slot, so once a tick is as good as each time."""
        if time.monotonic() < self._shards_due:
            return
        self._shards_due = time.monotonic() + SHARDS_SECONDS
        found: Dict[str, ShardCounts] = {}
        for slot in self._slots.values():
            for table, counts in slot.shards.items():
                found[table] = found.get(table, ShardCounts()).plus(counts)
        self._shards_of |= set(found)
        for table in self._shards_of:
            waiting, reading, done = found.get(table, ShardCounts())
            self._metrics.gauge("shardsWaiting", waiting, table)
            self._metrics.gauge("shardsReading", reading, table)
            self._metrics.gauge("shardsDone", done, table)
