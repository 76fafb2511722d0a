"""The lane operator: a key is a lane; each record is written before the next one is looked at.

Nothing is buffered across records, so a checkpoint barrier finds nothing unwritten.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Dict, Iterator, Optional, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.components import JobComponents
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.engine.lane.acknowledgement import acknowledgement
from connectors.engine.lane.lane import Lane, LaneOutcome
from connectors.model import notices, records


class LaneFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes (lane key, lane record); yields the job's notices as text."""

    def __init__(self, components: JobComponents) -> None:
        self._components = components
        self._lanes: Dict[int, Lane] = {}

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        gc_tuning.tune()
        self._entries = open_entries(context, "lane")
        self._metrics = Metrics(context)
        self._numbers = {key: number for number, key in enumerate(even_keys(self._components.lanes))}

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        lane = self._lane(value[0])
        outcome = lane.apply(records.decode(value[1]))
        store(self._entries, outcome.changed)
        self._show(outcome)
        number = self._numbers[value[0]]
        if number == 0:  # every lane gets a notice, one passes it on
            yield from outcome.notices
        for table, count in outcome.counts.items():
            if count.finished:
                yield notices.encode(notices.ScanDone(number, count.finished, table))
        for mark in outcome.marks:
            yield acknowledgement(number, mark)

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.close()

    def _lane(self, key: int) -> Lane:
        lane: Optional[Lane] = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = self._components.lane(self._numbers[key], saved_entries(self._entries))
            self._show_dead()
        return lane

    def _show(self, outcome: LaneOutcome) -> None:
        for table, count in outcome.counts.items():
            for name in ("scanned", "streamed", "dropped", "written"):
                self._metrics.count(name, getattr(count, name), table)
            self._metrics.count("bytesWritten", count.bytes, table)
        # Of the whole job: a request may hold writes of several tables.
        self._metrics.count("retries", outcome.report.retries)
        self._metrics.count("throttles", outcome.report.throttles)
        self._show_lags()
        if outcome.report.dead:
            self._show_dead()

    def _show_dead(self) -> None:
        dead: Counter[str] = Counter()
        for lane in self._lanes.values():
            dead.update(lane.dead.tables)
        for table, count in dead.items():
            self._metrics.gauge("deadLetters", count, table)

    def _show_lags(self) -> None:
        now = time.time()
        for table in {table for lane in self._lanes.values() for table in lane.tables()}:
            lag = max(lane.lag(table, now) for lane in self._lanes.values())
            self._metrics.gauge("lagSeconds", round(lag), table)
            # With it a reader of metrics can tell a lag that is low from one that is merely old.
            self._metrics.gauge("measuredAt", int(now), table)
