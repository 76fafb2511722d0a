"""Numbers, times and foreign texts, formatted for people. Pure."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Optional

MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = ((1e3, "k"), (1e6, " M"), (1e9, " bn"), (1e12, " tn"))


def duration(seconds: Optional[float]) -> str:
    """`7 s`, `1 min 05 s`, `2 h 03 min`, `1 d 02 h`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{whole // DAY} d {whole % DAY // HOUR:02} h"


def short_duration(seconds: Optional[float]) -> str:
    """The largest unit of a duration, for a narrow column: `7 s`, `62 min`, `8 h`, `3 d`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * MINUTE:
        return f"{round(whole / MINUTE)} min"
    return f"{round(whole / HOUR)} h" if whole < DAY else f"{whole / DAY:.0f} d"


def short_count(count: float) -> str:
    """A count in at most six characters: `812`, `12k`, `3.4 M`, `9.8 bn`."""
    if count < 1000:
        return f"{count:.0f}"
    unit, name = next((each for each in UNITS if count < 999.5 * each[0]), UNITS[-1])
    scaled = count / unit
    return f"{scaled:.1f}{name}" if scaled < 9.95 else f"{scaled:.0f}{name}"


def fitted_count(count: int, width: int) -> str:
    """A count with all its digits if they fit into `width` characters, else as `short_count`."""
    exact = f"{count:,}"
    return exact if len(exact) <= width else short_count(count)


def shortened(text: str, width: int) -> str:
    """A name in at most `width` characters. Its middle is left out: long names often differ at the end."""
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def size(count: int) -> str:
    """Bytes: `812 B`, `20 KB`, `1.5 MB`, `9.8 GB`, `1.2 TB`."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.0f} KB"
    if count < 1_000_000_000:
        return f"{count / 1_000_000:.1f} MB"
    if count < 1_000_000_000_000:
        return f"{count / 1_000_000_000:.1f} GB"
    return f"{count / 1_000_000_000_000:.1f} TB"


def plural(count: int, noun: str, several: str = "") -> str:
    """A count with its noun. `several`: the plural if it is not formed with s."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def timestamp(epoch: float) -> str:
    """Seconds since 1970 as `2026-11-22T18:48:06Z`."""
    return datetime.fromtimestamp(int(epoch), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def followed_by(text: str, more: str) -> str:
    """Two sentences, either of which may be empty. Messages of servers often lack the period."""
    if not text or not more:
        return text or more
    return f"{text} {more}" if text.endswith((".", "!", "?", ":")) else f"{text}. {more}"


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
        return [visible_texts(each) for each in value]
    if isinstance(value, dict):
        return {visible_lines(name): visible_texts(each) for name, each in value.items()}
    return value


def escape(character: str) -> str:
    return json.dumps(character)[1:-1]
