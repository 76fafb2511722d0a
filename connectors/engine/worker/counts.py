"""Counters of one table since the start of a worker. The worker's thread counts, the operator reads."""

from __future__ import annotations

from typing import List, Tuple

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
