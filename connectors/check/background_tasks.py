"""Tasks that wait for the network. Threads run them, and the lane's own thread processes the results."""

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
        """Start `work`. A later call of `collect` passes its result to `then`."""
        self._under_way.append((self._pool.submit(work), then))

    def collect(self) -> None:
        """Process the results of finished tasks. Raises what a task has raised."""
        for each in [each for each in self._under_way if each[0].done()]:
            self._under_way.remove(each)
            future, then = each
            then(future.result())
