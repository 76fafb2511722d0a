"""The enumerator of a job, without Flink."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from typing import Any, DefaultDict, Deque, Dict, List, Optional

from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.model import orders
from connectors.model.state import Changed

Entries = Dict[str, bytes]
TICK_SECONDS = 0.1


class EnumeratorOperator:
    """Does what connectors.engine.flink.enumerator.EnumeratorFunction does."""

    def __init__(self, parts: Any, state: Entries, first_attempt: bool, wakes: List[int]) -> None:
        """`parts` makes the planner and the poller. `wakes`: the slots that are woken with every tick."""
        self._parts, self._state, self._first_attempt, self._wakes = parts, state, first_attempt, wakes
        self.orders: DefaultDict[int, Deque[bytes]] = defaultdict(deque)
        """By slot, not delivered yet."""
        self.planner: Optional[TablesPlanner] = None
        self._poller: Optional[Any] = None
        self._next_tick = 0.0

    def tick(self) -> None:
        """Has an effect only if the last tick was TICK_SECONDS ago."""
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + TICK_SECONDS
        planner, poller = self.planner, self._poller
        if planner is None or poller is None:
            planner = self.planner = self._parts.planner(self._state.items(), self._first_attempt)
            poller = self._poller = self._parts.poller(self._first_attempt)
            poller.watch(planner.tables)
            poller.start()
        for observation in poller.seen():
            self._order(*planner.observe(observation))
        self._order(*planner.advance())
        self._order([(slot, orders.Wake(planner.run)) for slot in self._wakes], Changed())
        poller.watch(planner.tables)

    def close(self) -> None:
        if self._poller is not None:
            self._poller.close()

    def _order(self, due: Orders, changed: Changed) -> None:
        store(self._state, changed)
        for slot, order in due:
            self.orders[slot].append(orders.encode(order))


def store(entries: Entries, changed: Changed) -> None:
    """Do what connectors.engine.flink.store.store does."""
    entries.update(changed.puts)
    for name in changed.removes:
        entries.pop(name, None)
