"""When is a job with an end done? When every lane has seen the whole scan of every table. Pure."""

from __future__ import annotations

from typing import List, Optional, Set, Tuple

from connectors.model.notices import Plan, decode


class Completion:
    """Fed with the job's notices."""

    def __init__(self, lanes: int, scan: bool) -> None:
        """`scan` false: the plan alone is the end (mode schema)."""
        self._lanes, self._scan = lanes, scan
        self.tables: Optional[List[str]] = None
        self._done: Set[Tuple[str, int]] = set()

    def take(self, notice: str) -> bool:
        """True as soon as all is done."""
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
