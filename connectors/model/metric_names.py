"""A table's name as Flink's metrics spell it. Pure."""

from __future__ import annotations

_REPLACED = str.maketrans(". :,", "____")


def metric_name(table: str) -> str:
    """Tables whose names differ only in `.` and `_` share one."""
    return table.translate(_REPLACED)
