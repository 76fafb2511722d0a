"""How long one copy will take, and what it costs. Pure."""

from __future__ import annotations

from typing import Iterator, Sequence

from connectors.command.doctor.line import Line, green, yellow
from connectors.command.estimate.constants import RETENTION_HOURS
from connectors.command.estimate.copy import Limits, TableSize, copy_seconds, read_units
from connectors.config import Settings
from connectors.dynamodb.tables.description import TableDescription


def estimate_lines(
    tables: Sequence[TableDescription], settings: Settings, slots: int, consistent: bool
) -> Iterator[Line]:
    """Sizes are the service's own, about six hours old; `slots` have a core each."""
    sizes = [TableSize(table.TableSizeBytes, table.ItemCount) for table in tables]
    units = read_units(sizes, consistent)
    seconds, bound = copy_seconds(sizes, max(slots, 1), limits_of(settings), consistent)
    yield green(
        "estimate", f"reading every item once costs about {units:,.0f} read capacity units of DynamoDB"
    )
    text = f"about {duration(seconds)} with {slots} slots of one core each, set by: {bound}"
    if bound == "read quota of a table":
        yield yellow("estimate", f"{text}. More slots bring nothing: have the table's quota raised first")
    elif seconds > RETENTION_HOURS * 3600:
        yield yellow(
            "estimate",
            f"{text}. That is longer than the stream's {RETENTION_HOURS} hours, which is allowed: it is read "
            f"beside the scan. But a job that stands still for {RETENTION_HOURS} hours starts over",
        )
    else:
        yield green("estimate", f"{text}. What the target takes is not known here")


def limits_of(settings: Settings) -> Limits:
    limit = settings.scan.read_limit
    by_request = limit.unit == "requests"
    return Limits(
        read_units=0.0 if by_request else limit.rate,
        requests=limit.rate if by_request else 0.0,
        page_items=settings.scan.limit,
        writes=settings.write.limit,
    )


def slots_of(settings: Settings, registered: int) -> int:
    """`registered`: of the cluster; 0: not known."""
    wanted = settings.parallelism or registered or settings.lanes
    return min(wanted, registered) if registered else wanted


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h"
