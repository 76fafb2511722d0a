"""Pages from prepared pieces: any number of items in constant memory, with one copy of bytes per page.

The pages of a table differ only in their number, so a page is the pieces joined by its number.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from bench.canned.items import MARK, PAGE, PAGE_DIGITS


class Template:
    """`texts`: the PAGE items of a page. Each contains MARK at least once, and all equally often."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        split = [text.split(MARK) for text in texts]
        self._marks = len(split[0]) - 1
        if self._marks < 1 or any(len(pieces) != self._marks + 1 for pieces in split):
            raise ValueError("every text must hold the mark equally often, at least once")
        self._mean = sum(map(len, texts)) // len(texts)
        self._heads = [pieces[0] for pieces in split]
        self._tails = [pieces[-1] for pieces in split]
        self._between: List[bytes] = []
        before = b""
        for pieces in split:
            self._between.append(before + pieces[0])
            self._between += pieces[1:-1]
            before = pieces[-1] + b","

    def run(self, page: int, low: int, high: int) -> bytes:
        """Items `low` to `high` (exclusive, at least one) of a page, with commas between them."""
        inner = self._between[low * self._marks + 1 : high * self._marks]
        return (b"%0*d" % (PAGE_DIGITS, page)).join([self._heads[low], *inner, self._tails[high - 1]])

    def size(self, start: int, stop: int) -> int:
        """The approximate size of these items in bytes."""
        return (stop - start) * self._mean

    def items(self, start: int, stop: int) -> bytes:
        """Items `start` to `stop` (exclusive) of the table, with commas between them; may be empty."""
        if stop <= start:
            return b""
        runs = []
        for page in range(start // PAGE, (stop - 1) // PAGE + 1):
            first = page * PAGE
            runs.append(self.run(page, max(start - first, 0), min(stop - first, PAGE)))
        return b",".join(runs) if len(runs) > 1 else runs[0]


def share(count: int, part: int, parts: int) -> Tuple[int, int]:
    """Start and stop of one of `parts` contiguous shares of `count` things. Each thing is in one share."""
    return count * part // parts, count * (part + 1) // parts
