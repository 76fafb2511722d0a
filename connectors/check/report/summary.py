"""What a check found in numbers, and its verdict: summary.json."""

from __future__ import annotations

import enum
from typing import List, Optional, Sequence

import msgspec

from connectors.base.text import timestamp
from connectors.check.report.confidence import statement
from connectors.config.choices import Direction
from connectors.model.jobs import OK, PROBLEM, UNKNOWN


class Verdict(str, enum.Enum):
    EQUAL = "equal"
    DIFFERENT = "different"
    INCOMPLETE = "incomplete"
    """No difference was found, and not everything could be checked."""


class Scope(str, enum.Enum):
    ALL = "all"
    SAMPLE = "sample"
    KEYS = "keys"


class CheckMode(msgspec.Struct, frozen=True, omit_defaults=True):
    scope: Scope
    sample: Optional[int] = None
    """Of a sample: keys asked for per table."""
    file: Optional[str] = None
    """Of chosen keys: where they came from."""


class ReportSide(msgspec.Struct, frozen=True):
    system: str
    """Its name for people: `Amazon DynamoDB`, `PolarDB`."""
    endpoint: str
    """A URL or a region; see `connectors.targets.place`."""


class DifferenceCounts(msgspec.Struct, frozen=True, kw_only=True):
    source_items: int = 0
    """Items read from the source; of all scans, or of the looked-up keys."""
    target_items: int = 0
    compared: int = 0
    """Keys; the sum of the next four."""
    equal: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    changing: int = 0
    """Of the differences, those whose source item changed at every look."""
    settled: int = 0
    """Of the equal ones, those that were in flight at first and equal at a later look."""
    repaired: int = 0
    """Of the equal ones, those that are so since this run's repair."""
    source_units: Optional[float] = None
    """Consumed read capacity units; None: the side does not tell."""
    target_units: Optional[float] = None

    def differences(self) -> int:
        return self.missing + self.extra + self.different


class TableResult(DifferenceCounts, frozen=True, kw_only=True):
    table: str
    schema_differences: List[str] = []
    """One sentence each, for people."""
    problem: Optional[str] = None
    """Why the table could not be checked to its end."""
    lag_seconds: Optional[float] = None
    """The longest that a change in flight was seen to take; None: nothing was in flight."""
    segments: int = 0
    seconds: float = 0.0
    confidence: Optional[str] = None
    """Of a sample, what it says about the whole table; set by `summarise`."""

    def is_equal(self) -> bool:
        return not (self.differences() or self.schema_differences or self.problem)


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    done: bool
    """False: nothing was written; the numbers are what `--repair` would do."""
    write: int = 0
    """Items written from the source."""
    delete: int = 0
    """Extra items deleted."""
    keep: int = 0
    """Extra items left alone, for want of `--delete-extra`."""
    refused: int = 0
    """Items that the target refused for good."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    problems: List[str]
    """Why the check is incomplete, for people; may also stand beside differences."""
    started: str
    """ISO 8601, UTC."""
    ended: str
    seconds: float
    direction: Direction
    mode: CheckMode
    source: ReportSide
    target: ReportSide
    totals: DifferenceCounts
    tables: List[TableResult]
    left_out: List[str]
    """Tables of the source that the filter leaves out."""
    confidence: Optional[str] = None
    repair: Optional[Repair] = None


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run besides its tables. Times in seconds since 1970."""

    started: float
    ended: float
    direction: Direction
    mode: CheckMode
    source: ReportSide
    target: ReportSide
    left_out: Sequence[str] = ()
    problems: Sequence[str] = ()
    """Why the run as a whole is not complete, one phrase each; while it runs, that it does."""
    repair: Optional[Repair] = None


def summarise(run: CheckRun, results: Sequence[TableResult]) -> Summary:
    """The tables come out sorted by name."""
    tables = sorted((_with_confidence(run.mode, result) for result in results), key=lambda one: one.table)
    totals = totals_of(tables)
    problems = [*run.problems, *_problems(run.mode, tables, totals)]
    return Summary(
        verdict=_verdict(tables, totals, problems),
        problems=problems,
        started=timestamp(run.started),
        ended=timestamp(run.ended),
        seconds=round(max(0.0, run.ended - run.started), 1),
        direction=run.direction,
        mode=run.mode,
        source=run.source,
        target=run.target,
        totals=totals,
        tables=tables,
        left_out=sorted(run.left_out),
        confidence=_overall(tables) if run.mode.scope is Scope.SAMPLE else None,
        repair=run.repair,
    )


def totals_of(tables: Sequence[TableResult]) -> DifferenceCounts:
    whole = {
        name: sum(getattr(table, name) for table in tables)
        for name in DifferenceCounts.__struct_fields__
        if not name.endswith("_units")
    }
    return DifferenceCounts(
        source_units=_sum([table.source_units for table in tables]),
        target_units=_sum([table.target_units for table in tables]),
        **whole,
    )


def exit_code(summary: Summary) -> int:
    """0 equal, 1 differences, 2 could not check."""
    return {Verdict.EQUAL: OK, Verdict.DIFFERENT: PROBLEM, Verdict.INCOMPLETE: UNKNOWN}[summary.verdict]


def _verdict(tables: Sequence[TableResult], totals: DifferenceCounts, problems: Sequence[str]) -> Verdict:
    # A difference that was found stays one, whatever else could not be looked at.
    if totals.differences() or any(table.schema_differences for table in tables):
        return Verdict.DIFFERENT
    return Verdict.INCOMPLETE if problems else Verdict.EQUAL


def _problems(mode: CheckMode, tables: Sequence[TableResult], totals: DifferenceCounts) -> List[str]:
    """An empty check would otherwise pass for a proof, and so would one that lost count."""
    found = [f"table {table.table}: {table.problem}" for table in tables if table.problem]
    for table in tables:
        if table.compared != table.equal + table.differences():
            found.append(f"table {table.table}: the counts do not add up: the check itself lost keys")
    if not tables:
        found.append("no table was checked")
    elif mode.scope is not Scope.ALL and not totals.compared:
        found.append("no key was checked")
    return found


def _with_confidence(mode: CheckMode, table: TableResult) -> TableResult:
    if mode.scope is not Scope.SAMPLE:
        return table
    said = statement(table.compared, table.differences())
    return msgspec.structs.replace(table, confidence=said)


def _overall(tables: Sequence[TableResult]) -> Optional[str]:
    """What holds for each table on its own: samples of several tables do not add up to one of all."""
    sampled = [table for table in tables if table.compared]
    if not sampled or any(table.differences() for table in sampled):
        return None
    if len(sampled) == 1:
        return sampled[0].confidence
    said = statement(min(table.compared for table in sampled), 0)
    return f"In each table on its own, at least: {said}" if said else None


def _sum(units: Sequence[Optional[float]]) -> Optional[float]:
    known = [one for one in units if one is not None]
    return sum(known) if known else None
