"""Counters of one table since the start of a worker. The worker's thread counts, the operator reads."""

from __future__ import annotations

from typing import Dict, List, Tuple

from connectors.model.pages import ReadPage
from connectors.model.pipeline import Landed

NAMES = ("read", "bytesRead", "scanned", "streamed", "written", "bytesWritten")


class TableCount:
    __slots__ = ("bytesRead", "bytesWritten", "dead", "read", "scanned", "streamed", "written")

    def __init__(self) -> None:
        self.read = self.bytesRead = self.scanned = self.streamed = 0
        self.written = self.bytesWritten = self.dead = 0

    def catch_up(self, other: TableCount) -> List[Tuple[str, int]]:
        """Copy the other's numbers. Returns the increment of each that has grown."""
        grown: List[Tuple[str, int]] = []
        for name in NAMES:
            now = getattr(other, name)
            if now != getattr(self, name):
                grown.append((name, now - getattr(self, name)))
                setattr(self, name, now)
        return grown


class Counts:
    """By table."""

    def __init__(self) -> None:
        self.tables: Dict[str, TableCount] = {}

    def of(self, table: str) -> TableCount:
        count = self.tables.get(table)
        if count is None:
            count = self.tables[table] = TableCount()
        return count

    def read(self, table: str, page: ReadPage) -> None:
        if page.read:
            count = self.of(table)
            count.read += page.read
            count.bytesRead += page.size
            count.scanned += len(page.bodies)
            count.streamed += len(page.changes)

    def copied(self, landed: Landed) -> None:
        """Copied items are durable."""
        count = self.of(landed.request.table)
        count.written += landed.landed - landed.dead
        count.bytesWritten += landed.size
        count.dead += landed.dead

    def changed(self, landed: Landed) -> None:
        """Changes are durable. A dead letter is the only write of its request."""
        for write in landed.writes:
            count = self.of(write.table)
            count.written += 1 - landed.dead
            count.bytesWritten += len(write.body)
            count.dead += landed.dead
