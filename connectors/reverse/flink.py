"""The operator at the end of a job that reads replication slots: one subtask, which folds the lanes'
acknowledgements and tells the readers how far all of them are.

It keeps no state: after a restart every reader begins a new session, whose marks every lane acknowledges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Protocol

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.flink.metrics import Metrics
from connectors.engine.flink.single import single
from connectors.engine.lane.acknowledgement import acknowledged
from connectors.postgres.replication.confirmed import LowWatermark

if TYPE_CHECKING:  # it needs psycopg2, which the client that submits the job may lack
    from connectors.postgres.replication.notify import Notifier


class ConfirmComponents(Protocol):
    """Picklable."""

    lanes: int

    def notifier(self) -> Notifier: ...


class ConfirmFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes notices; yields those that are no acknowledgements."""

    def __init__(self, telling: ConfirmComponents) -> None:
        self._telling = telling

    def open(self, context: RuntimeContext) -> None:
        watchdog()
        self._metrics = Metrics(context)
        self._watermark = LowWatermark(self._telling.lanes)
        self._notifier = self._telling.notifier()
        self._notifier.start()

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        ack = acknowledged(value)
        if ack is None:
            yield value
            return
        mark = self._watermark.take(ack.lane, ack.mark)
        if mark is not None:
            self._notifier.tell(mark)
            self._metrics.gauge("durableLsn", mark.lsn, mark.slot, "slot")

    def close(self) -> None:
        self._notifier.close()


def confirm(notices: DataStream, telling: ConfirmComponents) -> DataStream:
    """The notices that are left."""
    return single(notices, ConfirmFunction(telling), "confirm", Types.STRING())
