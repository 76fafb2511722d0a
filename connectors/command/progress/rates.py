"""Items and changes per second, and the remaining time of a scan, from several polls. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import DefaultDict, Deque, Optional, Tuple

from connectors.command.progress.snapshot import JobProgress, Stage, TableProgress

WINDOW = 15.0
"""Seconds over which a rate is averaged, because pages arrive in bursts and metrics change every few
seconds."""


class Speed:
    """The speed of one count, over the window."""

    def __init__(self) -> None:
        self._points: Deque[Tuple[float, int]] = deque()

    def take(self, count: int, now: float) -> None:
        points = self._points
        if points and count < points[-1][1]:
            points.clear()  # a new scan, or back to the checkpoint
        points.append((now, count))
        while len(points) > 2 and points[1][0] <= now - WINDOW:
            points.popleft()

    def per_second(self) -> float:
        """0 before the second value."""
        points = self._points
        if len(points) < 2 or points[-1][0] <= points[0][0]:
            return 0.0
        return (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])


class ProgressRates:
    """The rates of each table's scan and stream, from all snapshots. `now` is the time of any monotonic
    clock."""

    def __init__(self) -> None:
        self._scans: DefaultDict[str, Speed] = defaultdict(Speed)
        self._streams: DefaultDict[str, Speed] = defaultdict(Speed)

    def take(self, job: JobProgress, now: float) -> None:
        for table in job.tables.values():
            self._scans[table.table].take(table.read_items, now)
            self._streams[table.table].take(table.streamed, now)

    def items_per_second(self, table: str) -> float:
        """Scanned items per second over the window; 0 before the second poll."""
        return self._scans[table].per_second()

    def changes_per_second(self, table: str) -> float:
        """Changes read from the stream per second over the window; 0 before the second poll."""
        return self._streams[table].per_second()

    def seconds_left(self, table: TableProgress) -> Optional[float]:
        """Remaining time of the scan; None if it is unknown."""
        rate = self.items_per_second(table.table)
        if table.stage is not Stage.SCANNING or rate <= 0 or table.items_to_read <= table.read_items:
            return None
        return (table.items_to_read - table.read_items) / rate
