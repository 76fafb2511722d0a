"""The results of the comparisons, as a table."""

from __future__ import annotations

from typing import List, Optional

from rich.table import Table
from rich.text import Text

from local.verify import TableVerdict, Verdict

COLUMNS = ("source", "target", "missing", "extra", "different")


def table(both: Verdict, ledger: Verdict) -> Table:
    """One row per table. `ledger` compares the target with the writes that the application made."""
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    grid.add_column("  table", width=12)
    for name in COLUMNS:
        grid.add_column(name, justify="right", width=9)
    grid.add_column("ledger")
    of_ledger = {one.table: one for one in ledger.tables}
    for one in both.tables:
        grid.add_row(*_row(one, of_ledger.get(one.table)))
    return grid


def details(both: Verdict, ledger: Verdict) -> str:
    """Examples of all differences; empty if there are none."""
    lines = [line for one in both.tables if not one.equal for line in one.lines()]
    found = [line for one in ledger.tables if not one.equal for line in one.lines()]
    return "\n".join([*lines, *(["differences from the ledger:", *found] if found else [])])


def _row(one: TableVerdict, ledger: Optional[TableVerdict]) -> List[Text]:
    sides = [Text(f"{one.expected:,}"), Text(f"{one.found:,}")]
    wrong = (one.missing, one.extra, one.different + one.twice)
    counts = [Text(f"{count:,}", style="bold red" if count else "green") for count in wrong]
    kept = ledger is not None and ledger.equal
    return [
        Text(f"  {one.table}"),
        *sides,
        *counts,
        Text("equal" if kept else "DIFFERENT", style=_style(kept)),
    ]


def _style(good: bool) -> str:
    return "green" if good else "bold red"
