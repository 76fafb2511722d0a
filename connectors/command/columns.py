"""Rows of short words and a text, for a terminal.

A path in the text can be copied: a word that is longer than its column is on a line of its own, and is never
broken. Pure, except for `print_rows`.
"""

from __future__ import annotations

import textwrap
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from rich.console import Console
from rich.text import Text

GAP = 2
"""Blanks between two columns."""
LEAST = 20
"""Width of the text's column on a very narrow terminal."""


class TextRow(NamedTuple):
    words: Sequence[str]
    text: str
    style: str = ""
    """Of the first word."""


def print_rows(console: Console, rows: Sequence[TextRow]) -> None:
    widths = [max(map(len, column)) for column in zip(*(row.words for row in rows))]
    for row in rows:
        head, lines = drawn(row, widths, console.width)
        text = Text(head + "\n".join(lines))
        text.stylize(row.style, 0, len(row.words[0]))
        console.print(text, soft_wrap=True)


def drawn(row: TextRow, widths: Sequence[int], width: int) -> Tuple[str, List[str]]:
    """The words with their padding, and the lines of the text: the first one follows the words."""
    head = "".join(f"{word:<{size + GAP}}" for word, size in zip(row.words, widths))
    first, *others = wrapped(row.text, width - len(head))
    if len(head) + len(first) > width:
        others, first = [first, *others], ""
    return head if first else head.rstrip(), [first, *(_indented(line, len(head), width) for line in others)]


def wrapped(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        yield from textwrap.wrap(line, max(LEAST, width), break_long_words=False, break_on_hyphens=False) or [
            ""
        ]


def _indented(line: str, indent: int, width: int) -> str:
    """A line that is too long for its column begins further left, if it fits then."""
    return f"{' ' * max(0, min(indent, width - len(line)))}{line}".rstrip()
