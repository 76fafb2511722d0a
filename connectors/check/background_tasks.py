"""Work that waits for the network, done by threads; its outcome is taken in by the lane's own thread."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, List, Tuple

AT_ONCE = 4


class BackgroundTasks:
    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._under_way: List[Tuple[Future[Any], Callable[[Any], None]]] = []

    @property
    def room(self) -> bool:
        return len(self._under_way) < AT_ONCE

    @property
    def busy(self) -> bool:
        return bool(self._under_way)

    def send(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """`then` gets what `work` returns, in a call of `collect`."""
        self._under_way.append((self._pool.submit(work), then))

    def collect(self) -> None:
        """Take in what is done. Raises what a task raised."""
        for each in [each for each in self._under_way if each[0].done()]:
            self._under_way.remove(each)
            future, then = each
            then(future.result())
