"""The verdict as plain text for a terminal of 80 columns. Control characters in keys are escaped."""

from __future__ import annotations

import textwrap
from typing import List

from connectors.check.report.advice import advice
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import Example, Examples
from connectors.check.report.order import LINES, worst_first
from connectors.check.report.summary import Summary, TableResult
from connectors.check.report.values import literal, shorten
from connectors.check.report.words import counted, headline, lag, meaning, repair, result, units

WIDTH = 80
PER_KIND = 3
"""Maximum number of examples per kind and table; the page has more."""
SCHEMA = 10
"""Maximum number of differences of one table's definition."""


def text_of(summary: Summary, examples: Examples, folder: str) -> str:
    """Lines, each with a line feed. `folder`: folder of the report; empty if none was written."""
    lines = [headline(summary), *_wrapped(meaning(summary)), ""]
    width = max((len(_name(table)) for table in summary.tables), default=0)
    shown = worst_first(summary.tables)
    for table in shown[:LINES]:
        lines += _table(table, examples, width)
    if len(shown) > LINES:
        lines.append(f"  and {counted(len(shown) - LINES, 'more table')} with fewer differences, or none")
    for problem in summary.problems[:LINES]:
        lines += _wrapped(f"not checked: {problem}", "  ")
    if len(summary.problems) > LINES:
        lines.append(f"  not checked: {len(summary.problems) - LINES:,} more problems")
    lines += _advice(summary)
    lines += ["", *_wrapped(_effort(summary))]
    if summary.repair:
        lines += _wrapped(f"Repair: {repair(summary.repair)}.")
    if folder:
        # Never broken, so that it can be copied.
        lines.append(f"Report: {literal(folder)}/report.html")
    return "\n".join(lines) + "\n"


def _advice(summary: Summary) -> List[str]:
    lines = ["", "What to do now"]
    for number, step in enumerate(advice(summary), 1):
        lines += _wrapped(f"{number}. {literal(step.text)}", "  ")
        lines += [line for command in step.commands for line in folded(literal(command))]
    return lines


def folded(command: str) -> List[str]:
    """The command on lines that a shell joins again, so that it can be copied. A word is never broken."""
    lines = textwrap.wrap(
        command,
        WIDTH - 2,
        initial_indent="     ",
        subsequent_indent="       ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _name(table: TableResult) -> str:
    return literal(shorten(table.table, 30))


def _table(table: TableResult, examples: Examples, width: int) -> List[str]:
    line = f"  {_name(table):<{width}}  {result(table):<11}  "
    counts = [
        f"{getattr(table, kind.value):,} {kind.value}"
        for kind in DifferenceKind
        if getattr(table, kind.value)
    ]
    lines = _wrapped(line + ", ".join([f"{table.equal:,} equal", *counts]), "    ")
    for said in table.schema_differences[:SCHEMA]:
        lines += _wrapped(f"definition: {said}", "    ")
    for kind in DifferenceKind:
        for example in examples.get((table.table, kind), [])[:PER_KIND]:
            lines += _example(example)
        left = getattr(table, kind.value) - PER_KIND
        if left > 0:
            lines.append(f"    {kind.value:<10}and {left:,} more")
    return lines


def _example(example: Example) -> List[str]:
    names = ", ".join(row.name for row in example.rows) if example.kind is DifferenceKind.DIFFERENT else ""
    said = f"{example.key}{f': {names}' if names else ''}"
    said += "; kept changing" if example.changing else ""
    said += "; repaired" if example.repaired else ""
    said += f"; {example.reason}" if example.reason else ""
    return [f"    {example.kind.value:<10}{_cut(said, WIDTH - 14)}"]


def _effort(summary: Summary) -> str:
    totals = summary.totals
    return (
        f"{counted(totals.compared, 'key')} compared, {totals.settled:,} settled in flight. "
        f"Read units: source {units(totals.source_units)}, target {units(totals.target_units)}. "
        f"Replication lag: {lag(summary)}."
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _wrapped(text: str, indent: str = "") -> List[str]:
    """The first line keeps the leading spaces of `text`. Names must have been escaped before."""
    first = indent if not text.startswith(" ") else ""
    clean = text if text.isprintable() else literal(text)
    return textwrap.wrap(clean, WIDTH, initial_indent=first, subsequent_indent=indent, drop_whitespace=True)
