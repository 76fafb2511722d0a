"""The reverse job's parts in one process, without Flink: a Pipeline whose acknowledgements go the whole way,
over the database, to the readers."""

from __future__ import annotations

from typing import Any, Callable, cast

from connectors.config.settings import Settings
from connectors.engine.lane.lane import Outcome
from connectors.postgres.replication.confirmed import LowWatermark
from connectors.reverse.components import ReverseWiring
from tests.harness.pipeline import Pipeline


class ReversePipeline(Pipeline):
    def __init__(
        self, settings: Settings, wiring: Callable[[Settings], Any] = ReverseWiring, seed: int = 0
    ) -> None:
        super().__init__(settings, wiring, seed)

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
        self._notifier = cast(ReverseWiring, self.wiring).notifier()
        self._notifier.start()

    def _note(self, lane: int, outcome: Outcome) -> None:
        """connectors.engine.flink.confirm.ConfirmFunction.process_element"""
        super()._note(lane, outcome)
        for ack in outcome.marks:
            mark = self._watermark.take(lane, ack)
            if mark is not None:
                self._notifier.tell(mark)
