"""A value that a part of a job shows as a Flink metric."""

from __future__ import annotations

from typing import NamedTuple


class Gauge(NamedTuple):
    """`of` is the name of the table or replication slot; empty for the whole job."""

    name: str
    value: int
    of: str = ""
    group: str = "table"
    """`table` or `slot`."""
