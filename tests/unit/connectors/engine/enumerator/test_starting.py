from __future__ import annotations

from typing import Dict, List

from connectors.engine.enumerator.background_results import BackgroundResults
from connectors.engine.enumerator.planner import Orders
from connectors.engine.enumerator.starting import START_SECONDS, STEP_SECONDS, Starting
from connectors.model.orders import RateOrder, Wake

ORDER: Orders = [(0, Wake("run"))]
RATES: Orders = [(0, RateOrder("t", 1.0, 1.0))]


class World:
    """A clock, and observations at given times, each with the orders that follow from it."""

    def __init__(self, arrivals: Dict[float, Orders], resumed: bool = False, run_at: float = 0.0) -> None:
        self.now, self._run_at = 0.0, run_at
        self._arrivals, self._taken = dict(arrivals), -1.0
        self.steps: List[float] = []
        self._starting = Starting(resumed, lambda: self.now)

    def tick(self, at: float) -> Orders:
        """The orders of the tick at this time. Afterwards `now` is the time at which it ended."""
        self.now = max(self.now, at)
        found: Orders = []
        for orders in self._starting.steps(self._step, lambda: self.now >= self._run_at, self._wait):
            found += orders
        return found

    def _step(self) -> Orders:
        self.steps.append(self.now)
        orders = [one for at, due in self._arrivals.items() if self._taken < at <= self.now for one in due]
        self._taken = self.now
        return orders

    def _wait(self, seconds: float) -> bool:
        arrivals = [at for at in self._arrivals if self._taken < at <= self.now + seconds]
        self.now = min(arrivals, default=self.now + seconds)
        return bool(arrivals)


def test_what_arrives_one_after_the_other_does_not_wait_for_the_next_tick() -> None:
    world = World({0.2: [], 0.5: ORDER})
    assert world.tick(0.0) == ORDER
    assert world.now == 0.5


def test_a_step_ends_before_the_next_tick_when_nothing_arrives() -> None:
    world = World({})
    assert world.tick(0.0) == []
    assert world.now == STEP_SECONDS < 1.0


def test_after_the_first_orders_no_step_waits() -> None:
    world = World({0.1: ORDER, 1.3: ORDER})
    world.tick(0.0)
    assert world.tick(1.0) == []
    assert world.now == 1.0
    assert world.tick(2.0) == ORDER
    assert world.now == 2.0


def test_orders_of_rates_are_not_the_first_orders_to_read() -> None:
    world = World({0.1: RATES, 0.4: ORDER})
    assert world.tick(0.0) == RATES + ORDER
    assert world.now == 0.4


def test_a_slow_source_is_not_waited_for_forever() -> None:
    world = World({})
    assert world.tick(START_SECONDS) == []
    assert world.now == START_SECONDS


def test_a_resumed_job_waits_only_until_its_workers_may_begin() -> None:
    world = World({0.3: [], 0.6: []}, resumed=True, run_at=0.3)
    world.tick(0.0)
    assert world.now == 0.3
    world.tick(1.0)
    assert world.now == 1.0


def test_waiting_for_results_ends_when_one_arrives_and_begins_again_when_all_are_taken() -> None:
    results: BackgroundResults[int] = BackgroundResults()
    assert not results.wait(0)
    results.put(1)
    assert results.wait(0)
    assert results.take() == [1]
    assert not results.wait(0)
