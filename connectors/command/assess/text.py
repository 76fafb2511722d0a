"""The assessment on a terminal of 80 columns. Names were checked by the service; other texts are escaped."""

from __future__ import annotations

import textwrap
from typing import Iterator, List, Sequence

from connectors.base.text import plural, size, visible
from connectors.command.assess import words
from connectors.command.assess.document import Assessment, GroupedFinding, TableAssessment

WIDTH = 80
MOST_TABLES = 10
MOST_FINDINGS = 12


def text_of(assessment: Assessment, page: str) -> str:
    """Lines, each with a line feed. `page`: where the HTML page was written; empty: nowhere."""
    lines = [words.headline(assessment), *_wrapped(words.meaning(assessment)), ""]
    for title, findings in (
        ("Obstacles", assessment.obstacles),
        ("Stored differently", assessment.remarks),
        ("Left behind", assessment.left_behind),
        ("Not known", assessment.not_known),
    ):
        lines += _section(title, findings)
    lines += ["Tables", *_tables(assessment.tables), ""]
    lines += [
        "Plan",
        *(line for said in words.plan_lines(assessment.plan, assessment.tables) for line in _point(said)),
    ]
    lines += [
        "",
        *_wrapped(f"The assessment has read {assessment.sample_units:,.1f} read units of the source."),
    ]
    if page:
        lines.append(f"Page: {page}")  # never broken, so that it can be copied
    return "\n".join(lines) + "\n"


def _section(title: str, findings: Sequence[GroupedFinding]) -> List[str]:
    if not findings:
        return []
    lines = [title]
    for finding in findings[:MOST_FINDINGS]:
        named = words.names(finding)
        lines += _point(f"{finding.what}: {words.sentence(finding.text)}{f' [{named}]' if named else ''}")
    if len(findings) > MOST_FINDINGS:
        lines.append(f"  and {len(findings) - MOST_FINDINGS} more: see the page")
    return [*lines, ""]


def _tables(rows: Sequence[TableAssessment]) -> Iterator[str]:
    for row in rows[:MOST_TABLES]:
        yield from _point(
            f"{row.table}: {row.items:,} items, {size(row.bytes)}; mean size {words.mean_size(row)}; "
            f"{plural(row.segments, 'segment')}; read at {words.rate(row.rate)} units/s in "
            f"{words.hours(row.hours_at_rate)}"
        )
    if len(rows) > MOST_TABLES:
        yield f"  and {len(rows) - MOST_TABLES:,} more: see the page, or --json for all"


def _point(text: str) -> List[str]:
    return _wrapped(text, first="  ", others="    ")


def _wrapped(text: str, first: str = "", others: str = "") -> List[str]:
    """Names and ARNs are not broken, so that they can be copied."""
    return textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
