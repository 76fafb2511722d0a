"""The operators that only the check has: its lane, which works between records too, and its end.

Timers out of a checkpoint count for nothing, as in connectors.engine.flink.reader. Each run announces its
plan to every lane once all is ordered; a lane that has work left goes on then at the latest.
"""

from __future__ import annotations

import time
from typing import Dict, Iterator, Optional, Protocol, Tuple

import msgspec
from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapState

from connectors.base.parent_watchdog import watchdog
from connectors.check.chunks import BulkState
from connectors.check.lane import CheckLane, CheckOutcome
from connectors.check.report_collector import ReportCollector
from connectors.check.table import CheckPhase
from connectors.engine.components import ReadComponents
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.single import single
from connectors.engine.flink.store import open_entries, saved_entries, store
from connectors.model import records
from connectors.model.state import Entries


class CheckLaneComponents(ReadComponents, Protocol):
    def lane(self, number: int, bulk: BulkState, saved: Entries) -> CheckLane: ...


class CheckEndComponents(Protocol):
    def ending(self) -> ReportCollector:
        """Picklable, as all wirings."""
        ...


class CheckLaneFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes (lane key, lane record); yields notices as text."""

    def __init__(self, components: CheckLaneComponents) -> None:
        self._components = components
        self._lanes: Dict[int, CheckLane] = {}
        self._armed: Dict[int, int] = {}

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        self._entries = open_entries(context, "check")
        self._bulk = FlinkBulkState(open_entries(context, "fingerprints"))
        self._metrics = Metrics(context)
        self._numbers = {key: number for number, key in enumerate(even_keys(self._components.lanes))}

    def process_element(self, value: Tuple[int, bytes], ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        lane = self._lane(value[0])
        yield from self._store(lane.apply(records.decode(value[1])))
        self._arm(value[0], lane, ctx)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[str]:
        key = ctx.get_current_key()
        if self._armed.get(key) != timestamp:
            return  # out of a checkpoint, or an earlier one has been set since
        del self._armed[key]
        lane = self._lane(key)
        yield from self._store(lane.step())
        self._arm(key, lane, ctx)

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.close()

    def _lane(self, key: int) -> CheckLane:
        lane: Optional[CheckLane] = self._lanes.get(key)
        if lane is None:
            lane = self._components.lane(self._numbers[key], self._bulk, saved_entries(self._entries))
            self._lanes[key] = lane
        return lane

    def _arm(self, key: int, lane: CheckLane, ctx: KeyedProcessFunction.Context) -> None:
        pause = lane.pause()
        if pause is not None and key not in self._armed:
            self._armed[key] = int((time.time() + pause) * 1000)
            ctx.timer_service().register_processing_time_timer(self._armed[key])

    def _store(self, outcome: CheckOutcome) -> Iterator[str]:
        store(self._entries, outcome.changed)
        self._show()
        yield from outcome.notices

    def _show(self) -> None:
        for table in {name for lane in self._lanes.values() for name in lane.tables}:
            found = [lane.tables[table] for lane in self._lanes.values() if table in lane.tables]
            for name in ("suspects", "settled"):
                self._metrics.gauge(name, sum(getattr(one.counts, name) for one in found), table)
            confirmed = sum(one.counts.missing + one.counts.extra + one.counts.different for one in found)
            self._metrics.gauge("confirmed", confirmed, table)
            left = sum(one.progress.phase is not CheckPhase.DONE for one in found)
            self._metrics.gauge("lanesLeft", left, table)


class FlinkBulkState(BulkState):
    """Entries of the key that is being worked on."""

    def __init__(self, entries: MapState) -> None:
        self._entries = entries

    def get(self, name: str) -> bytes:
        found = self._entries.get(name)
        return b"" if found is None else bytes(found)

    def put(self, name: str, value: bytes) -> None:
        self._entries.put(name, value)

    def remove(self, name: str) -> None:
        self._entries.remove(name)


class CheckEndFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes notices; yields one word when all is compared and the report is written: summary.json."""

    def __init__(self, components: CheckEndComponents) -> None:
        self._components = components
        self._ending: Optional[ReportCollector] = None

    def open(self, context: RuntimeContext) -> None:
        watchdog()

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        if self._ending is None:
            self._ending = self._components.ending()
        summary = self._ending.take(value)
        if summary is not None:
            yield msgspec.json.encode(summary).decode()

    def close(self) -> None:
        if self._ending is not None:
            self._ending.close()


def verdict(notices: DataStream, components: CheckEndComponents) -> DataStream:
    """One element when the check is done, none before."""
    return single(notices, CheckEndFunction(components), "end", Types.STRING())
