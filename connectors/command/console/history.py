"""A little history for the tiles: one point every few seconds, for an hour. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

import msgspec

from connectors.command.status.document import JobDocument
from connectors.model.jobs import CHECK

SPACING = 10.0
"""Seconds between two points."""
MOST = 360
"""Points: an hour."""


class Point(msgspec.Struct, frozen=True):
    """The numbers of all tables at one moment."""

    at: float
    """Epoch seconds."""
    lag: Optional[int]
    """The largest, in seconds; None if no stream is being read."""
    changes_per_second: float
    items: int
    dead_letters: int
    throttles: int
    """Since the last restart of the job."""


def point(jobs: Sequence[JobDocument], at: float) -> Point:
    """`jobs`: those that migrate; a check's numbers are its own."""
    moving = [job for job in jobs if job.name != CHECK]
    tables = [table for job in moving for table in job.tables]
    lags = [table.lag_seconds for table in tables if table.lag_seconds is not None]
    return Point(
        at=at,
        lag=max(lags) if lags else None,
        changes_per_second=round(sum(table.changes_per_second for table in tables), 1),
        items=sum(table.items for table in tables),
        dead_letters=sum(table.dead_letters for table in tables),
        throttles=sum(job.throttles for job in moving),
    )


def extended(points: Sequence[Point], new: Point) -> List[Point]:
    """The history with its latest point. Until SPACING has passed, the new point replaces the latest one."""
    kept = [old for old in points if old.at <= new.at][-MOST:]
    if len(kept) > 1 and kept[-1].at - kept[-2].at < SPACING:
        kept.pop()
    return [*kept, new][-MOST:]


def grown(counts: Sequence[int]) -> int:
    """By how much a counter has grown that starts at zero again after a restart."""
    return sum(max(0, new - old) if new >= old else new for old, new in zip(counts, counts[1:]))
