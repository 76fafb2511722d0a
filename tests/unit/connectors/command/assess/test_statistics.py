"""Sizes, partition keys and their intervals."""

from __future__ import annotations

import random
from math import log
from statistics import fmean, stdev

import pytest

from connectors.command.assess.draw import MOST_UNITS, draw
from connectors.command.assess.item_size import item_bytes
from connectors.command.assess.statistics import (
    mean_of,
    partition_keys,
    size_statistics,
    top_tenth_of,
    wilson,
)
from tests.fakes.account import FakeAccount


def test_the_interval_contains_the_mean_of_the_table_about_as_often_as_it_says():
    rng = random.Random(7)
    hits = 0
    for _ in range(400):
        # Neighbours are alike: the items of a segment share most of their size.
        segments = []
        for _ in range(40):
            base = rng.expovariate(1 / 500)
            segments.append([int(base + rng.random() * 100) for _ in range(4)])
        interval = mean_of(segments)
        hits += interval.low <= 550 <= interval.high
    assert 0.90 <= hits / 400 <= 0.98


def test_items_of_one_segment_are_not_counted_as_independent():
    alike = [[100] * 4 if at % 2 else [900] * 4 for at in range(20)]
    mixed = [[100, 900, 100, 900] for _ in range(20)]
    assert mean_of(alike).high - mean_of(alike).low > 100
    assert mean_of(mixed).high == mean_of(mixed).low == 500


def test_a_table_that_was_read_completely_has_an_exact_mean():
    statistics = size_statistics([[10, 20, 30]], whole=True)
    assert statistics.mean.exact
    assert statistics.mean.estimate == 20


def test_few_segments_give_no_interval_and_no_item_gives_nothing():
    assert mean_of([[1], [2], [], [3]]) is None
    assert size_statistics([[], []], whole=True) is None


def test_the_largest_tenth_is_what_makes_a_table_skewed():
    even = size_statistics([[100] * 100], whole=True)
    skewed = size_statistics([[100] * 90 + [10_000] * 10], whole=True)
    assert even.top_tenth.estimate == pytest.approx(0.1)
    assert skewed.top_tenth.estimate > 0.9
    assert even.top_tenth.exact
    assert skewed.top_tenth.exact
    assert (skewed.median, skewed.p99, skewed.largest) == (100, 10_000, 10_000)


def test_the_interval_of_the_skew_contains_that_of_the_table_about_as_often_as_it_says():
    rng, hits, found = random.Random(11), 0, []
    # Sizes with an exponential distribution: the largest tenth holds (1 + ln 10) / 10 of the bytes.
    for _ in range(300):
        segments = [[int(rng.expovariate(1 / 5000)) for _ in range(4)] for _ in range(100)]
        found.append(top_tenth_of(segments))
        hits += found[-1].low <= (1 + log(10)) / 10 <= found[-1].high
    assert 0.90 <= hits / 300 <= 0.98
    spread = stdev(interval.estimate for interval in found)
    stated = fmean(interval.high - interval.low for interval in found) / 2 / 1.98
    assert stated == pytest.approx(spread, rel=0.12)


def test_the_skew_of_a_few_segments_is_not_known():
    interval = top_tenth_of([[100], [900], [5000]])
    assert (interval.low, interval.high) == (0.1, 1.0)


def test_items_of_a_segment_that_are_alike_widen_the_interval_of_the_skew():
    rng = random.Random(3)
    sizes = [int(rng.expovariate(1 / 500)) + 1 for _ in range(400)]
    mixed = [sizes[at::100] for at in range(100)]
    alike = [[size] * 4 for size in sizes[:100]]
    widths = [interval.high - interval.low for interval in (top_tenth_of(mixed), top_tenth_of(alike))]
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize("keys", [5, 400, 20_000])
def test_partition_keys_are_estimated_from_the_share_of_empty_segments(keys):
    rng = random.Random(keys)
    account, items = FakeAccount(), 20_000
    account.add(
        "orders",
        [{"pk": {"S": f"{at % keys}-{rng.random() if keys == items else ''}"}} for at in range(items)],
    )
    draws = draw(account, "orders", items, 400, seed=rng.getrandbits(40))
    filled = sum(map(bool, draws.random))
    interval = partition_keys(len(draws.random), filled, draws.total, items)
    assert interval.low <= keys <= interval.high
    if keys < items:  # few keys: far fewer than items
        assert interval.high < items / 4


def test_a_share_of_nothing_or_everything_still_has_an_interval():
    assert wilson(0, 100) == (0.0, pytest.approx(0.037, abs=0.001))
    assert wilson(100, 100)[1] == 1.0
    assert partition_keys(0, 0, 100, 10) is None


def items(number):
    return [{"pk": {"S": f"key-{at}"}} for at in range(number)]


def test_a_small_table_is_read_completely():
    account = FakeAccount()
    account.add("users", items(150))
    draws = draw(account, "users", 150, 200)
    assert draws.whole
    assert len(draws.items) == 150


def test_a_table_that_has_grown_since_it_was_counted_is_not_taken_for_whole():
    account = FakeAccount()
    account.add("users", items(1000))
    draws = draw(account, "users", 150, 200)
    assert not draws.whole
    assert len(draws.items) == 200


def test_a_table_that_is_empty_although_it_was_counted_as_full_ends_after_a_bounded_number_of_calls():
    account = FakeAccount()
    account.add("users", [])
    draws = draw(account, "users", 10**9, 200)
    assert (draws.items, draws.whole) == ([], True)
    assert len(account.calls) <= 102


def test_a_table_with_one_large_partition_is_sampled_from_its_beginning():
    account = FakeAccount()
    account.add("log", [{"pk": {"S": "same"}, "n": {"S": str(at)}} for at in range(5000)])
    draws = draw(account, "log", 10**6, 200, seed=3)
    assert len(draws.items) == 200
    assert not any(draws.random)


def test_a_sample_of_expensive_items_ends_at_its_cost():
    class Expensive(FakeAccount):
        def _scan(self, request):
            return {**super()._scan(request), "ConsumedCapacity": {"CapacityUnits": 128.0}}

    account = Expensive()
    account.add("images", items(10_000))
    assert draw(account, "images", 10_000, 1000).units <= MOST_UNITS + 128


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"n": {"N": "12345"}}, 1 + 3 + 1),
        ({"n": {"N": "-0.0012E10"}}, 1 + 1 + 2),
        ({"n": {"N": "0"}}, 1 + 2),
        ({"b": {"B": "AAECAw=="}}, 1 + 4),
        ({"t": {"BOOL": True}, "u": {"NULL": True}}, 4),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 1 + 1),
        ({"l": {"L": [{"S": "v"}, {"S": "w"}]}}, 1 + 3 + 2 + 2),
        ({"s": {"SS": ["ab", "c"]}}, 1 + 3),
        ({"\u00e9": {"S": "\u20ac"}}, 2 + 3),
    ],
)
def test_an_item_has_the_size_that_dynamodb_counts(item, size):
    assert item_bytes(item) == size
