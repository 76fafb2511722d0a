"""The parts of the check in one process, without Flink: like the forward job's, with lanes that also make
steps without a record."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from connectors.check.components import CheckParts, job_of
from connectors.check.lane import CheckLane, CheckOutcome
from connectors.check.report.summary import Summary
from connectors.check.report_collector import ReportCollector
from connectors.check.suspects import ENTRY
from connectors.config.settings import Settings
from connectors.model import records
from tests.harness.pipeline import Entries, Pipeline, store

_BULK = "bulk/"


class DictBulk:
    """A `BulkState` within a lane's other entries."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def get(self, name: str) -> bytes:
        return self._entries.get(_BULK + name, b"")

    def put(self, name: str, value: bytes) -> None:
        self._entries[_BULK + name] = value

    def remove(self, name: str) -> None:
        self._entries.pop(_BULK + name, None)


def parts_of(settings: Settings) -> CheckParts:
    return job_of(settings).open()


class CheckPipeline(Pipeline):
    """A check. `summary`: its verdict; None until it ends."""

    components: Any

    def __init__(
        self, settings: Settings, components: Callable[[Settings], Any] = parts_of, seed: int = 0
    ) -> None:
        self.summary: Optional[Summary] = None
        self.turns = 0
        super().__init__(settings, components, seed)

    @property
    def suspects(self) -> int:
        """Number of suspects that are not settled yet."""
        return sum(name.startswith(ENTRY) for lane in self._state.lanes.values() for name in lane)

    def turn(self) -> None:
        super().turn()
        self.turns += 1
        for number, lane in list(self._checks.items()):
            if lane.pause() is not None:
                self._keep(number, lane.step())

    def run(self, seconds: float = 60.0) -> Summary:
        self.run_until(lambda: self.summary is not None, seconds)
        assert self.summary is not None
        return self.summary

    def close(self) -> None:
        super().close()
        for lane in self._checks.values():
            lane.close()
        self._ending.close()

    def _begin(self, first_attempt: bool) -> None:
        super()._begin(first_attempt)
        self._checks: Dict[int, CheckLane] = {}
        self._ending: ReportCollector = self.components.job.collector()

    def _apply(self, number: int, count: int) -> None:
        """Do what connectors.check.flink.CheckLaneFunction.process_element does."""
        for _ in range(count):
            entries = self._state.lanes.setdefault(number, {})
            if number not in self._checks:
                saved = [(name, value) for name, value in entries.items() if not name.startswith(_BULK)]
                self._checks[number] = self.components.lane(number, DictBulk(entries), saved)
            parts = records.decode(self._records[number].popleft())
            self._keep(number, self._checks[number].apply(parts))

    def _keep(self, number: int, outcome: CheckOutcome) -> None:
        store(self._state.lanes[number], outcome.changed)
        for notice in outcome.notices:
            self.notices.append(notice)
            self.summary = self._ending.take(notice) or self.summary
