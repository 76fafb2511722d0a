"""The result of one check: its level, its text, and for a red line how to fix it."""

from __future__ import annotations

import enum
from typing import Iterable, NamedTuple

from connectors.base.text import visible_lines


class Level(str, enum.Enum):
    GREEN = "green"
    YELLOW = "yellow"
    """A warning: the job would start."""
    RED = "red"
    """A problem: the job would not start, or would not do what it is for."""

    @property
    def word(self) -> str:
        """The level as a word, because paper and logs have no colours and not everybody can distinguish
        them."""
        return {"green": "ok", "yellow": "warning", "red": "PROBLEM"}[self.value]


class Line(NamedTuple):
    level: Level
    about: str
    """python, flink, dynamodb, polardb, mongodb, right, table, estimate, settings, or storage."""
    text: str
    """The text of a red line says how to fix it. It may hold names and messages of servers: the functions
    below make it visible."""


def green(about: str, text: str) -> Line:
    return Line(Level.GREEN, about, visible_lines(text))


def yellow(about: str, text: str) -> Line:
    return Line(Level.YELLOW, about, visible_lines(text))


def red(about: str, text: str) -> Line:
    return Line(Level.RED, about, visible_lines(text))


def worst(lines: Iterable[Line]) -> Level:
    levels = {line.level for line in lines}
    return next((level for level in (Level.RED, Level.YELLOW) if level in levels), Level.GREEN)
