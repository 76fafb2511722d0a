"""The display of a job in a terminal of 80 columns, as objects that rich renders. Pure."""

from __future__ import annotations

from typing import List, Optional

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from connectors.base.text import duration, plural, size
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, Shards, SlotProgress, Stage, TableProgress
from connectors.command.progress.states import RUNNING

BAR = 14
WAITING = "the job's Python workers are starting"
COLOURS = {
    Stage.PREPARING: "dim",
    Stage.SCANNING: "cyan",
    Stage.CATCHING_UP: "yellow",
    Stage.LIVE: "green",
    Stage.SUSPENDED: "bold red",
    Stage.RELEASED: "dim",
}
SHARDS = ("not process", "no need", "wait father", "in processing", "done")
"""The terms of nimo-shake's checkpoint table, in the order of Shards."""


def picture(job: JobProgress, rates: ProgressRates, now: float, failure: str = "") -> RenderableType:
    """`now`: epoch seconds."""
    parts: List[RenderableType] = [Text(f"{job.name}  {job.job_id}", style="bold"), Text()]
    if job.tables:
        parts += [tables(job, rates), Text()]
    elif job.state == RUNNING and not job.slots:
        parts += [Text(f"  {WAITING}", style="yellow"), Text()]
    if any(any(table.shards) for table in job.tables.values()):
        parts += [shards(job), Text()]
    if job.slots:
        parts += [slots(job), Text()]
    if job.suspended:
        parts += [suspended(job), Text()]
    return Group(*parts, facts(job, now, failure))


def tables(job: JobProgress, rates: ProgressRates) -> Table:
    grid = _grid()
    grid.add_column("  table", no_wrap=True, width=12)
    grid.add_column("state", width=11, no_wrap=True)
    grid.add_column("", width=BAR)
    for name, width in (("copied", 11), ("items/s", 7), ("left", 8), ("lag", 5), ("dead", 4)):
        grid.add_column(name, justify="right", width=width, no_wrap=True)
    for table in job.tables.values():
        grid.add_row(*_row(table, rates))
    return grid


def shards(job: JobProgress) -> Table:
    grid = _grid()
    grid.add_column("  shards of", no_wrap=True, width=18)
    for name in SHARDS:
        grid.add_column(name, justify="right", no_wrap=True)
    for table in job.tables.values():
        grid.add_row(f"  {table.table}", *_counts(table.shards))
    return grid


def slots(job: JobProgress) -> Table:
    grid = _grid()
    grid.add_column("  slot", no_wrap=True, width=25)
    for name in ("read", "lag", "lag bytes", "kept log"):
        grid.add_column(name, justify="right", no_wrap=True, width=11)
    for slot in job.slots.values():
        grid.add_row(*_slot(slot))
    return grid


def suspended(job: JobProgress) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold red", width=13, overflow="fold")
    grid.add_column(overflow="fold")
    for name, table in job.suspended.items():
        # Not as markup: the advice contains brackets.
        grid.add_row(Text(f"  {name}"), Text(f"{name}@{table.number}: {table.reason}. {table.advice}"))
    return grid


def facts(job: JobProgress, now: float, failure: str = "") -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", width=13, no_wrap=True)
    grid.add_column(overflow="fold")
    sound = job.state == RUNNING and not job.restarts
    grid.add_row("  job", Text(job_line(job), style="" if sound else "yellow"))
    if failure:
        grid.add_row("  failure", Text(failure, style="yellow"))
    failed = job.failed_checkpoints > 0
    grid.add_row("  checkpoints", Text(checkpoint_line(job, now), style="yellow" if failed else ""))
    if job.retries or job.throttles:
        grid.add_row("  target", f"{plural(job.retries, 'retry', 'retries')}, {job.throttles:,} throttled")
    return grid


def job_line(job: JobProgress) -> str:
    return f"{job.state.lower()} for {duration(job.seconds)}, {plural(job.restarts, 'restart')}"


def checkpoint_line(job: JobProgress, now: Optional[float] = None) -> str:
    failed = f", {job.failed_checkpoints:,} failed" if job.failed_checkpoints else ""
    if job.checkpoint is None:
        return f"none yet{failed}"
    last = job.checkpoint
    age = f" {duration(max(0.0, now - last.at))} ago" if now is not None and last.at else ""
    took = f"took {last.milliseconds / 1000:.1f} s and holds {size(last.bytes)}"
    return f"{job.checkpoints:,}, the last{age} {took}{failed}"


def _grid() -> Table:
    return Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)


def _row(table: TableProgress, rates: ProgressRates) -> List[RenderableType]:
    colour = COLOURS.get(table.stage, "green")
    scanning = table.stage is Stage.SCANNING
    copying = scanning or not table.scanned_whole
    done = f"{table.scanned:,}" if table.scanned or table.segments_done else "-"
    return [
        Text(f"  {table.table}"),
        Text(table.stage.value, style=colour),
        ProgressBar(
            total=1.0, completed=table.share if table.stage is not Stage.PREPARING else 0.0, width=BAR
        ),
        Text(f"{done} {table.share:>4.0%}" if copying else done),
        Text(f"{rates.items_per_second(table.table):,.0f}" if scanning else "", style="bold"),
        Text(duration(rates.seconds_left(table)) if scanning else ""),
        Text(_lag(table), style=_lag_style(table)),
        Text(f"{table.dead_letters:,}", style="bold red" if table.dead_letters else "dim"),
    ]


def _lag(table: TableProgress) -> str:
    """In five characters."""
    if table.lag is None:
        return "-"
    if table.changes_wait is not None:
        return "waits"
    return f"{table.lag} s" if table.lag < 1000 else f"{table.lag / 3600:.1f} h"


def _lag_style(table: TableProgress) -> str:
    return "green" if table.stage is Stage.LIVE else "yellow"


def _counts(counts: Shards) -> List[RenderableType]:
    return [Text(f"{count:,}" if count else "-", style="" if count else "dim") for count in counts]


def _slot(slot: SlotProgress) -> List[RenderableType]:
    read = "-" if slot.active is None else "yes" if slot.active else "no"
    seconds = "-" if slot.lag_seconds is None else duration(slot.lag_seconds)
    lag, kept = (
        ("-" if bytes_ is None else size(bytes_)) for bytes_ in (slot.lag_bytes, slot.retained_bytes)
    )
    return [
        Text(f"  {slot.slot}"),
        Text(read, style="green" if slot.active else "yellow"),
        Text(seconds),
        Text(lag),
        Text(kept, style="bold red" if slot.retained_high else ""),
    ]
