"""A job as lines of text, for output without a terminal. Pure."""

from __future__ import annotations

from typing import List

from connectors.base.text import duration, plural
from connectors.command.progress.attention import by_need
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, Stage, TableProgress
from connectors.command.status.view import WAITING, checkpoint_line, job_line


def lines(job: JobProgress, rates: ProgressRates) -> List[str]:
    if not job.tables:
        return [WAITING]
    head = f"job {job_line(job)}; checkpoints: {checkpoint_line(job)}"
    return [head, *(table_line(table, rates) for table in by_need(job.tables.values()))]


def table_line(table: TableProgress, rates: ProgressRates) -> str:
    parts = [f"  {table.table}: {table.stage.value}"]
    if table.stage is Stage.SCANNING:
        parts.append(f"{table.share:.0%}, {table.scanned:,} items")
        parts.append(f"{rates.items_per_second(table.table):,.0f} items/s")
        left = rates.seconds_left(table)
        parts += [f"{duration(left)} left"] if left is not None else []
    elif not table.scanned_whole:
        parts.append(f"scan paused at {table.share:.0%}, {table.scanned:,} items")
    elif table.stage is not Stage.PREPARING:
        parts.append(f"{table.scanned:,} items copied")
    if table.changes_wait is not None:
        parts.append(f"changes have waited up to {duration(table.changes_wait)} for the scan")
    elif table.lag is not None:
        parts.append(f"lag {duration(table.lag)}")
    parts += [plural(table.dead_letters, "dead letter")] if table.dead_letters else []
    parts += [f"{plural(table.confirmed, 'difference')} so far"] if table.confirmed else []
    parts += [f"{table.suspended.reason}. {table.suspended.advice}"] if table.suspended else []
    return ", ".join(parts)
