"""The sizes that the page is about, and a limit of the service."""

from __future__ import annotations

from typing import NamedTuple

from connectors.command.estimate.constants import MEASURED_ITEM_BYTES

SHARDS_A_LISTING_PAGE = 100


class Size(NamedTuple):
    name: str
    tables: int
    table_bytes: int
    writes: float
    """Per second, over all tables."""
    item_bytes: int = MEASURED_ITEM_BYTES


SIZES = (
    Size("One table of 10 TB", tables=1, table_bytes=10 * 10**12, writes=5000),
    Size("1,000 tables of 1 GB", tables=1000, table_bytes=10**9, writes=2000),
)
SLOTS = (8, 32, 128)
