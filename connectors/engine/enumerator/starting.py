"""The first steps of the enumerator wait for what they need, instead of for the next tick.

Names, descriptions and the board arrive within tenths of a second, one after the other. With a tick per
second each would cost a second before the first page. The step sends nothing while it waits, and a checkpoint
waits with it. Waiting therefore ends with the first orders, or, if the tables come from a saved state, as
soon as the workers may begin.
"""

from __future__ import annotations

import time
from typing import Callable, Iterator

from connectors.engine.enumerator.planner import Orders
from connectors.model.orders import RateOrder

START_SECONDS = 10.0
"""After this time the ticks are enough: the source or the target is slow."""
STEP_SECONDS = 0.8
"""The longest wait of a step: less than the time to the next tick."""


class Starting:
    def __init__(self, resumed: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """`resumed`: the workers know already what to read."""
        self._resumed, self._clock = resumed, clock
        self._until = clock() + START_SECONDS

    def steps(
        self, step: Callable[[], Orders], begun: Callable[[], bool], wait: Callable[[float], bool]
    ) -> Iterator[Orders]:
        """The orders of a tick. `step` observes what has arrived and returns orders, `begun` says whether the
        workers may begin, and `wait` waits for an observation and says whether there is one."""
        deadline = min(self._until, self._clock() + STEP_SECONDS)
        while True:
            orders = step()
            yield orders
            if begun() and (self._resumed or any(not isinstance(order, RateOrder) for _, order in orders)):
                self._until = 0.0
            left = min(deadline, self._until) - self._clock()
            if left <= 0 or not wait(left):
                return
