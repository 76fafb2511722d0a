"""What waits and retries: the clock, the pause and the dice, of which tests have their own."""

from __future__ import annotations

import random
import time
from typing import Callable, NamedTuple


class Timing(NamedTuple):
    clock: Callable[[], float] = time.monotonic
    """Seconds; only differences count."""
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """From 0 to 1: spreads what would otherwise return together."""


REAL = Timing()
