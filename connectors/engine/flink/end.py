"""The end operator of a job with an end: one subtask that receives all notices and emits the result once.

It has no state: each run announces its plan, and the lanes repeat what was completed before. Only the result
is sent to Flink's collect sink, because the sink cannot be restored after it has forwarded an element (Flink
1.20: "userVisibleTail should not be larger than offset. This is a bug.").
"""

from __future__ import annotations

from typing import Iterator

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.flink.completion import Completion
from connectors.engine.flink.single import single


class EndFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Receives notices; emits the completion's word when the job is complete."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self._said = False

    def open(self, context: RuntimeContext) -> None:
        watchdog()

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        if self._completion.take(value) and not self._said:
            self._said = True
            yield self._completion.word


def end(notices: DataStream, completion: Completion) -> DataStream:
    """A stream with one element, emitted when the job is complete."""
    return single(notices, EndFunction(completion), "end", Types.STRING())
