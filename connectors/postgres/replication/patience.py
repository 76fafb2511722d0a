"""How long a stream may be connected again and again without getting any further. Pure.

A server may take the connection each time and then fail at the same place for good. So what counts is
progress, not a connection: something received from beyond all that was received before, a slot that has
moved, or a server that has nothing to send.
"""

from __future__ import annotations

from typing import Optional


class Patience:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._failing_since: Optional[float] = None
        self._furthest = self._floor = 0
        self._idle_at = -1

    def trying(self, now: float) -> None:
        """A connection is about to be made, which may take long."""
        if self._failing_since is None:
            self._failing_since = now

    def began(self, floor: int) -> None:
        """A connection was made; the slot stood at `floor`."""
        self._idle_at = -1
        if floor > self._floor:
            self._floor, self._failing_since = floor, None

    def data(self, position: int) -> None:
        self._idle_at = -1
        if position > self._furthest:
            self._furthest, self._failing_since = position, None

    def keepalive(self, position: int) -> None:
        """The server is at `position`; the same as before: it has nothing to send."""
        if position == self._idle_at or position > self._furthest:
            self._furthest, self._failing_since = max(position, self._furthest), None
        self._idle_at = position

    def over(self, now: float) -> bool:
        """A connection failed, or could not be made: whether too much time has passed since the first of
        those without any progress."""
        self.trying(now)
        return self._failing_since is not None and now - self._failing_since > self._seconds
