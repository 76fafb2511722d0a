"""Passes results of the background thread, or the error that ended it, to the enumerator's thread."""

from __future__ import annotations

import queue
from typing import Generic, List, TypeVar, Union

T = TypeVar("T")


class BackgroundResults(Generic[T]):
    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Union[T, BaseException]] = queue.SimpleQueue()

    def put(self, result: Union[T, BaseException]) -> None:
        self._queue.put(result)

    def take(self) -> List[T]:
        """All results since the last call. Raises an error that was put."""
        results: List[T] = []
        while not self._queue.empty():
            result = self._queue.get()
            if isinstance(result, BaseException):
                raise result
            results.append(result)
        return results
