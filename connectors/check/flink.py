"""Operators of the check only: the lane, which also works between records, and the end.

Timers that Flink restores from a checkpoint are ignored, as in `connectors.engine.flink.reader`. After it has
ordered all parts, each run sends its plan to every lane. A lane that has work left resumes at that moment at
the latest.
"""

from __future__ import annotations

import time
from typing import Iterator, Optional, Protocol, Tuple

import msgspec
from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapState

from connectors.base.parent_watchdog import watchdog
from connectors.check.chunks import BulkState
from connectors.check.lane import CheckLane, CheckOutcome
from connectors.check.report_collector import ReportCollector
from connectors.check.table import CheckPhase
from connectors.engine.components import LaneJob, ReadingParts
from connectors.engine.flink.keyed import KeyedParts
from connectors.engine.flink.single import single
from connectors.engine.flink.store import open_entries, store
from connectors.model import records
from connectors.model.state import Entries


class CheckLaneParts(ReadingParts, Protocol):
    def lane(self, number: int, bulk: BulkState, saved: Entries) -> CheckLane: ...


class ReportingJob(Protocol):
    """A job that writes a report. It is sent to the workers pickled, as all jobs are."""

    def collector(self) -> ReportCollector: ...


class CheckLaneFunction(KeyedParts[CheckLane]):
    """Receives (lane key, lane record) and yields notices as text."""

    state = "check"

    def __init__(self, job: LaneJob[CheckLaneParts]) -> None:
        super().__init__(job.lanes)
        self._job = job

    def open(self, context: RuntimeContext) -> None:
        super().open(context)
        self._bulk = FlinkBulkState(open_entries(context, "fingerprints"))
        self._opened = self._job.open()

    def begin(self, number: int, saved: Entries) -> CheckLane:
        return self._opened.lane(number, self._bulk, saved)

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        lane = self.part(value[0])
        yield from self._store(lane.apply(records.decode(value[1])))
        self._go_on(value[0], lane, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        key = self.fired(timestamp, ctx)
        if key is None:
            return
        self.disarm(key)
        lane = self.part(key)
        yield from self._store(lane.step())
        self._go_on(key, lane, ctx)

    def _go_on(self, key: int, lane: CheckLane, ctx: KeyedProcessFunction.Context) -> None:
        pause = lane.pause()
        if pause is not None and not self.is_armed(key):
            self.arm(key, int((time.time() + pause) * 1000), ctx)

    def _store(self, outcome: CheckOutcome) -> Iterator[str]:
        store(self.entries, outcome.changed)
        self._show()
        yield from outcome.notices

    def _show(self) -> None:
        for table in {name for lane in self.parts.values() for name in lane.tables}:
            parts = [lane.tables[table] for lane in self.parts.values() if table in lane.tables]
            for name in ("suspects", "settled"):
                self.metrics.gauge(name, sum(getattr(part.counts, name) for part in parts), table)
            confirmed = sum(part.counts.missing + part.counts.extra + part.counts.different for part in parts)
            self.metrics.gauge("confirmed", confirmed, table)
            left = sum(part.progress.phase is not CheckPhase.DONE for part in parts)
            self.metrics.gauge("lanesLeft", left, table)


class FlinkBulkState(BulkState):
    """The entries of Flink's current key."""

    def __init__(self, entries: MapState) -> None:
        self._entries = entries

    def get(self, name: str) -> bytes:
        value = self._entries.get(name)
        return b"" if value is None else bytes(value)

    def put(self, name: str, value: bytes) -> None:
        self._entries.put(name, value)

    def remove(self, name: str) -> None:
        self._entries.remove(name)


class CheckEndFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Receives notices. Yields the contents of summary.json once everything is compared and the report is
    written."""

    def __init__(self, job: ReportingJob) -> None:
        self._job = job
        self._collector: Optional[ReportCollector] = None

    def open(self, context: RuntimeContext) -> None:
        watchdog()

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        if self._collector is None:
            self._collector = self._job.collector()
        summary = self._collector.take(value)
        if summary is not None:
            yield msgspec.json.encode(summary).decode()

    def close(self) -> None:
        if self._collector is not None:
            self._collector.close()


def verdict(notices: DataStream, job: ReportingJob) -> DataStream:
    """A stream with a single element, which is emitted at the end of the check."""
    return single(notices, CheckEndFunction(job), "end", Types.STRING())
