"""The end operator of a job with an end: one subtask, which hears the lanes' notices and says once that all
is done.

It keeps no state: each run announces its plan and recalls what was done before. And nothing but its one word
reaches Flink's collect sink, which cannot be restored once a text has gone through it (Flink 1.20:
"userVisibleTail should not be larger than offset. This is a bug.").
"""

from __future__ import annotations

from typing import Iterator

from pyflink.common import Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext

from connectors.base.parent_watchdog import watchdog
from connectors.engine.flink.completion import Completion
from connectors.engine.flink.single import single

DONE = "done"


class EndFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Takes notices; yields DONE when they say so."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self._said = False

    def open(self, context: RuntimeContext) -> None:
        watchdog()

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[str]:
        if self._completion.take(value) and not self._said:
            self._said = True
            yield DONE


def end(notices: DataStream, completion: Completion) -> DataStream:
    """One element when the job is done, none before."""
    return single(notices, EndFunction(completion), "end", Types.STRING())
