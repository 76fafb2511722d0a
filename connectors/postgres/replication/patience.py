"""How long a stream may reconnect without progress. Pure.

A server may accept each connection and then always fail at the same place. So a connection is not progress.
Progress is a message from beyond all earlier ones, a slot that has advanced, or a server that has nothing to
send.
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
        """A connection is about to be opened, which may take long."""
        if self._failing_since is None:
            self._failing_since = now

    def began(self, floor: int) -> None:
        """A connection was opened; the slot's position was `floor`."""
        self._idle_at = -1
        if floor > self._floor:
            self._floor, self._failing_since = floor, None

    def data(self, position: int) -> None:
        self._idle_at = -1
        if position > self._furthest:
            self._furthest, self._failing_since = position, None

    def keepalive(self, position: int) -> None:
        """The server is at `position`. Twice the same position: it has nothing to send."""
        if position == self._idle_at or position > self._furthest:
            self._furthest, self._failing_since = max(position, self._furthest), None
        self._idle_at = position

    def over(self, now: float) -> bool:
        """Called when a connection failed or could not be opened: whether too much time has passed since the
        first failure after the last progress."""
        self.trying(now)
        return self._failing_since is not None and now - self._failing_since > self._seconds
