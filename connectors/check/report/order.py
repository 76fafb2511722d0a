"""Which tables are shown first, and in how much detail, so that the report is bounded. Pure."""

from __future__ import annotations

from typing import List, Sequence, Set

from connectors.check.report.summary import TableResult

ROWS = 100
"""Tables that the page lists."""
SECTIONS = 20
"""Tables whose differences the page shows."""
LINES = 20
"""Tables that the terminal shows."""
EXAMPLES = 300
"""Examples on the page, at most."""
KINDS = 3


def worst_first(tables: Sequence[TableResult]) -> List[TableResult]:
    """Most differences first, then definitions that differ, then tables that could not be checked, then by
    name."""
    return sorted(
        tables,
        key=lambda table: (
            -table.differences(),
            not table.schema_differences,
            not table.problem,
            table.table,
        ),
    )


def detailed(tables: Sequence[TableResult], sections: int = SECTIONS) -> Set[str]:
    """The tables whose examples are shown."""
    return {table.table for table in worst_first(tables)[:sections] if not table.is_equal() or table.repaired}


def examples_per_kind(sections: int, most: int) -> int:
    """Examples of each kind and table, so that all sections together have at most EXAMPLES."""
    return max(1, min(most, EXAMPLES // (KINDS * max(1, sections))))
