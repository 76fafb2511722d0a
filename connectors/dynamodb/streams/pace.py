"""When to ask a shard again."""

from __future__ import annotations

import random
from typing import Callable

IDLE_CEILING = 1.0
"""Seconds. An idle shard costs one call a second, and its first change is seen within one."""
_GROWTH = 1.25
_FIRST_BACKOFF, _LAST_BACKOFF = 0.5, 10.0


class PollPace:
    """Pauses in seconds: none after a full page, `poll` after data, growing while nothing comes."""

    def __init__(self, poll: float, jitter: Callable[[], float] = random.random) -> None:
        self._poll, self._ceiling, self._jitter = poll, max(poll, IDLE_CEILING), jitter
        self._idle, self._backoff = poll, _FIRST_BACKOFF

    def after_page(self, changes: int, full: bool) -> float:
        self._backoff = _FIRST_BACKOFF
        if changes:
            self._idle = self._poll
            return 0.0 if full else self._poll
        pause, self._idle = self._idle, min(self._idle * _GROWTH, self._ceiling)
        return pause

    def after_throttle(self) -> float:
        """Doubling; half of it random: shards that were throttled together must not return together."""
        pause, self._backoff = self._backoff, min(self._backoff * 2, _LAST_BACKOFF)
        return pause * (0.5 + 0.5 * self._jitter())
