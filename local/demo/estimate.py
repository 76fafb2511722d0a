"""The expected duration of the demo, printed at its start."""

from __future__ import annotations

from connectors.base.text import duration

FIXED_SECONDS = 65.0
"""Starting servers, submitting jobs, following and comparing. Measured on two cores with 500 items."""
ITEMS_PER_SECOND = 1_000.0
"""Loading, copying and comparing taken together. Measured on two cores with 100,000 items: 172 s in all."""
ROLLBACK_SECONDS = 45.0
SLOW = 2.0
"""The slowest run on the same machine took twice as long."""


def estimate(items: int, with_rollback: bool = False) -> str:
    """A range, such as `1 min 26 s to 2 min 52 s`."""
    least = FIXED_SECONDS + items / ITEMS_PER_SECOND + (ROLLBACK_SECONDS if with_rollback else 0.0)
    return f"{duration(least)} to {duration(SLOW * least)}"
