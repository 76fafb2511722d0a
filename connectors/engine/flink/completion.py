"""When is a job with an end done? When every lane has seen the whole scan of every table. Pure."""

from __future__ import annotations

from typing import List, Optional, Set, Tuple

import msgspec

_names = msgspec.json.Decoder(List[str]).decode


class Completion:
    """Fed with the job's notices: `plan [tables]`, `done <lane> <generation> <table>`."""

    def __init__(self, lanes: int, scan: bool) -> None:
        """`scan` false: the plan alone is the end (mode schema)."""
        self._lanes, self._scan = lanes, scan
        self.tables: Optional[List[str]] = None
        self._done: Set[Tuple[str, int]] = set()

    def take(self, notice: str) -> bool:
        """True as soon as all is done."""
        kind, rest = notice.split(" ", 1)
        if kind == "plan":
            self.tables = _names(rest)
        elif kind == "done":
            lane, _, table = rest.split(" ", 2)
            self._done.add((table, int(lane)))
        return self.complete

    @property
    def complete(self) -> bool:
        if self.tables is None:
            return False
        wanted = {(table, lane) for table in self.tables for lane in range(self._lanes)}
        return not self._scan or wanted <= self._done
