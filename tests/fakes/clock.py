"""A clock that advances only when a test sets it or a program sleeps."""

from __future__ import annotations

from connectors.base.timing import Timing


class FakeClock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def timing(self, dice: float = 0.5) -> Timing:
        return Timing(self, self.sleep, lambda: dice)
