"""What a job's parts show as Flink metrics."""

from __future__ import annotations

from typing import NamedTuple


class Gauge(NamedTuple):
    """`of` names the table or slot; empty for one of the whole job."""

    name: str
    value: int
    of: str = ""
    group: str = "table"
    """table or slot."""
