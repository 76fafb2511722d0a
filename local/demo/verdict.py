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
    of_ledger = {table_verdict.table: table_verdict for table_verdict in ledger.tables}
    for table_verdict in both.tables:
        grid.add_row(*_row(table_verdict, of_ledger.get(table_verdict.table)))
    return grid


def details(both: Verdict, ledger: Verdict) -> str:
    """Examples of all differences; empty if there are none."""
    lines = [line for verdict in both.tables if not verdict.equal for line in verdict.lines()]
    differing = [line for verdict in ledger.tables if not verdict.equal for line in verdict.lines()]
    return "\n".join([*lines, *(["differences from the ledger:", *differing] if differing else [])])


def _row(verdict: TableVerdict, ledger: Optional[TableVerdict]) -> List[Text]:
    sides = [Text(f"{verdict.expected:,}"), Text(f"{verdict.found:,}")]
    wrong = (verdict.missing, verdict.extra, verdict.different + verdict.twice)
    counts = [Text(f"{count:,}", style="bold red" if count else "green") for count in wrong]
    kept = ledger is not None and ledger.equal
    return [
        Text(f"  {verdict.table}"),
        *sides,
        *counts,
        Text("equal" if kept else "DIFFERENT", style=_style(kept)),
    ]


def _style(good: bool) -> str:
    return "green" if good else "bold red"
