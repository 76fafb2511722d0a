"""The tiles: the latest numbers and their last hour. Pure."""

from __future__ import annotations

from typing import List, Optional, Sequence

from connectors.base.text import short_count, short_duration
from connectors.command.console.document import Tile, Urgency
from connectors.command.console.history import Point, grown
from connectors.command.progress.attention import LATE_SECONDS
from connectors.command.status.document import JobDocument
from connectors.model.jobs import CHECK

DRAWN = 60
"""Points of a line. A line of a few centimetres cannot show more."""


def tiles(points: Sequence[Point], jobs: Sequence[JobDocument]) -> List[Tile]:
    if not points:
        return []
    last = points[-1]
    throttled = grown([point.throttles for point in points])
    dead = last.dead_letters
    return [
        Tile(
            "Worst lag",
            "-" if last.lag is None else short_duration(last.lag),
            level=Urgency.WARN if (last.lag or 0) > LATE_SECONDS else Urgency.NONE,
            points=_drawn([point.lag for point in points]),
        ),
        Tile(
            "Changes per second",
            short_count(last.changes_per_second),
            points=_drawn([point.changes_per_second for point in points]),
        ),
        Tile(
            "Items copied",
            short_count(last.items),
            _expected(jobs),
            points=_drawn([float(point.items) for point in points]),
        ),
        Tile(
            "Dead letters",
            short_count(dead),
            "items that the target rejects" if dead else "",
            Urgency.BAD if dead else Urgency.NONE,
            _drawn([float(point.dead_letters) for point in points]),
        ),
        Tile(
            "Throttled writes",
            short_count(throttled),
            "in the last hour",
            Urgency.WARN if throttled else Urgency.NONE,
            _drawn([float(point.throttles) for point in points]),
        ),
    ]


def _expected(jobs: Sequence[JobDocument]) -> str:
    tables = [table for job in jobs if job.name != CHECK for table in job.tables]
    expected = sum(max(table.expected_items, table.items) for table in tables)
    return f"of about {short_count(expected)}" if expected else ""


def _drawn(values: Sequence[Optional[float]]) -> List[Optional[float]]:
    step = -(-len(values) // DRAWN) if values else 1
    return list(values[::-1][::step][::-1])
