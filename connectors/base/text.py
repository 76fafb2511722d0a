"""Numbers, times and foreign texts, formatted for people. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Optional


def duration(seconds: Optional[float]) -> str:
    """`7 s`, `1:05 min`, `2:03:00 h`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"


def size(count: int) -> str:
    """Bytes: `812 B`, `20 KB`, `1.5 MB`."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.0f} KB"
    return f"{count / 1_000_000:.1f} MB"


def plural(count: int, noun: str, several: str = "") -> str:
    """A count with its noun. `several`: the plural if it is not formed with s."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def timestamp(epoch: float) -> str:
    """Seconds since 1970 as `2026-11-22T18:48:06Z`."""
    return datetime.fromtimestamp(int(epoch), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def visible(text: str) -> str:
    """The text with JSON escapes for characters that are invisible, change the direction of text, or give
    commands to a terminal. Names and messages of servers are shown in this form."""
    # Not printable are controls, formats, lone surrogates, private and unassigned characters, and separators,
    # because a no-break space looks like a space.
    return text if text.isprintable() else "".join(c if c.isprintable() else escape(c) for c in text)


def visible_lines(text: str) -> str:
    """`visible` for a text of several lines."""
    return "\n".join(map(visible, text.split("\n")))


def visible_texts(value: Any) -> Any:
    """A value of JSON with `visible_lines` applied to each of its texts, names of members included."""
    if isinstance(value, str):
        return visible_lines(value)
    if isinstance(value, list):
        return [visible_texts(one) for one in value]
    if isinstance(value, dict):
        return {visible_lines(name): visible_texts(one) for name, one in value.items()}
    return value


def escape(character: str) -> str:
    return json.dumps(character)[1:-1]
