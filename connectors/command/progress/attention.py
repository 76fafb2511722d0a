"""Which tables need attention, and the order in which tables are shown. Pure."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from connectors.base.text import duration, plural
from connectors.command.progress.snapshot import Stage, TableProgress

LATE_SECONDS = 60
"""Lag above which a table that follows its stream needs attention."""
ORDER = (
    *(Stage.SUSPENDED, Stage.CATCHING_UP, Stage.SCANNING, Stage.PREPARING, Stage.SETTLING),
    *(Stage.LIVE, Stage.COPIED, Stage.COMPARED, Stage.HANDED_OVER, Stage.RELEASED),
)
"""Unfinished work comes first, and a stage that is not in this list before all of these."""


def attention(table: TableProgress) -> Optional[str]:
    """Why somebody should look at the table; None if nobody needs to."""
    reasons = [
        f"suspended: {table.suspended.reason}" if table.suspended else "",
        plural(table.dead_letters, "dead letter") if table.dead_letters else "",
        plural(table.confirmed, "difference") if table.confirmed else "",
        f"lag {duration(table.lag)}" if late(table) else "",
    ]
    return ", ".join(filter(None, reasons)) or None


def late(table: TableProgress) -> bool:
    """Its lag is large, and its changes do not wait for its own scan."""
    return table.lag is not None and table.lag > LATE_SECONDS and table.stage is Stage.CATCHING_UP


def by_need(tables: Iterable[TableProgress]) -> List[TableProgress]:
    """Tables that need attention first, then those with work left, then the rest by lag."""
    return sorted(tables, key=_rank)


def _rank(table: TableProgress) -> Tuple[bool, int, int, str]:
    place = ORDER.index(table.stage) if table.stage in ORDER else -1
    return (attention(table) is None, place, -(table.lag or 0), table.table)
