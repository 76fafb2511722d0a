from __future__ import annotations

from typing import Dict, List, Optional, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import GapError
from connectors.dynamodb.streams import anchor, position
from connectors.dynamodb.streams.anchor import MARGIN, STRIDE, limit_of, outdated, rewind
from connectors.dynamodb.streams.position import ROUNDING, ShardPosition
from connectors.dynamodb.streams.shard_set import Ready, ShardSet
from connectors.model.assignment import Assignment
from tests.fakes.state import restored, saved
from tests.harness.depth import examples
from tests.unit.connectors.dynamodb.streams.bench import HOUR, Bench, read, values

MOST_STEPS = 2 * (MARGIN + ROUNDING) / STRIDE + 3

# -- one shard -----------------------------------------------------------------------------------------------


@settings(max_examples=examples(800), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 7, 29, 31, 200, 5000]), st.booleans()), min_size=1, max_size=80
    ),
    st.integers(1, 20),
    st.integers(0, 2000),
)
def test_every_record_of_the_margin_is_read_again_and_none_that_is_older_by_more_than_a_stride(
    records: List[Tuple[int, bool]], limit: int, idle: int
) -> None:
    """`records`: seconds after the one before, and whether the shard is read as far as this one."""
    bench, times, page = Bench(), [], None
    split = bench.split(limit=limit)
    for number, (seconds, reads) in enumerate(records):
        bench.fake.now += seconds
        bench.put(number)
        times.append(bench.fake.now)
        if reads:
            page = split.next_page() or page
    bench.fake.now += idle
    for _ in range(position.TIP_PAGES):
        page = split.next_page() or page
    assert page is not None
    before = ShardPosition.decode(page.position)
    assert len(before.trail) <= MOST_STEPS
    done = sum(1 for _ in range(len(times)) if _ <= _last_read(bench, before))
    again, _ = read(bench.split(_anchored(before).encode(), limit=1000), steps=1)
    older = [number for number in range(done) if times[number] < before.reached - MARGIN]
    assert set(range(done)) - set(older) <= set(again)
    assert all(times[number] >= limit_of(before.reached) - STRIDE - ROUNDING for number in again)
    assert again == sorted(again)


@pytest.mark.parametrize("seconds", [1, 29, 31])
def test_the_trail_is_short_however_many_records_there_are(seconds: int) -> None:
    bench = Bench()
    split, most = bench.split(), 0
    for number in range(600):
        bench.fake.now += seconds
        bench.put(number)
        if number % 3 == 0:
            page = split.next_page()
            assert page is not None
            most = max(most, len(ShardPosition.decode(page.position).trail))
    assert 5 < most <= MOST_STEPS


def test_the_last_step_before_the_limit_is_the_anchor() -> None:
    trail = tuple(position.Footprint(time, str(time)) for time in (100.0, 200.0, 300.0))
    back = anchor.anchored(ShardPosition("9", 700.0, 700.0, trail), 250.0)
    assert back == ShardPosition("200.0", 200.0, 250.0, trail[1:2])


def _anchored(before: ShardPosition) -> ShardPosition:
    return anchor.anchored(before, limit_of(before.reached))


def _last_read(bench: Bench, before: ShardPosition) -> int:
    records = bench.fake.streams[bench.arn].shards[bench.shard_id].records
    return max((n for n, record in enumerate(records) if str(record.sequence) == before.sequence), default=-1)


def test_a_shard_that_was_idle_for_days_is_read_again_from_its_start_without_a_gap() -> None:
    bench = Bench(timed_ids=False)
    split = bench.split(skip_before=bench.fake.now)
    for _ in range(300):
        bench.fake.now += 600
        split.next_page()
    bench.put(1)
    bench.fake.open_shards(bench.arn)[0].records[0].sequence += 5
    page = split.next_page()
    assert page is not None
    assert values(page) == [1]
    back = _anchored(ShardPosition.decode(page.position))
    assert back.sequence == ""
    assert read(bench.split(back.encode(), skip_before=bench.fake.now - 50 * HOUR)) == ([1], False)


def test_going_back_further_than_the_service_keeps_records_is_a_gap() -> None:
    bench = Bench(timed_ids=False)
    split = bench.split(skip_before=bench.fake.now)
    bench.put(1)
    page = split.next_page()
    assert page is not None
    back = _anchored(ShardPosition.decode(page.position))
    bench.fake.now += 25 * HOUR
    bench.fake.trim(bench.fake.now - 24 * HOUR)
    bench.put(2)
    with pytest.raises(GapError):
        read(bench.split(back.encode(), skip_before=bench.fake.now - 26 * HOUR))


def test_a_shard_without_a_record_in_the_margin_stays_where_it_is() -> None:
    at = ShardPosition("9", 100.0, 2000.0)
    assert anchor.anchored(at, 1699.0) == ShardPosition("9", 100.0, 1699.0)


def test_a_shard_that_goes_back_does_not_claim_to_have_read_its_margin() -> None:
    """Otherwise its stream would count as caught up with before the margin has been read again."""
    bench = Bench()
    split = bench.split()
    bench.put(1)
    page = split.next_page()
    assert page is not None
    before = ShardPosition.decode(page.position)
    assert _anchored(before).reached == limit_of(before.reached)


# -- families ------------------------------------------------------------------------------------------------


def shard(shard_id: str, parent: Optional[str] = None) -> Assignment:
    return Assignment(shard_id, parent, "p", "1")


def at(time: float, sequence: str = "9") -> ShardPosition:
    """The last record was created at that time; the trail has one record, long before."""
    return ShardPosition(sequence, time, time, (position.Footprint(1.0, "1"),) if sequence else ())


class Family:
    """Shards by id, each read to its end in turn."""

    def __init__(self, *shards: Assignment) -> None:
        self.shards = ShardSet()
        self.shards.assign(shards)
        self.positions: Dict[str, ShardPosition] = {}

    def finish(self, shard_id: str, time: float, sequence: str = "9") -> None:
        self.shards.finish(shard_id, at(time, sequence).encode())

    def rewind(self) -> None:
        rewound = rewind(restored(ShardSet, saved(self.shards)), self.positions)
        self.shards, self.positions = rewound.shards, rewound.positions

    @property
    def reading(self) -> List[str]:
        return sorted(self.shards.reading)

    @property
    def waiting(self) -> List[str]:
        return sorted(self.shards.waiting)


P, A, B, AA = shard("p"), shard("a", "p"), shard("b", "p"), shard("aa", "a")


def test_an_ended_shard_of_the_margin_is_read_again_and_its_children_wait_for_it() -> None:
    family = Family(P, A, B)
    family.finish("p", 1000.0)
    family.positions = {"a": at(1200.0), "b": at(1250.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], ["a", "b"])
    assert family.positions == {"p": ShardPosition("1", 1.0, 1200.0 - 301.0, (position.Footprint(1.0, "1"),))}
    assert "p" not in family.shards.done
    family.finish("p", 1000.0)
    assert (family.reading, family.waiting) == (["a", "b"], [])
    assert family.shards.reading["a"] == Ready(A, 1000.0)


def test_an_ended_shard_without_a_record_in_the_margin_is_not_read_again() -> None:
    family = Family(P, A)
    family.finish("p", 1000.0)
    family.positions = {"a": at(1302.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["a"], [])
    assert family.positions["a"].sequence == "1"


def test_a_fast_shard_does_not_go_back_because_of_a_slow_relative() -> None:
    family = Family(P, A, B)
    family.finish("p", 1000.0)
    fast = ShardPosition("9", 5000.0, 5000.0, tuple(position.Footprint(t, str(t)) for t in (4690.0, 4720.0)))
    family.positions = {"a": fast, "b": at(1302.0)}
    family.rewind()
    assert family.positions["a"].sequence == "4690.0"


def test_a_slow_child_brings_its_parent_back_and_then_its_fast_sibling_follows_from_its_start() -> None:
    family = Family(P, A, B)
    family.finish("p", 1000.0)
    family.positions = {"a": at(5000.0), "b": at(1100.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], ["a", "b"])
    assert list(family.positions) == ["p"]


def test_a_shard_without_records_between_two_others_keeps_their_order() -> None:
    family = Family(P, A, AA)
    family.finish("p", 1000.0)
    family.finish("a", 0.0, "")
    for old in outdated(family.shards, 0.0):
        del family.shards.recent[old]
    family.positions = {"aa": at(1100.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], ["a", "aa"])


def test_a_shard_that_ended_and_whose_children_are_not_known_yet_is_read_again() -> None:
    family = Family(P)
    family.finish("p", 1000.0)
    assert outdated(family.shards, 0.0) == []
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], [])
    assert family.shards.assign([A]) == []


def test_a_shard_that_is_no_longer_listed_is_forgotten_again_when_it_has_been_read_again() -> None:
    family = Family(P, A)
    family.finish("p", 1000.0)
    family.shards.forget(["p"])
    family.positions = {"a": at(1100.0)}
    family.rewind()
    family.finish("p", 1000.0)
    assert "p" not in family.shards.done
    assert family.shards.forgotten == set()
    assert family.reading == ["a"]


def test_shards_that_wait_go_on_waiting() -> None:
    family = Family(P, A, AA)
    family.positions = {"p": at(1000.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], ["a", "aa"])


def test_ended_shards_are_kept_as_long_as_an_anchor_may_lie_in_them() -> None:
    family = Family(P, A, AA)
    family.finish("p", 1000.0)
    assert outdated(family.shards, 0.0) == []
    assert outdated(family.shards, 1301.0) == []
    assert outdated(family.shards, 1302.0) == ["p"]
    family.finish("a", 2000.0)
    assert outdated(family.shards, 0.0) == ["p"]


def test_an_ended_shard_is_kept_while_one_of_its_ancestors_is() -> None:
    """The slow shard b may bring back p, and then all that follows p is read again in its order."""
    family = Family(P, A, B, AA, shard("aaa", "aa"))
    family.finish("p", 1000.0)
    family.finish("a", 3000.0)
    family.finish("aa", 5000.0)
    assert outdated(family.shards, 0.0) == []
    family.positions = {"b": at(1100.0), "aaa": at(9000.0)}
    family.rewind()
    assert (family.reading, family.waiting) == (["p"], ["a", "aa", "aaa", "b"])
    assert family.shards.recent == {}


def test_a_child_that_does_not_know_its_parents_time_does_not_bring_it_back_further() -> None:
    """The parent's time was forgotten with the parent, when it was no longer listed."""
    family = Family(P, A)
    family.finish("p", 1000.0)
    family.shards.reading["a"] = Ready(A, 0.0)
    family.rewind()
    assert family.positions["p"].horizon == limit_of(1000.0)
