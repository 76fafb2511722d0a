"""The reverse job's parts in one process, without Flink: a Pipeline whose acknowledgements go the whole way,
over the database, to the readers."""

from __future__ import annotations

from typing import Any, Callable, cast

from connectors.config.settings import Settings
from connectors.engine.lane.lane import LaneOutcome
from connectors.postgres.replication.confirmed import LowWatermark
from connectors.reverse.components import ReverseComponents
from tests.harness.pipeline import Pipeline


class ReversePipeline(Pipeline):
    def __init__(
        self, settings: Settings, components: Callable[[Settings], Any] = ReverseComponents, seed: int = 0
    ) -> None:
        super().__init__(settings, components, seed)

    def close(self) -> None:
        super().close()
        self._notifier.close()

    def phases(self) -> str:
        return ", ".join(self._plans.tables) if self._plans else "no plan"

    def gauges(self) -> Any:
        return {(one.name, one.of): one.value for one in self._plans.gauges()} if self._plans else {}

    def _begin(self, first_attempt: bool) -> None:
        super()._begin(first_attempt)
        self._watermark = LowWatermark(self.settings.lanes)
        self._notifier = cast(ReverseComponents, self.components).notifier()
        self._notifier.start()

    def _note(self, lane: int, outcome: LaneOutcome) -> None:
        """connectors.reverse.flink.ConfirmFunction.process_element"""
        super()._note(lane, outcome)
        for ack in outcome.marks:
            mark = self._watermark.take(lane, ack)
            if mark is not None:
                self._notifier.tell(mark)
