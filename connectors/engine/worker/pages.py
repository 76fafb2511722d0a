"""What a split has read and the target has not confirmed, and the position that may be stored. Pure.

1. A page is done when each of its writes is durable, or a later change of the same key is durable.
2. The position of a split moves to the end of a page when that page and all pages before it are done.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, List

from connectors.model.pages import ReadPage


class Page:
    """A page on its way. `left`: requests (of copied items) or changes that are not durable."""

    __slots__ = ("feed", "left", "page")

    def __init__(self, feed: Any, page: ReadPage) -> None:
        self.feed, self.page, self.left = feed, page, 0


class PageLine:
    """The pages of one split, in order."""

    def __init__(self) -> None:
        self._pages: Deque[Page] = deque()

    def __bool__(self) -> bool:
        return bool(self._pages)

    def add(self, page: Page) -> None:
        self._pages.append(page)

    def settle(self) -> List[ReadPage]:
        """Remove the pages that are durable along with all before them; the last one has the position."""
        durable: List[ReadPage] = []
        while self._pages and not self._pages[0].left:
            durable.append(self._pages.popleft().page)
        return durable
