"""The amount that one step of a reader may emit. Pure.

A checkpoint barrier waits for the preceding step and for the records that it queued for the lanes. Therefore
a step emits what the lanes process in about STEP_SECONDS: large records with many writes in flight if the
target is fast or far away, small records if it is slow.
"""

from __future__ import annotations

STEP_SECONDS = 0.2
LEAST, MOST = 256 << 10, 4 << 20
_WEIGHT = 0.3
"""Weight of the newest step in the running mean: a single slow response does not reduce the next step to
0."""


class StepSize:
    """Bytes, for all readers of one subtask, which share the channels to the lanes."""

    def __init__(self) -> None:
        self._bytes_per_second = LEAST / STEP_SECONDS
        self._limit = LEAST
        self._emitted, self._since = 0, 0.0

    def begin(self, now: float) -> int:
        """The limit for the step that starts at `now` (seconds of a monotonic clock)."""
        if self._emitted >= self._limit and now > self._since:
            rate = self._emitted / (now - self._since)
            self._bytes_per_second += _WEIGHT * (rate - self._bytes_per_second)
            self._limit = int(min(MOST, max(LEAST, self._bytes_per_second * STEP_SECONDS)))
        self._emitted, self._since = 0, now
        return self._limit

    def end(self, emitted: int) -> None:
        """Record a step. A step below its limit gives no information about the lanes."""
        self._emitted = emitted
