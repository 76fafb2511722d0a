"""Clock, sleep and random numbers for waits and retries; tests replace them."""

from __future__ import annotations

import random
import time
from typing import Callable, NamedTuple


class Timing(NamedTuple):
    clock: Callable[[], float] = time.monotonic
    """Seconds; only differences are meaningful."""
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """A random number from 0 to 1, which spreads retries over time."""


REAL = Timing()


class Clocks(NamedTuple):
    """Two clocks. Their times must not be compared with each other."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds since an arbitrary moment, for all decisions. This clock never steps."""
    wall: Callable[[], float] = time.time
    """Epoch seconds, for times that people read. This clock may step in both directions."""


CLOCKS = Clocks()
