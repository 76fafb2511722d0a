"""The numbers and the verdict of a check: summary.json."""

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
    """No difference was found, but not everything could be checked."""


class Scope(str, enum.Enum):
    ALL = "all"
    SAMPLE = "sample"
    KEYS = "keys"
    CHANGES = "changes"
    """The keys that have changed since an earlier check."""


class CheckMode(msgspec.Struct, frozen=True, omit_defaults=True):
    scope: Scope
    sample: Optional[int] = None
    """For a sample: number of keys requested per table."""
    file: Optional[str] = None
    """For chosen keys: the file that they came from."""
    generation: Optional[int] = None
    """For changes: the number of checks since the full one."""
    full: Optional[str] = None
    """For changes: when the full check began, ISO 8601."""


class ReportSide(msgspec.Struct, frozen=True):
    system: str
    """Display name: `Amazon DynamoDB`, `PolarDB`."""
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
    """The part of the differences whose source item changed in every comparison."""
    settled: int = 0
    """The part of the equal keys that differed at first and were equal in a later comparison."""
    repaired: int = 0
    """The part of the equal keys that this run has repaired."""
    source_units: Optional[float] = None
    """Consumed read capacity units; None: not reported by the side."""
    target_units: Optional[float] = None

    def differences(self) -> int:
        return self.missing + self.extra + self.different


class TableResult(DifferenceCounts, frozen=True, kw_only=True):
    table: str
    schema_differences: List[str] = []
    """One sentence each, for the user."""
    problem: Optional[str] = None
    """Why the table could not be checked to its end."""
    lag_seconds: Optional[float] = None
    """The longest observed time of a change in flight; None: none was observed."""
    segments: int = 0
    seconds: float = 0.0
    confidence: Optional[str] = None
    """For a sample: the conclusion about the whole table. Set by `summarise`."""

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
    """Extra items that were kept, because `--delete-extra` was not given."""
    refused: int = 0
    """Items that the target rejected permanently."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    problems: List[str]
    """Why the check is incomplete, for the user. May be present in addition to differences."""
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
    """Tables of the source that the filter excludes."""
    confidence: Optional[str] = None
    repair: Optional[Repair] = None
    report: str = ""
    """Place of the report: a folder or s3://bucket/prefix; empty if it is not known."""


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about a run other than its tables. Times in seconds since 1970."""

    started: float
    ended: float
    direction: Direction
    mode: CheckMode
    source: ReportSide
    target: ReportSide
    left_out: Sequence[str] = ()
    problems: Sequence[str] = ()
    """Why the run as a whole is incomplete, one phrase per reason. A check that is still running is a
    reason."""
    repair: Optional[Repair] = None
    report: str = ""
    """Place of the report."""


def summarise(run: CheckRun, results: Sequence[TableResult]) -> Summary:
    """The summary, with the tables sorted by name."""
    tables = sorted((_with_confidence(run.mode, result) for result in results), key=lambda table: table.table)
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
        report=run.report,
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
    # A difference remains a difference even if other parts could not be checked.
    if totals.differences() or any(table.schema_differences for table in tables):
        return Verdict.DIFFERENT
    return Verdict.INCOMPLETE if problems else Verdict.EQUAL


def _problems(mode: CheckMode, tables: Sequence[TableResult], totals: DifferenceCounts) -> List[str]:
    """Why the check is incomplete. An empty check, and one with wrong counts, prove nothing."""
    reasons = [f"table {table.table}: {table.problem}" for table in tables if table.problem]
    for table in tables:
        if table.compared != table.equal + table.differences():
            reasons.append(f"table {table.table}: the counts do not add up; this is an error in the check")
    if not tables:
        reasons.append("no table was checked")
    elif mode.scope in (Scope.SAMPLE, Scope.KEYS) and not totals.compared:
        reasons.append("no key was checked")
    return reasons


def _with_confidence(mode: CheckMode, table: TableResult) -> TableResult:
    if mode.scope is not Scope.SAMPLE:
        return table
    said = statement(table.compared, table.differences())
    return msgspec.structs.replace(table, confidence=said)


def _overall(tables: Sequence[TableResult]) -> Optional[str]:
    """The bound that holds for each table. Samples of several tables do not form a sample of all."""
    sampled = [table for table in tables if table.compared]
    if not sampled or any(table.differences() for table in sampled):
        return None
    if len(sampled) == 1:
        return sampled[0].confidence
    said = statement(min(table.compared for table in sampled), 0)
    return f"In each table on its own, at least: {said}" if said else None


def _sum(units: Sequence[Optional[float]]) -> Optional[float]:
    known = [number for number in units if number is not None]
    return sum(known) if known else None
