"""Items per second and the remaining time of a scan, from several polls. Pure."""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, Optional, Tuple

from connectors.command.progress.snapshot import JobProgress, Stage, TableProgress

WINDOW = 15.0
"""Seconds over which a rate is averaged, because pages arrive in bursts and metrics change every few
seconds."""


class ProgressRates:
    """The rate of each table's scan, from all snapshots. `now` is the time of any monotonic clock."""

    def __init__(self) -> None:
        self._seen: Dict[str, Deque[Tuple[float, int]]] = {}

    def take(self, job: JobProgress, now: float) -> None:
        for table in job.tables.values():
            points = self._seen.setdefault(table.table, deque())
            if points and table.read_items < points[-1][1]:
                points.clear()  # a new scan, or back to the checkpoint
            points.append((now, table.read_items))
            while len(points) > 2 and points[1][0] <= now - WINDOW:
                points.popleft()

    def items_per_second(self, table: str) -> float:
        """Scanned items per second over the window; 0 before the second poll."""
        points = self._seen.get(table, deque())
        if len(points) < 2 or points[-1][0] <= points[0][0]:
            return 0.0
        return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])

    def seconds_left(self, table: TableProgress) -> Optional[float]:
        """Remaining time of the scan; None if it is unknown."""
        rate = self.items_per_second(table.table)
        if table.stage is not Stage.SCANNING or rate <= 0 or table.items_to_read <= table.read_items:
            return None
        return (table.items_to_read - table.read_items) / rate
