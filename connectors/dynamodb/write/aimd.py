"""How many requests may be in flight. Pure: additive increase, multiplicative decrease."""

from __future__ import annotations


class AimdWindow:
    def __init__(self, most: int) -> None:
        """`most`: the upper bound, and the initial size."""
        self._most = float(max(1, most))
        self._size = self._most
        self._quiet_until = 0.0

    @property
    def size(self) -> int:
        return int(self._size)

    def accepted(self) -> None:
        """About one more per round trip of the whole window."""
        self._size = min(self._most, self._size + 1.0 / self._size)

    def throttled(self, now: float) -> None:
        """Halve the window, once for all responses to requests that were in flight together."""
        if now >= self._quiet_until:
            self._size = max(1.0, self._size / 2)
            self._quiet_until = now + 0.1
