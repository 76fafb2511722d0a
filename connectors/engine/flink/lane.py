"""The lane operator: a key is a lane; each record is written before the next one is looked at.

Nothing is buffered across records, so a checkpoint barrier finds nothing unwritten.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Iterator, Tuple

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from connectors.engine.components import LaneJob, WritingParts
from connectors.engine.flink import gc_tuning
from connectors.engine.flink.keyed import KeyedParts
from connectors.engine.flink.store import store
from connectors.engine.lane.lane import Lane, LaneOutcome
from connectors.model import notices, records
from connectors.model.state import Entries


class LaneFunction(KeyedParts[Lane]):
    """Takes (lane key, lane record); yields the job's notices as text."""

    state = "lane"

    def __init__(self, job: LaneJob[WritingParts]) -> None:
        super().__init__(job.lanes)
        self._job = job

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        gc_tuning.tune()
        self._opened = self._job.open()

    def begin(self, number: int, saved: Entries) -> Lane:
        return self._opened.lane(number, saved)

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        known = value[0] in self.parts
        outcome = self.part(value[0]).apply(records.decode(value[1]))
        if not known:
            self._show_dead()
        store(self.entries, outcome.changed)
        self._show(outcome)
        number = self.number(value[0])
        if number == 0:  # every lane gets a notice, one passes it on
            yield from outcome.notices
        for table, count in outcome.counts.items():
            if count.finished:
                yield notices.encode(notices.ScanDone(number, count.finished, table))

    def _show(self, outcome: LaneOutcome) -> None:
        for table, count in outcome.counts.items():
            for name in ("scanned", "streamed", "dropped", "written"):
                self.metrics.count(name, getattr(count, name), table)
            self.metrics.count("bytesWritten", count.bytes, table)
        # Of the whole job: a request may hold writes of several tables.
        self.metrics.count("retries", outcome.report.retries)
        self.metrics.count("throttles", outcome.report.throttles)
        self._show_lags()
        if outcome.report.dead:
            self._show_dead()

    def _show_dead(self) -> None:
        dead: Counter[str] = Counter()
        for lane in self.parts.values():
            dead.update(lane.dead.tables)
        for table, count in dead.items():
            self.metrics.gauge("deadLetters", count, table)

    def _show_lags(self) -> None:
        now = time.time()
        for table in {table for lane in self.parts.values() for table in lane.tables()}:
            lag = max(lane.lag(table, now) for lane in self.parts.values())
            self.metrics.gauge("lagSeconds", round(lag), table)
            # With it a reader of metrics can tell a lag that is low from one that is merely old.
            self.metrics.gauge("measuredAt", int(now), table)
