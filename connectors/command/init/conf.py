"""The lines of a nimo-shake.conf. Pure."""

from __future__ import annotations

import re
from typing import List, NamedTuple


class ConfEntry(NamedTuple):
    line: int
    key: str
    """Empty if the line is not KEY = VALUE."""
    value: str
    """With its quotes: nimo-shake treats them as part of the value."""


def entries(text: str) -> List[ConfEntry]:
    """The entries, without comments and empty lines. A value may contain = and #."""
    lines = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            lines.append(
                ConfEntry(number, key.strip(), value.strip()) if equals else ConfEntry(number, "", "")
            )
    return lines


def printable(key: str) -> str:
    """The leading part of a key that consists of words and dots. The rest may be a fragment of a secret."""
    word = re.match(r"[A-Za-z][\w.-]{0,59}", key)
    return word.group() if word else "?"
