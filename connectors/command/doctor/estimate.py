"""The lines about duration and cost of one copy. Pure."""

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
    """The lines. The service reports the sizes, up to six hours late. Each of the `slots` has one core."""
    sizes = [TableSize(table.TableSizeBytes, table.ItemCount) for table in tables]
    units = read_units(sizes, consistent)
    seconds, bound = copy_seconds(sizes, max(slots, 1), limits_of(settings), consistent)
    yield green(
        "estimate", f"reading every item once costs about {units:,.0f} read capacity units of DynamoDB"
    )
    text = f"about {duration(seconds)} with {slots} slots of one core each, limited by: {bound}"
    if bound == "read quota of a table":
        yield yellow("estimate", f"{text}. More slots do not help: have the table's quota raised first")
    elif seconds > RETENTION_HOURS * 3600:
        yield yellow(
            "estimate",
            f"{text}. That is longer than the stream's retention of {RETENTION_HOURS} hours. This is "
            "allowed, because the scan pauses every streams.holdHours until the changes have been caught up "
            f"with. But a job that is stopped for {RETENTION_HOURS} hours must copy again",
        )
    else:
        yield green("estimate", f"{text}. The capacity of the target is unknown")


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
    """`registered`: task slots of the cluster; 0: unknown."""
    wanted = settings.parallelism or registered or settings.readers
    return min(wanted, registered) if registered else wanted


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.1f} h"
