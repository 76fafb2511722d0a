"""Completion of a job with an end: all segments of all tables that are not suspended have been written.
Pure."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

import msgspec

from connectors.model.notices import Plan, ScanDone, TableNotice, decode

DONE = "done"
_words = msgspec.json.Decoder(List[str]).decode


class Completion:
    """Decides from the job's notices whether it is complete."""

    def __init__(self, scan: bool) -> None:
        """`scan` false: the job is complete with the plan (mode schema)."""
        self._scan = scan
        self.tables: Optional[Dict[str, int]] = None
        """The planned tables, each with the number of its segments."""
        self.suspended: Dict[str, str] = {}
        """Suspended tables, each with its notice."""
        self._done: Dict[Tuple[str, int], ScanDone] = {}

    def take(self, notice: str) -> bool:
        """Process a notice; return True when the job is complete."""
        decoded = decode(notice)
        if isinstance(decoded, Plan):
            self.tables = {planned.table: planned.parts for planned in decoded.tables}
        elif isinstance(decoded, TableNotice):
            self.suspended.pop(decoded.table, None)
            if decoded.suspended:
                self.suspended[decoded.table] = decoded.text
            elif self.tables is not None:
                self._goes_on(decoded, self.tables)
        else:
            self._done[(decoded.table, decoded.slot)] = decoded
        return self.complete

    def _goes_on(self, notice: TableNotice, tables: Dict[str, int]) -> None:
        """A released table is not waited for. One that was suspended before its segments were ordered is
        waited for by the next plan, which names them."""
        if notice.released:
            tables.pop(notice.table, None)
        elif tables.get(notice.table) == 0:
            self.tables = None

    @property
    def complete(self) -> bool:
        if self.tables is None:
            return False
        waited = {table: parts for table, parts in self.tables.items() if table not in self.suspended}
        return not self._scan or all(self._segments(table) >= parts for table, parts in waited.items())

    @property
    def word(self) -> str:
        """The result, for the client."""
        return msgspec.json.encode([DONE, *self.suspended.values()]).decode()

    def _segments(self, table: str) -> int:
        """Segments of the newest generation that are done, over all slots."""
        done = [scan for (name, _), scan in self._done.items() if name == table]
        newest = max((scan.generation for scan in done), default=0)
        return sum(scan.segments for scan in done if scan.generation == newest)


def suspended_in(word: str) -> List[str]:
    """The notices of suspended tables in a result."""
    return _words(word)[1:]
