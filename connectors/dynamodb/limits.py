"""A rate the user sets for one table: capacity units or requests per second."""

from __future__ import annotations

import threading
import time
from typing import Callable, Dict, Optional, Protocol


class Limiter(Protocol):
    def acquire(self) -> None:
        """Sleep until a request may go."""
        ...

    def pay(self, amount: float) -> None:
        """After the request: its consumed capacity."""
        ...


class Bucket:
    """Token bucket that may go into debt, since the cost of a request is known only with its answer. Pure."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """`rate` and `burst` in units (per second); it starts full."""
        if rate <= 0 or burst <= 0:
            raise ValueError("rate and burst must be above 0")
        self._rate, self._burst = rate, burst
        self._level, self._at = burst, now

    def wait(self, now: float) -> float:
        """Seconds until the next request may go: 0 unless in debt."""
        self._fill(now)
        return 0.0 if self._level > 0 else max(-self._level, 1e-3) / self._rate

    def pay(self, amount: float, now: float) -> None:
        self._fill(now)
        self._level -= amount

    def _fill(self, now: float) -> None:
        self._level = min(self._burst, self._level + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)


class Limit(Limiter):
    """A bucket that threads share. One second's worth may go at once."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        by_request: bool = False,
    ) -> None:
        """`by_request`: each request counts 1, whatever it has consumed."""
        self._by_request = by_request
        self._clock, self._sleep = clock, sleep
        self._bucket = Bucket(rate, rate, clock())
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Seconds until `acquire` would return."""
        with self._lock:
            return self._bucket.wait(self._clock())

    def acquire(self) -> None:
        """Sleep until the table is out of debt. Threads released together may overdraw; debt evens it out."""
        while True:
            seconds = self.wait()
            if seconds <= 0:
                return
            self._sleep(seconds)

    def pay(self, amount: float) -> None:
        """After the request: its consumed capacity, or what else is counted."""
        with self._lock:
            self._bucket.pay(1.0 if self._by_request else amount, self._clock())


LimitOf = Callable[[str], Optional[Limit]]
"""By table; None: as fast as it goes."""


def no_limit(table: str) -> Optional[Limit]:
    return None


def limits_by_table(rate: float, by_request: bool = False) -> LimitOf:
    """A limit of that rate for each table; none where the rate is 0."""
    limits: Dict[str, Limit] = {}

    def limit_of(table: str) -> Optional[Limit]:
        return limits.setdefault(table, Limit(rate, by_request=by_request)) if rate else None

    return limit_of
