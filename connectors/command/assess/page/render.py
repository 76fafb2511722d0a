"""Renders the page of an assessment. Jinja's autoescape escapes every value."""

from __future__ import annotations

from typing import List, NamedTuple, Sequence

from connectors.base.text import size, visible
from connectors.check.report.page.render import VerdictMark, environment
from connectors.command.assess import words
from connectors.command.assess.document import Assessment, AssessmentVerdict, GroupedFinding

MOST_TABLES = 100
"""Tables that the page shows. The JSON contains all."""
MOST_FINDINGS = 25
"""Findings of one kind that the page shows."""
MARKS = {
    AssessmentVerdict.CLEAR: VerdictMark("equal", "\u2713"),
    AssessmentVerdict.OBSTACLES: VerdictMark("different", "!"),
    AssessmentVerdict.INCOMPLETE: VerdictMark("unknown", "?"),
}


class FindingSection(NamedTuple):
    id: str
    title: str
    introduction: str
    findings: Sequence[GroupedFinding]
    more: int


def render(assessment: Assessment) -> str:
    page = environment(__package__).get_template("assess.html")
    return page.render(
        assessment=assessment,
        headline=words.headline(assessment),
        meaning=words.meaning(assessment),
        source=assessment.source,
        target=assessment.target,
        mark=MARKS[assessment.verdict],
        sections=sections(assessment),
        rows=assessment.tables[:MOST_TABLES],
        more_rows=max(0, len(assessment.tables) - MOST_TABLES),
        visible=visible,
        size=size,
        words=words,
    )


def sections(assessment: Assessment) -> List[FindingSection]:
    """The sections that are not empty."""
    target = assessment.target
    kinds = (
        ("obstacles", "Obstacles", "Solve these before you start the forward job.", assessment.obstacles),
        (
            "remarks",
            "Stored differently",
            f"{target} takes these items, but not as they are.",
            assessment.remarks,
        ),
        ("left", "Left behind", f"The migration does not copy these to {target}.", assessment.left_behind),
        ("unknown", "Not known", "The source did not answer these questions.", assessment.not_known),
    )
    return [
        FindingSection(id_, title, text, rows[:MOST_FINDINGS], max(0, len(rows) - MOST_FINDINGS))
        for id_, title, text, rows in kinds
        if rows
    ]
