"""Rate limits that the user sets per table: capacity units or requests per second."""

from __future__ import annotations

import threading
from typing import Callable, Dict, Optional, Protocol, Tuple

from connectors.base.timing import REAL, Timing

NOTICE_SECONDS = 1.0
"""The longest sleep of a request whose rate may change."""


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


class LiveRates:
    """The rates of a job's tables, which may change while it runs. Threads share it."""

    def __init__(self, rate: float) -> None:
        """`rate`: that of the settings, for every table; 0: no limit."""
        self._default = rate
        self._set: Dict[str, float] = {}

    def set(self, table: str, rate: Optional[float]) -> None:
        """`table`: empty for all tables without a rate of their own. `rate`: None: that of the settings."""
        if rate is None:
            self._set.pop(table, None)
        else:
            self._set[table] = rate

    def rate(self, table: str) -> float:
        return self._set.get(table, self._set.get("", self._default))


class LiveLimits:
    """A share of each table's present rate: a LimitOf. Used by one thread."""

    def __init__(
        self, rates: LiveRates, share: float = 1.0, by_request: bool = False, timing: Timing = REAL
    ) -> None:
        self._rates, self._share, self._by_request, self._timing = rates, share, by_request, timing
        self._limits: Dict[str, Tuple[float, Limit]] = {}

    def __call__(self, table: str) -> Optional[Limit]:
        rate = self._rates.rate(table)
        if not rate:
            return None
        known = self._limits.get(table)
        if known is None or known[0] != rate:
            known = rate, Limit(rate * self._share, self._timing, self._by_request)
            self._limits[table] = known
        return known[1]


class LiveLimiter(Limiter):
    """The limit of one table, as it is at the moment. A request that waits notices a new rate within a
    second."""

    def __init__(self, limit_of: LimitOf, table: str, timing: Timing = REAL) -> None:
        self._limit_of, self._table, self._timing = limit_of, table, timing

    @property
    def limit(self) -> Optional[Limit]:
        """The present limit."""
        return self._limit_of(self._table)

    def acquire(self) -> None:
        while True:
            limit = self.limit
            seconds = limit.wait() if limit is not None else 0.0
            if seconds <= 0:
                return
            self._timing.sleep(min(seconds, NOTICE_SECONDS))

    def pay(self, amount: float) -> None:
        limit = self.limit
        if limit is not None:
            limit.pay(amount)


def limits_by_table(rate: float, by_request: bool = False) -> LimitOf:
    """A limit with this rate for each table; None for rate 0."""
    limits: Dict[str, Limit] = {}

    def limit_of(table: str) -> Optional[Limit]:
        return limits.setdefault(table, Limit(rate, by_request=by_request)) if rate else None

    return limit_of
