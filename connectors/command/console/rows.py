"""The tables of all jobs, one row each, in the order of need. Pure."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from connectors.base.text import plural, short_duration
from connectors.check.report.summary import Summary, TableResult
from connectors.command.console.document import RELEASED, SUSPENDED, TableRow, Urgency
from connectors.command.progress.snapshot import Stage
from connectors.command.status.document import JobDocument, TableDocument
from connectors.model.jobs import CHECK, PREFIX
from connectors.model.metric_names import metric_name

LEVELS = {
    Stage.LIVE.value: Urgency.OK,
    Stage.COPIED.value: Urgency.OK,
    Stage.COMPARED.value: Urgency.OK,
    RELEASED: Urgency.NONE,
    Stage.HANDED_OVER.value: Urgency.NONE,
}
"""Of phases; any other is work in progress."""
ORDER = (Urgency.BAD, Urgency.WARN, Urgency.WAIT, Urgency.NONE, Urgency.OK)


class CheckResult(NamedTuple):
    text: str
    level: Urgency


def rows(jobs: Sequence[JobDocument], summary: Optional[Summary]) -> List[TableRow]:
    """A check's own tables are in the column of the check, unless no other job is shown."""
    moving = [job for job in jobs if job.name != CHECK] or list(jobs)
    checked = _running(jobs)
    results = _results(summary)
    made = [(_row(job, table, results, checked), table) for job in moving for table in job.tables]
    return [row for row, _ in sorted(made, key=_rank)]


def result(table: TableResult) -> CheckResult:
    if table.differences():
        return CheckResult(f"≠ {plural(table.differences(), 'differs', 'differ')}", Urgency.BAD)
    if table.schema_differences:
        return CheckResult("≠ defined differently", Urgency.BAD)
    return CheckResult("? not checked", Urgency.WARN) if table.problem else CheckResult("= equal", Urgency.OK)


def _results(summary: Optional[Summary]) -> Dict[str, CheckResult]:
    return {metric_name(table.table): result(table) for table in summary.tables} if summary else {}


def _running(jobs: Sequence[JobDocument]) -> Dict[str, CheckResult]:
    """The tables of a check that has not ended."""
    return {
        table.table: CheckResult(f"… {table.phase}, {table.share:.0%}", Urgency.WAIT)
        for job in jobs
        if job.name == CHECK and job.state not in ("FINISHED", "FAILED", "CANCELED")
        for table in job.tables
    }


def _row(
    job: JobDocument,
    table: TableDocument,
    results: Mapping[str, CheckResult],
    checked: Mapping[str, CheckResult],
) -> TableRow:
    check = checked.get(table.table) or results.get(table.table) or CheckResult("", Urgency.NONE)
    bad = table.phase == SUSPENDED or table.dead_letters or table.confirmed or check.level is Urgency.BAD
    late = Urgency.WARN if table.attention else LEVELS.get(table.phase, Urgency.WAIT)
    return TableRow(
        table=table.table,
        job=job.name[len(PREFIX) :],
        phase=table.phase,
        level=Urgency.BAD if bad else late,
        share=table.share,
        items=f"{table.items:,}",
        left=short_duration(table.seconds_left),
        changes_per_second=f"{table.changes_per_second:,.0f}",
        lag="" if table.lag_seconds is None else short_duration(table.lag_seconds),
        dead_letters=f"{table.dead_letters:,}",
        check=check.text,
        check_level=check.level,
        attention=table.attention or "",
    )


def _rank(pair: Tuple[TableRow, TableDocument]) -> Tuple[int, float, int, str]:
    row, table = pair
    return (ORDER.index(row.level), row.share, -(table.lag_seconds or 0), row.table)
