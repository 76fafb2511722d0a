"""Rate limits that the user sets per table: capacity units or requests per second."""

from __future__ import annotations

import threading
from typing import Callable, Dict, Optional, Protocol

from connectors.base.timing import REAL, Timing


class Limiter(Protocol):
    def acquire(self) -> None:
        """Sleep until a request may be sent."""
        ...

    def pay(self, amount: float) -> None:
        """Report the consumed capacity of a request."""
        ...


class Bucket:
    """A token bucket that may become negative, because the cost of a request is known only with its answer.
    Pure."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """`rate`: units per second; `burst`: units. The bucket starts full."""
        if rate <= 0 or burst <= 0:
            raise ValueError("rate and burst must be above 0")
        self._rate, self._burst = rate, burst
        self._level, self._at = burst, now

    def wait(self, now: float) -> float:
        """Seconds until the next request may be sent: 0 unless the bucket is negative."""
        self._fill(now)
        return 0.0 if self._level > 0 else max(-self._level, 1e-3) / self._rate

    def pay(self, amount: float, now: float) -> None:
        self._fill(now)
        self._level -= amount

    def _fill(self, now: float) -> None:
        self._level = min(self._burst, self._level + max(0.0, now - self._at) * self._rate)
        self._at = max(self._at, now)


class Limit(Limiter):
    """A bucket that threads share. Its burst is one second of the rate."""

    def __init__(
        self,
        rate: float,
        timing: Timing = REAL,
        by_request: bool = False,
    ) -> None:
        """`by_request`: each request counts as 1, regardless of its consumed capacity."""
        self._by_request = by_request
        self._timing = timing
        self._bucket = Bucket(rate, rate, timing.clock())
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Seconds until `acquire` would return."""
        with self._lock:
            return self._bucket.wait(self._timing.clock())

    def acquire(self) -> None:
        """Sleep until the bucket is not negative. Threads that continue at the same time may exceed the rate;
        later requests then wait longer."""
        while True:
            seconds = self.wait()
            if seconds <= 0:
                return
            self._timing.sleep(seconds)

    def pay(self, amount: float) -> None:
        """Report the consumed capacity of a request, or whatever the limit counts."""
        with self._lock:
            self._bucket.pay(1.0 if self._by_request else amount, self._timing.clock())


LimitOf = Callable[[str], Optional[Limit]]
"""The limit of a table; None: unlimited."""


def no_limit(table: str) -> Optional[Limit]:
    return None


def limits_by_table(rate: float, by_request: bool = False) -> LimitOf:
    """A limit with this rate for each table; None for rate 0."""
    limits: Dict[str, Limit] = {}

    def limit_of(table: str) -> Optional[Limit]:
        return limits.setdefault(table, Limit(rate, by_request=by_request)) if rate else None

    return limit_of
