"""The lines of a nimo-shake.conf. Pure."""

from __future__ import annotations

import re
from typing import List, NamedTuple


class ConfEntry(NamedTuple):
    line: int
    key: str
    """Empty where the line is not KEY = VALUE."""
    value: str
    """Not stripped of quotes: nimo-shake takes them for a part of the value."""


def entries(text: str) -> List[ConfEntry]:
    """Without comments and empty lines. A value may hold = and #."""
    found = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            found.append(
                ConfEntry(number, key.strip(), value.strip()) if equals else ConfEntry(number, "", "")
            )
    return found


def printable(key: str) -> str:
    """As far as it is a word with dots: a line that was torn apart may hold anything."""
    word = re.match(r"[A-Za-z][\w.-]{0,59}", key)
    return word.group() if word else "?"
