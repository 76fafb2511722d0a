"""One split, read ahead by the pool's threads within limits of bytes.

The worker's thread owns the feed. A pool thread reads the split while `busy` is set, and posts what it has
read; it goes on by itself while there is room.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

from connectors.engine.budget import BudgetHolder, ReadBudget
from connectors.engine.worker.pages import PageLine
from connectors.model.pages import ReadPage, ReadSplit


class Fetched(NamedTuple):
    """What a pool thread posts."""

    feed: Feed
    page: Optional[ReadPage]
    idle: bool
    """The thread has left the split."""
    error: Optional[BaseException] = None


class Feed(BudgetHolder):
    def __init__(self, split: ReadSplit, budget: ReadBudget, post: Callable[[Fetched], None]) -> None:
        self.split, self._budget, self._post = split, budget, post
        self.line = PageLine()
        self.held = 0
        self.owner: Any = None
        """The slot and the table that it belongs to; set by the worker."""
        self.busy = self.stopped = self.ended = self.starved = False

    @property
    def has_room(self) -> bool:
        return self._budget.has_room(self)

    @property
    def quiet(self) -> bool:
        """Whether nothing is being read, and nothing that was read is unwritten."""
        return not self.busy and not self.line

    def read(self, again: Callable[[Feed], None], now: Callable[[], float]) -> None:
        """Run in a pool thread. `again` puts the feed at the end of the pool's queue."""
        page: Optional[ReadPage] = None
        try:
            if not self.stopped:
                page = self.split.next_page()
            if page is not None:
                self._budget.add(self, page.size)
            more = not self.stopped and not (page and page.done) and self.has_room
            more = more and self.split.next_awake() <= now()
        except BaseException as error:  # passed to the worker's thread, which raises it
            self._post(Fetched(self, page, True, error))
            return
        if page is not None or not more:
            self._post(Fetched(self, page, not more))
        if more:
            again(self)

    def release(self, size: int) -> None:
        self._budget.add(self, -size)

    def close(self) -> None:
        """Pages that arrive after it are discarded."""
        self.stopped = True
        self.split.close()
