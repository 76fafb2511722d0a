"""Renders the page from a summary and examples. Jinja's autoescape escapes every value."""

from __future__ import annotations

from importlib import resources
from typing import Dict, List, NamedTuple, Tuple

import jinja2

from connectors.check.report import words
from connectors.check.report.advice import advice
from connectors.check.report.difference import DifferenceKind
from connectors.check.report.examples import Example, Examples
from connectors.check.report.order import ROWS, SECTIONS, worst_first
from connectors.check.report.summary import DifferenceCounts, Summary, TableResult, Verdict
from connectors.check.report.values import literal


class Part(NamedTuple):
    """A part of a table's bar."""

    kind: str
    number: int
    grow: float
    """Its share of the bar, from 0 to 1."""


class Group(NamedTuple):
    """The examples of one kind."""

    kind: DifferenceKind
    title: str
    left: int
    """Differences that are not repaired."""
    examples: List[Example]

    def shown(self) -> int:
        """Number of unrepaired differences that are shown as examples."""
        return sum(1 for example in self.examples if not example.repaired)


class Section(NamedTuple):
    """A table with differences or problems."""

    table: TableResult
    groups: List[Group]
    schema_differences: List[str]
    """The first ones."""


class VerdictMark(NamedTuple):
    """The appearance of a verdict. The sign distinguishes it without colours."""

    style: str
    sign: str


PACKAGE = __name__.rpartition(".")[0]
"""Python 3.9 sets `__package__` of a module in a zip file only after the module was executed."""
PROBLEMS = 50
"""Problems of the check that the page lists."""
SCHEMA = 20
"""Differences of one table's definition that the page lists."""
OPEN = 3
"""Examples of a kind that are expanded, so that the page can be read and printed without clicking."""

MARKS = {
    Verdict.EQUAL: VerdictMark("equal", "="),
    Verdict.DIFFERENT: VerdictMark("different", "\u2260"),
    Verdict.INCOMPLETE: VerdictMark("unknown", "?"),
}
RESULTS = {
    "equal": MARKS[Verdict.EQUAL],
    "different": MARKS[Verdict.DIFFERENT],
    "defined differently": MARKS[Verdict.DIFFERENT],
    "not checked": MARKS[Verdict.INCOMPLETE],
}


def render(summary: Summary, examples: Examples) -> str:
    rows = worst_first(summary.tables)[:ROWS]
    every = sections(summary, examples)
    page = environment(PACKAGE).get_template("report.html")
    return page.render(
        summary=summary,
        headline=words.headline(summary),
        meaning=words.meaning(summary),
        source=summary.source.system,
        target=summary.target.system,
        mark=MARKS[summary.verdict],
        results=RESULTS,
        sections=every,
        rows=rows,
        more_rows=len(summary.tables) - len(rows),
        problems=summary.problems[:PROBLEMS],
        more_problems=max(0, len(summary.problems) - PROBLEMS),
        steps=advice(summary),
        literal=literal,
        # Anchors are numbers, because a table's name is not safe in a link.
        places={section.table.table: f"table-{place}" for place, section in enumerate(every, 1)},
        open_examples=OPEN,
        bar=bar,
        words=words,
    )


def bar(counts: DifferenceCounts, whole_checked: bool = True) -> List[Part]:
    """The parts of a bar, without empty ones. The style sheet sets their minimum width.

    If the table was not checked completely, one part of unknown size represents the rest. Without it, the
    checked part would look like the whole table.
    """
    numbers = {kind: int(getattr(counts, kind)) for kind in ("equal", "missing", "extra", "different")}
    whole = max(1, sum(numbers.values()))
    parts = [Part(kind, number, round(number / whole, 6)) for kind, number in numbers.items() if number]
    return parts if whole_checked else [*parts, Part("unchecked", 0, 0.5)]


def sections(summary: Summary, examples: Examples) -> List[Section]:
    titles: Dict[DifferenceKind, str] = {
        DifferenceKind.MISSING: f"Missing at {summary.target.system}",
        DifferenceKind.EXTRA: f"Extra at {summary.target.system}",
        DifferenceKind.DIFFERENT: "Different",
    }
    every = [_section(table, titles, examples) for table in worst_first(summary.tables)]
    return [section for section in every if section.groups or not section.table.is_equal()][:SECTIONS]


def _section(table: TableResult, titles: Dict[DifferenceKind, str], examples: Examples) -> Section:
    places: List[Tuple[DifferenceKind, int]] = [
        (kind, int(getattr(table, kind.value))) for kind in DifferenceKind
    ]
    groups = [
        Group(kind, titles[kind], number, examples.get((table.table, kind), []))
        for kind, number in places
        if number or examples.get((table.table, kind))
    ]
    return Section(table, groups, table.schema_differences[:SCHEMA])


SHARED = ("page.html", "report.css")
"""The frame and the style sheet of every page, which are in this package."""


def environment(package: str) -> jinja2.Environment:
    """For the templates of `package`."""
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(lambda name: packaged(name, package)),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def packaged(name: str, package: str = PACKAGE) -> str:
    """The text of a file of the package, which may be in a zip file."""
    place = PACKAGE if name in SHARED else package
    return resources.files(place).joinpath(name).read_text(encoding="utf-8")
