"""Duration and cost of one copy, from the sizes of the tables. Pure.

The estimate assumes that speed is linear in the number of task slots.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Sequence, Tuple

from connectors.command.estimate.constants import (
    ITEMS_PER_CORE_SECOND,
    MEASURED_ITEM_BYTES,
    PAGE_BYTES,
    READ_UNIT_BYTES,
    TABLE_READ_UNITS,
)


class TableSize(NamedTuple):
    bytes: int
    items: float


class Limits(NamedTuple):
    """Limits of each table, per second; 0: no limit."""

    read_units: float = 0.0
    requests: float = 0.0
    page_items: int = 0
    """Items per request; 0: as many as fit into 1 MB."""
    writes: float = 0.0


def read_units(tables: Sequence[TableSize], consistent: bool = False) -> float:
    """Read units for reading every item once."""
    return sum(table.bytes for table in tables) / READ_UNIT_BYTES * (2 if consistent else 1)


def copy_seconds(
    tables: Sequence[TableSize],
    slots: int,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    consistent: bool = False,
) -> Tuple[float, str]:
    """Seconds of the slowest known bound, and its name. The capacity of the target is unknown."""
    # A small item costs as much as an item of the measured size.
    work = sum(max(table.items, table.bytes / MEASURED_ITEM_BYTES) for table in tables)
    bounds = {"processors": work / (ITEMS_PER_CORE_SECOND * slots)}
    for table in tables:
        for name, seconds in _of_table(table, limits, consistent).items():
            bounds[name] = max(bounds.get(name, 0.0), seconds)
    bound = max(bounds, key=lambda name: bounds[name])
    return bounds[bound], bound


def _of_table(table: TableSize, limits: Limits, consistent: bool) -> Dict[str, float]:
    """The bounds of one table, in seconds. Tables are copied concurrently, so the slowest table decides."""
    units = read_units([table], consistent)
    bounds = {"read quota of a table": units / TABLE_READ_UNITS}
    if limits.read_units:
        bounds["scan.readLimit.rate"] = units / limits.read_units
    if limits.requests:
        by_count = table.items / limits.page_items if limits.page_items else 0.0
        bounds["scan.readLimit.rate"] = max(table.bytes / PAGE_BYTES, by_count) / limits.requests
    if limits.writes:
        bounds["write.limit"] = table.items / limits.writes
    return bounds
