"""Spread ops evenly over time."""

from __future__ import annotations

import threading

BACKLOG = 1.0
"""Seconds of missed slots that are made up for. More would turn a stall into a flood."""


class Pacer:
    """Shared by all threads, so that one in a slow call costs the others nothing of the rate."""

    def __init__(self, rate: float, start: float) -> None:
        """`rate` in ops a second, `start` in seconds of any monotonic clock."""
        if rate <= 0:
            raise ValueError(f"rate: must be above 0 ops a second, not {rate}")
        self._step, self._next = 1 / rate, start
        self._lock = threading.Lock()

    def slot(self, now: float) -> float:
        """The time at which the caller's op is due; past ones are due at once."""
        with self._lock:
            due = max(self._next, now - BACKLOG)
            self._next = due + self._step
            return due
