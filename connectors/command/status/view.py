"""The display of a job in a terminal of 80 columns, as objects that rich renders. Pure.

`polarshake status` and the demo share it.
"""

from __future__ import annotations

from typing import List, Optional, Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from connectors.base.text import (
    duration,
    fitted_count,
    plural,
    short_duration,
    shortened,
    size,
    visible_lines,
)
from connectors.command.progress.attention import attention, by_need
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import (
    JobProgress,
    Shards,
    SlotProgress,
    Stage,
    SuspendedTable,
    TableProgress,
)
from connectors.command.progress.states import RUNNING

BAR = 14
LEAST_BAR = 6
"""Columns of the bar of a scan. It is left out if fewer are free."""
NUMBERS = 52
"""Columns of all that follows a table's name, without the bar."""
WIDTH = 80
WAITING = "the job's Python workers are starting"
COLOURS = {
    Stage.PREPARING: "dim",
    Stage.SCANNING: "cyan",
    Stage.CATCHING_UP: "yellow",
    Stage.LIVE: "green",
    Stage.SUSPENDED: "bold red",
    Stage.RELEASED: "dim",
    Stage.HANDED_OVER: "dim",
}
SHARDS = ("not process", "no need", "wait father", "in processing", "done")
"""The terms of nimo-shake's checkpoint table, in the order of Shards."""
FRAME = 10
"""Lines of a job's display that are neither tables nor slots nor its failure."""


def picture(
    job: JobProgress,
    rates: ProgressRates,
    now: float,
    failure: str = "",
    most: Optional[int] = None,
    with_shards: bool = False,
) -> RenderableType:
    """State and failure first, then the tables that need attention, then the rest.

    `now`: epoch seconds; `most`: lines that the display may have, None: any number.
    """
    title = Text(f"{job.name}  {job.job_id}", style="bold")
    parts: List[RenderableType] = [title, facts(job, now, failure), Text()]
    if job.suspended:
        parts += [suspended(job), Text()]
    if job.tables:
        parts += [tables(job, rates, None if most is None else table_lines(job, failure, most)), Text()]
    elif job.state == RUNNING and not job.slots:
        parts += [Text(f"  {WAITING}", style="yellow"), Text()]
    if with_shards and any(any(table.shards) for table in job.tables.values()):
        parts += [shards(job), Text()]
    if job.slots:
        parts += [slots(job), Text()]
    return Group(*parts)


def table_lines(job: JobProgress, failure: str, most: int) -> int:
    """How many tables fit into a display of `most` lines."""
    taken = _folded(failure) + (len(job.slots) + 2 if job.slots else 0)
    reasons = [
        f"{name}@{table.number}: {table.reason}. {table.advice}" for name, table in job.suspended.items()
    ]
    taken += sum(map(_folded, reasons)) + bool(reasons)
    return max(1, most - FRAME - taken)


def _folded(text: str) -> int:
    """Lines of a text in the second column."""
    return -(-len(text) // (WIDTH - 15))


def tables(job: JobProgress, rates: ProgressRates, most: Optional[int] = None) -> Table:
    """At most `most` tables, those that need attention first; all if it is None."""
    wanted = by_need(job.tables.values())
    shown = wanted[:most]
    name = max([8, *(len(table.table) for table in shown)])
    bar = min(BAR, WIDTH - NUMBERS - 3 - name)
    grid = _grid()
    grid.add_column("  table", no_wrap=True)
    grid.add_column("state", width=11, no_wrap=True)
    if bar >= LEAST_BAR:
        grid.add_column("", width=bar)
    for title, width in (("copied", 12), ("items/s", 7), ("left", 6), ("lag", 6), ("dead", 4)):
        grid.add_column(title, justify="right", width=width, no_wrap=True)
    for table in shown:
        grid.add_row(*_row(table, rates, min(name, WIDTH - NUMBERS - 2), bar))
    if len(wanted) > len(shown):
        grid.add_row(Text(f"  {len(wanted) - len(shown):,} more", style="dim"), *_rest(wanted[most:], bar))
    if len(wanted) > 1:
        grid.add_row(*_totals(wanted, rates, bar))
    return grid


def shards(job: JobProgress) -> Table:
    grid = _grid()
    grid.add_column("  shards of", no_wrap=True, width=24)
    for name in SHARDS:
        grid.add_column(name, justify="right", no_wrap=True)
    for table in by_need(job.tables.values()):
        grid.add_row(f"  {shortened(table.table, 22)}", *_counts(table.shards))
    return grid


def slots(job: JobProgress) -> Table:
    grid = _grid()
    grid.add_column("  slot", no_wrap=True, width=25)
    for name in ("read", "lag", "lag bytes", "kept log"):
        grid.add_column(name, justify="right", no_wrap=True, width=11)
    for slot in job.slots.values():
        grid.add_row(*_slot(slot))
    return grid


def handed_over(job: JobProgress) -> List[str]:
    """`orders@1`, as a command must name it."""
    return [f"{name}@{job.tables[name].handed_over}" for name in job.handed_over]


def _reason(name: str, table: SuspendedTable) -> str:
    return f"{name}@{table.number}: {table.reason}. {table.advice}"


def suspended(job: JobProgress) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold red", width=13, overflow="fold")
    grid.add_column(overflow="fold")
    for name, table in job.suspended.items():
        # Not as markup: the advice contains brackets.
        grid.add_row(Text(f"  {name}"), Text(_reason(name, table)))
    return grid


def facts(job: JobProgress, now: float, failure: str = "") -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", width=13, no_wrap=True)
    grid.add_column(overflow="fold")
    sound = job.state == RUNNING and not job.restarts
    grid.add_row("  job", Text(job_line(job), style="" if sound else "yellow"))
    if job.handed_over:
        grid.add_row("  handed over", Text(", ".join(handed_over(job))))
    if failure:
        grid.add_row("  failure", Text(visible_lines(failure), style="yellow"))
    if any(table.suspects for table in job.tables.values()):
        grid.add_row("  check", Text(check_line(job), style="yellow" if _confirmed(job) else ""))
    failed = job.failed_checkpoints > 0
    grid.add_row("  checkpoints", Text(checkpoint_line(job, now), style="yellow" if failed else ""))
    if job.retries or job.throttles:
        grid.add_row("  target", f"{plural(job.retries, 'retry', 'retries')}, {job.throttles:,} throttled")
    if job.commands_followed or job.commands_refused:
        style = "yellow" if job.commands_refused else ""
        grid.add_row("  commands", Text(commands_line(job), style=style))
    for line in rates_lines(job):
        grid.add_row("  rates", Text(line, style="yellow"))
    return grid


def commands_line(job: JobProgress) -> str:
    return f"{job.commands_followed:,} followed, {job.commands_refused:,} refused"


def rates_lines(job: JobProgress) -> List[str]:
    """Rates that differ from the settings."""
    changed = [("all tables", job.rates), *((name, table.rates) for name, table in job.tables.items())]
    return [
        f"{name}: {', '.join(parts)}, by command"
        for name, rates in changed
        for parts in [[_rate(*pair) for pair in rates._asdict().items() if pair[1] is not None]]
        if parts
    ]


def _rate(name: str, rate: int) -> str:
    return f"{name} {rate:,} a second" if rate else f"{name} without a limit"


def job_line(job: JobProgress) -> str:
    return f"{job.state.lower()} for {duration(job.seconds)}, {plural(job.restarts, 'restart')}"


def check_line(job: JobProgress) -> str:
    """How many keys differed at first, and what became of them."""
    suspects, settled, confirmed = (
        sum(getattr(table, name) for table in job.tables.values())
        for name in ("suspects", "settled", "confirmed")
    )
    return (
        f"{plural(suspects, 'key')} differed at first: {settled:,} settled, "
        f"{confirmed:,} confirmed as {'difference' if confirmed == 1 else 'differences'} so far"
    )


def _confirmed(job: JobProgress) -> int:
    return sum(table.confirmed for table in job.tables.values())


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


def _row(table: TableProgress, rates: ProgressRates, name: int, bar: int) -> List[RenderableType]:
    colour = COLOURS.get(table.stage, "green")
    scanning = table.stage is Stage.SCANNING
    copying = scanning or not table.scanned_whole
    done = fitted_count(table.scanned, 7) if table.scanned or table.segments_done else "-"
    share = table.share if table.stage is not Stage.PREPARING else 0.0
    return [
        Text(f"  {shortened(table.table, name)}", style="bold" if attention(table) else ""),
        Text(table.stage.value, style=colour),
        *([ProgressBar(total=1.0, completed=share, width=bar)] if bar >= LEAST_BAR else []),
        Text(f"{done} {table.share:>4.0%}" if copying else done),
        Text(fitted_count(round(rates.items_per_second(table.table)), 7) if scanning else "", style="bold"),
        Text(short_duration(rates.seconds_left(table)) if scanning else ""),
        Text(_lag(table), style=_lag_style(table)),
        Text(fitted_count(table.dead_letters, 4), style="bold red" if table.dead_letters else "dim"),
    ]


def _rest(tables: Sequence[TableProgress], bar: int) -> List[RenderableType]:
    """The tables that are not shown: their states, and the largest lag."""
    states = {table.stage for table in tables}
    lags = [table.lag for table in tables if table.lag is not None]
    return [
        Text(tables[0].stage.value if len(states) == 1 else "various", style="dim"),
        *([Text("")] if bar >= LEAST_BAR else []),
        *(Text("") for _ in range(3)),
        Text(short_duration(max(lags)) if lags else "", style="dim"),
        Text(""),
    ]


def _totals(tables: Sequence[TableProgress], rates: ProgressRates, bar: int) -> List[RenderableType]:
    scanned = sum(table.scanned for table in tables)
    expected = sum(max(table.expected, table.scanned) for table in tables)
    left = [rates.seconds_left(table) for table in tables]
    known = [seconds for seconds in left if seconds is not None]
    lags = [table.lag for table in tables if table.lag is not None and table.changes_wait is None]
    dead = sum(table.dead_letters for table in tables)
    copying = any(not table.scanned_whole for table in tables)
    speed = sum(rates.items_per_second(table.table) for table in tables if table.stage is Stage.SCANNING)
    share = f" {min(0.99, scanned / expected):>4.0%}" if copying and expected else ""
    live = sum(table.stage is Stage.LIVE for table in tables)
    texts = [
        f"{fitted_count(scanned, 7)}{share}",
        fitted_count(round(speed), 7) if speed else "",
        short_duration(max(known)) if known else "",
        short_duration(max(lags)) if lags else "-",
        fitted_count(dead, 4),
    ]
    return [
        Text(f"  {plural(len(tables), 'table')}", style="bold"),
        Text(f"{fitted_count(live, 5)} live", style="bold"),
        *([Text("")] if bar >= LEAST_BAR else []),
        *(Text(text, style="bold") for text in texts),
    ]


def _lag(table: TableProgress) -> str:
    """In six characters."""
    if table.lag is None:
        return "-"
    return "waits" if table.changes_wait is not None else short_duration(table.lag)


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
        Text(f"  {shortened(slot.slot, 23)}"),
        Text(read, style="green" if slot.active else "yellow"),
        Text(seconds),
        Text(lag),
        Text(kept, style="bold red" if slot.retained_high else ""),
    ]
