from __future__ import annotations

import pytest

from connectors.base.errors import GapError
from connectors.dynamodb.streams import position
from tests.unit.connectors.dynamodb.streams.bench import HOUR, Bench, read


def trimmed(bench: Bench, hours: float) -> None:
    bench.fake.now += hours * HOUR
    bench.fake.trim(bench.fake.now - 24 * HOUR)


def test_a_position_beyond_the_trim_horizon_is_a_gap() -> None:
    bench = Bench()
    bench.put(1)
    split = bench.split()
    split.next_page()
    bench.put(2)
    trimmed(bench, 25)
    with pytest.raises(GapError, match=r"orders.*trimmed"):
        read(bench.split(split.last))


def test_a_child_whose_head_was_trimmed_in_silence_is_a_gap() -> None:
    bench = Bench()
    bench.since = bench.fake.now
    bench.put(1)
    bench.fake.now += 2 * HOUR
    bench.put(2)
    trimmed(bench, 23)
    with pytest.raises(GapError, match="first records"):
        read(bench.split())


def test_an_old_child_that_still_has_its_first_record_is_whole() -> None:
    bench = Bench()
    bench.since = bench.fake.now - 30 * HOUR
    bench.put(1, 2)
    assert read(bench.split()) == ([1, 2], False)


def test_an_old_child_that_ended_without_a_record_cannot_be_proved_whole() -> None:
    bench = Bench()
    bench.since = bench.fake.now
    bench.put(1)
    bench.fake.now += 12 * HOUR
    bench.rotate()
    trimmed(bench, 13)
    with pytest.raises(GapError):
        read(bench.split())


@pytest.mark.parametrize("proof", ["parent", "id", "start"])
def test_a_child_without_its_first_record_is_whole_if_it_is_known_to_be_young(proof: str) -> None:
    bench = Bench(timed_ids=proof == "id")
    bench.since = bench.fake.now - (0 if proof == "parent" else 30 * HOUR)
    skip = bench.fake.now if proof == "start" else None
    bench.put(1)
    bench.fake.open_shards(bench.arn)[0].records[0].sequence += 1
    assert read(bench.split(skip_before=skip)) == ([1], False)


def test_an_old_child_that_begins_later_than_it_was_opened_is_a_gap() -> None:
    bench = Bench()
    bench.since = bench.fake.now - 30 * HOUR
    bench.put(1)
    bench.fake.open_shards(bench.arn)[0].records[0].sequence += 1
    with pytest.raises(GapError):
        read(bench.split())


def test_a_first_shard_read_for_whatever_is_left_needs_no_proof() -> None:
    bench = Bench()
    bench.put(1)
    bench.fake.now += 2 * HOUR
    bench.put(2)
    trimmed(bench, 23)
    assert read(bench.split()) == ([2], False)


def test_a_first_shard_begun_a_day_after_the_scan_is_a_gap() -> None:
    bench = Bench()
    start = bench.fake.now
    bench.put(1)
    bench.fake.now += 2 * HOUR
    bench.put(2)
    trimmed(bench, 23)
    with pytest.raises(GapError):
        read(bench.split(skip_before=start))


def test_an_old_open_shard_with_nothing_in_it_cannot_be_proved_whole() -> None:
    bench = Bench()
    start = bench.fake.now
    bench.put(1)
    trimmed(bench, 25)
    split = bench.split(skip_before=start)
    assert [split.next_page() for _ in range(position.TIP_PAGES - 1)] == [None] * (position.TIP_PAGES - 1)
    with pytest.raises(GapError):
        split.next_page()


def test_an_idle_shard_watched_for_days_is_whole_when_its_first_record_comes() -> None:
    bench = Bench()
    bench.since = bench.fake.now
    split = bench.split()
    for _ in range(300):
        bench.fake.now += 600
        split.next_page()
    bench.put(1)
    bench.fake.open_shards(bench.arn)[0].records[0].sequence += 5
    assert read(split) == ([1], False)
    assert read(bench.split(split.last)) == ([], False)


def test_an_idle_shard_left_alone_for_a_day_is_not_trusted_again() -> None:
    bench = Bench()
    bench.since = bench.fake.now
    split = bench.split()
    read(split)
    bench.put(1)
    bench.fake.now += 2 * HOUR
    bench.put(2)
    trimmed(bench, 23)
    with pytest.raises(GapError):
        read(bench.split(split.last))
    with pytest.raises(GapError):
        read(split)
