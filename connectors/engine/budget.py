"""Limit of the bytes that were read and have not left the process."""

from __future__ import annotations

import threading
from typing import Protocol

SPLIT_BYTES = 4 << 20
"""Bytes that one split may have read and not passed on."""


class BudgetHolder(Protocol):
    """A split that is being read."""

    held: int
    """Bytes read and not passed on; changed by the budget."""


class ReadBudget:
    """Limit for all splits of a worker, or of a reader of a check. Each thread may exceed it by one page,
    because the size of a page is known only after it was read."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._lock = threading.Lock()

    def add(self, reading: BudgetHolder, size: int) -> None:
        with self._lock:
            self._used += size
            reading.held += size

    @property
    def used(self) -> int:
        return self._used

    def has_room(self, reading: BudgetHolder) -> bool:
        """A split without a page has room within twice the limit: tables that are written slowly must not
        stop the others."""
        if reading.held >= SPLIT_BYTES:
            return False
        return self._used < (self._limit if reading.held else 2 * self._limit)
