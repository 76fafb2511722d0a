"""Spread ops evenly over time."""

from __future__ import annotations

import threading

BACKLOG = 1.0
"""Maximum backlog in seconds. A larger one would cause a burst of ops after a stall."""


class Pacer:
    """Schedules the ops of all threads, so that a slow call in one thread does not reduce the total rate."""

    def __init__(self, rate: float, start: float) -> None:
        """`rate`: ops per second; `start`: seconds of any monotonic clock."""
        if rate <= 0:
            raise ValueError(f"rate: must be above 0 ops a second, not {rate}")
        self._step, self._next = 1 / rate, start
        self._lock = threading.Lock()

    def slot(self, now: float) -> float:
        """The time at which the caller's op is due. If it has passed, the op is due now."""
        with self._lock:
            due = max(self._next, now - BACKLOG)
            self._next = due + self._step
            return due
