"""One thing that was looked at: how it stands, and for what is red, how to mend it."""

from __future__ import annotations

import enum
from typing import Iterable, NamedTuple


class Level(str, enum.Enum):
    GREEN = "green"
    YELLOW = "yellow"
    """The job would start; somebody should know."""
    RED = "red"
    """The job would refuse to start, or would not do what it is for."""

    @property
    def word(self) -> str:
        """Colour alone tells nothing on paper, in a log, or to those who cannot see it."""
        return {"green": "ok", "yellow": "warning", "red": "PROBLEM"}[self.value]


class Line(NamedTuple):
    level: Level
    about: str
    """python, flink, dynamodb, polardb, mongodb, right, table, estimate, or settings."""
    text: str
    """A red one's says how to mend it."""


def green(about: str, text: str) -> Line:
    return Line(Level.GREEN, about, text)


def yellow(about: str, text: str) -> Line:
    return Line(Level.YELLOW, about, text)


def red(about: str, text: str) -> Line:
    return Line(Level.RED, about, text)


def worst(lines: Iterable[Line]) -> Level:
    found = {line.level for line in lines}
    return next((level for level in (Level.RED, Level.YELLOW) if level in found), Level.GREEN)
