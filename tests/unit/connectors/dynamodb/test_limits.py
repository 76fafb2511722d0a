from __future__ import annotations

import threading
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamodb.limits import Bucket, Limit, limits_by_table
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
