"""The lines as a table of 80 columns, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from connectors.base.text import plural
from connectors.command.columns import TextRow, print_rows, wrapped
from connectors.command.doctor.line import Level, Line, green, worst

STYLES = {Level.GREEN: "green", Level.YELLOW: "yellow", Level.RED: "bold red"}
NEAR = 8
"""Lines after the first problem, from which on the problems are repeated at the end."""
MOST_TABLES = 20
"""Green table lines that are shown individually; JSON contains all."""


def show(console: Console, lines: Sequence[Line]) -> None:
    print_rows(
        console,
        [TextRow((line.level.word, line.about), line.text, STYLES[line.level]) for line in shortened(lines)],
    )
    problems = [line for line in lines if line.level is Level.RED]
    if problems and len(lines) - lines.index(problems[0]) > NEAR:
        console.print(Text(f"\nThe {plural(len(problems), 'problem')} again:", STYLES[Level.RED]))
        for line in problems:
            text = "\n  ".join(wrapped(f"- {line.about}: {line.text}", console.width - 2))
            console.print(Text(text), soft_wrap=True)
    console.print(Text(f"\n{summary(lines)}", STYLES[worst(lines)]))


def shortened(lines: Sequence[Line]) -> Iterator[Line]:
    left = MOST_TABLES
    hidden = sum(_quiet(line) for line in lines) - MOST_TABLES
    for line in lines:
        if not _quiet(line):
            yield line
            continue
        left -= 1
        if left >= 0:
            yield line
        elif left == -1:
            yield green("table", f"and {hidden} more without remarks: see --json")


def _quiet(line: Line) -> bool:
    return line.level is Level.GREEN and line.about == "table"


def summary(lines: Sequence[Line]) -> str:
    counts = Counter(line.level for line in lines)
    said = ", ".join(
        f"{counts[level]} {level.word.lower()}{'s' if counts[level] > 1 and level is not Level.GREEN else ''}"
        for level in Level
        if counts[level]
    )
    red = worst(lines) is Level.RED
    return (
        f"{said}. {'Fix the problems first: the job would not start' if red else 'The job can be started'}."
    )


def as_json(lines: Sequence[Line]) -> str:
    shown = [{"level": line.level.value, "about": line.about, "text": line.text} for line in lines]
    return json.dumps({"verdict": worst(lines).value, "lines": shown}, indent=2, ensure_ascii=False)
