"""Completion of a job with an end: every lane has received the complete scan of every table. Pure."""

from __future__ import annotations

from typing import List, Optional, Set, Tuple

from connectors.model.notices import Plan, decode


class Completion:
    """Decides from the job's notices whether it is complete."""

    def __init__(self, lanes: int, scan: bool) -> None:
        """`scan` false: the job is complete with the plan (mode schema)."""
        self._lanes, self._scan = lanes, scan
        self.tables: Optional[List[str]] = None
        self._done: Set[Tuple[str, int]] = set()

    def take(self, notice: str) -> bool:
        """Process a notice; return True when the job is complete."""
        found = decode(notice)
        if isinstance(found, Plan):
            self.tables = [planned.table for planned in found.tables]
        else:
            self._done.add((found.table, found.lane))
        return self.complete

    @property
    def complete(self) -> bool:
        if self.tables is None:
            return False
        wanted = {(table, lane) for table in self.tables for lane in range(self._lanes)}
        return not self._scan or wanted <= self._done
