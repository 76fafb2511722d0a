"""How much one step of a reader may emit. Pure.

A checkpoint barrier waits for the step before it and for the records it left in front of the lanes. So a
step emits what the lanes take in about STEP_SECONDS: large records, with many writes in flight, where the
target is fast or far away; small ones where it is slow.
"""

from __future__ import annotations

STEP_SECONDS = 0.2
LEAST, MOST = 256 << 10, 4 << 20
_WEIGHT = 0.3
"""Of the newest step in the running mean: a single slow answer does not shrink the next step to nothing."""


class StepSize:
    """Bytes; over all slots of one reader, which share the way to the lanes."""

    def __init__(self) -> None:
        self._bytes_per_second = LEAST / STEP_SECONDS
        self._limit = LEAST
        self._emitted, self._since = 0, 0.0

    def begin(self, now: float) -> int:
        """The bound for the step that begins at `now` (seconds, any clock that does not go back)."""
        if self._emitted >= self._limit and now > self._since:
            rate = self._emitted / (now - self._since)
            self._bytes_per_second += _WEIGHT * (rate - self._bytes_per_second)
            self._limit = int(min(MOST, max(LEAST, self._bytes_per_second * STEP_SECONDS)))
        self._emitted, self._since = 0, now
        return self._limit

    def end(self, emitted: int) -> None:
        """A step that did not fill its bound says nothing about the lanes."""
        self._emitted = emitted
