from __future__ import annotations

import threading
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.timing import Timing
from connectors.dynamodb.limits import Bucket, Limit, LiveLimiter, LiveLimits, LiveRates, limits_by_table
from tests.fakes.clock import FakeClock


@given(rate=st.floats(1, 1000), costs=st.lists(st.floats(0.1, 500), min_size=1, max_size=50))
def test_whatever_requests_cost_the_rate_is_kept_but_for_the_burst_and_the_last_debt(
    rate: float, costs: List[float]
) -> None:
    clock = FakeClock()
    limit = Limit(rate, clock.timing())
    start = clock.now
    for cost in costs:
        limit.acquire()
        limit.pay(cost)
    assert sum(costs) <= rate * (clock.now - start) + rate + costs[-1] + 1e-6


def test_a_bucket_in_debt_waits_until_it_is_paid_back_and_then_lets_through() -> None:
    bucket = Bucket(rate=10, burst=10, now=0)
    bucket.pay(30, now=0)
    assert bucket.wait(now=0) == pytest.approx(2.0)
    assert bucket.wait(now=1.0) == pytest.approx(1.0)
    assert bucket.wait(now=2.1) == 0


def test_an_idle_bucket_saves_up_no_more_than_its_burst() -> None:
    bucket = Bucket(rate=10, burst=10, now=0)
    bucket.pay(11, now=3600)
    assert bucket.wait(now=3600) == pytest.approx(0.1)


def test_a_clock_that_steps_back_does_not_fill_the_bucket_twice() -> None:
    bucket = Bucket(rate=10, burst=10, now=100)
    bucket.pay(20, now=100)
    bucket.wait(now=50)
    assert bucket.wait(now=100) == pytest.approx(1.0)


def test_threads_share_one_limit() -> None:
    clock = FakeClock()
    limit = Limit(1000, clock.timing())

    def spend() -> None:
        for _ in range(500):
            limit.pay(1)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit.wait() == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_must_be_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limit(rate)


def test_where_requests_are_counted_each_costs_one_whatever_it_consumed() -> None:
    clock = FakeClock()
    limit = Limit(10, clock.timing(), by_request=True)
    for _ in range(20):
        limit.pay(500)
    assert limit.wait() == pytest.approx(1.0)


def test_each_table_has_its_limit_and_none_where_there_is_no_rate() -> None:
    limit_of = limits_by_table(5)
    assert limit_of("a") is limit_of("a") is not limit_of("b")
    assert limits_by_table(0)("a") is None


def test_a_tables_own_rate_comes_before_that_of_all_tables_and_that_before_the_settings() -> None:
    rates = LiveRates(10.0)
    assert rates.rate("a") == 10.0
    rates.set("", 20.0)
    rates.set("a", 5.0)
    assert (rates.rate("a"), rates.rate("b")) == (5.0, 20.0)
    rates.set("a", None)
    assert rates.rate("a") == 20.0
    rates.set("", None)
    assert rates.rate("a") == 10.0


def test_a_changed_rate_applies_to_the_next_request_and_to_one_that_waits() -> None:
    clock, rates = FakeClock(), LiveRates(0.0)
    limiter = LiveLimiter(LiveLimits(rates, 0.5, timing=clock.timing()), "t", clock.timing())
    limiter.pay(1e6)
    limiter.acquire()  # no limit
    assert clock.now == 1000.0
    rates.set("t", 2.0)
    limiter.pay(3600.0)

    def sleep(seconds: float) -> None:
        assert seconds <= 1.0
        clock.now += seconds
        if clock.now > 1005:
            rates.set("t", 0.0)

    LiveLimiter(limiter._limit_of, "t", Timing(clock, sleep)).acquire()
    assert 1005 < clock.now <= 1007


def test_a_worker_has_a_share_of_the_present_rate() -> None:
    clock, rates = FakeClock(), LiveRates(10.0)
    limits = LiveLimits(rates, 0.1, timing=clock.timing())
    limit = limits("t")
    assert limit is limits("t") is not None
    rates.set("t", 100.0)
    limit = limits("t")
    assert limit is not None
    limit.pay(30.0)
    assert limit.wait() == pytest.approx(2.0)
