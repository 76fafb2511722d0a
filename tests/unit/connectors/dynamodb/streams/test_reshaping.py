"""What AWS does to the shards of a busy, an idle and a replaced stream, and what the job makes of it."""

from __future__ import annotations

from typing import List

import pytest

from connectors.base.errors import GapError
from connectors.dynamodb.streams.lineage import CONFIRMATIONS, FORGET_AFTER, Lineage
from connectors.dynamodb.streams.position import TIP_PAGES
from connectors.dynamodb.streams.shard_set import ShardSet
from connectors.engine.enumerator.observations import Listed, Prepared, Restreamed
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase, TableState, decide, fresh
from connectors.model.orders import StreamOrder
from tests.fakes.state import restored
from tests.fakes.streams import FakeStreams
from tests.unit.connectors.dynamodb.streams.job import Job

KEYS = [f"key-{n}" for n in range(200)]
FAIL = PlannerRules(readers=4, scan=True, stream=True)


def write_all(job: Job) -> None:
    for key in KEYS:
        job.write(key)


def listed(fake: FakeStreams, arn: str) -> Listed:
    return Listed("orders", arn, fake.list_dated(arn).description.Shards, fake.now)


def prepared(state: TableState, arn: str, rules: PlannerRules) -> TableState:
    return decide(state, Prepared("orders", [("pk", "S")], arn, 0, 0, 0), rules).state


def assigned(orders: List[StreamOrder]) -> List[str]:
    return [each.shard_id for order in orders for each in order.assign]


@pytest.mark.parametrize("shuffled", [True, False])
def test_a_hundred_and_fifty_open_shards_are_read_at_the_same_time(shuffled: bool) -> None:
    fake = FakeStreams()
    fake.shuffled = shuffled
    job = Job(fake, fake.create("orders", shards=150), oldest=False)
    job.list()
    write_all(job)
    reading = [shard_id for slot in job.state.slots for shard_id in restored(ShardSet, slot).reading]
    assert sorted(reading) == sorted(shard.shard_id for shard in fake.open_shards(job.arn))
    job.drain()
    job.assert_whole()
    assert job.state.seen == dict.fromkeys(KEYS, 1)


def test_a_four_way_split_of_every_shard_and_of_its_children_keeps_every_keys_order() -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders", shards=5), oldest=False)
    job.list()
    for _ in range(2):
        write_all(job)
        for shard in fake.open_shards(job.arn):
            fake.split(job.arn, shard.shard_id, ways=4)
    write_all(job)
    assert len(fake.open_shards(job.arn)) == 80
    job.drain()
    job.assert_whole()
    assert job.state.seen == dict.fromkeys(KEYS, 3)


def test_the_children_of_a_split_begin_only_when_their_parent_is_read_to_its_end() -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders"), oldest=False)
    job.list()
    write_all(job)
    children = fake.split(job.arn, fake.open_shards(job.arn)[0].shard_id, ways=4)
    write_all(job)
    job.list()
    while not any(shard_id in children for shard_id, _, _ in fake.taken):
        assert job.read(0)
    assert set(job.state.seen) == set(KEYS)
    job.drain()
    job.assert_whole()


@pytest.mark.parametrize("rotations_between_two_listings", [1, 3])
def test_an_idle_stream_rotates_without_a_gap_and_its_first_change_comes_out(
    rotations_between_two_listings: int,
) -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders"), oldest=False)
    job.drain()
    fewest_listings_of_a_drain = TIP_PAGES + 1
    for _ in range(30):
        for _ in range(rotations_between_two_listings):
            fake.now += 4 * 3600.0
            fake.rotate(job.arn, fake.open_shards(job.arn)[0].shard_id)
        fake.trim(fake.now - 24 * 3600.0)
        job.drain()
    job.write("a")
    job.drain()
    assert job.state.seen == {"a": 1}
    remembered = FORGET_AFTER // fewest_listings_of_a_drain * rotations_between_two_listings
    assert len(restored(Lineage, job.state.lineage).shards) <= 24 // 4 + remembered + 1


def test_a_stream_that_was_replaced_is_still_read_to_its_end() -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders", shards=3), oldest=False)
    job.list()
    write_all(job)
    fake.create("orders", shards=3)
    job.drain()
    job.assert_whole()
    assert not any(restored(ShardSet, slot).reading for slot in job.state.slots)


def test_a_stream_that_was_dropped_is_a_gap() -> None:
    fake = FakeStreams()
    job = Job(fake, fake.create("orders"), oldest=False)
    job.list()
    fake.drop(job.arn)
    with pytest.raises(GapError, match="the stream or the shard is gone"):
        job.read(0)


def test_a_new_stream_in_place_of_the_one_being_read_is_a_gap() -> None:
    fake = FakeStreams()
    old = fake.create("orders")
    state = prepared(fresh("orders", FAIL), old, FAIL)
    state = decide(state, listed(fake, old), FAIL).state
    assert state.phase is TablePhase.REGISTERED
    fake.create("orders")
    with pytest.raises(GapError, match="recreated"):
        decide(state, Restreamed("orders", state.arn, "the stream was recreated"), FAIL)


def test_where_gaps_are_healed_a_new_stream_is_read_in_a_new_generation_and_the_old_one_no_more() -> None:
    rules = FAIL._replace(rescan=True)
    fake = FakeStreams()
    old = fake.create("orders", shards=2)
    state = prepared(fresh("orders", rules), old, rules)
    state = decide(state, listed(fake, old), rules).state
    new = fake.create("orders", shards=3)
    state = decide(state, Restreamed("orders", state.arn, "the stream was recreated"), rules).state
    state = prepared(state, new, rules)
    assert decide(state, listed(fake, old), rules).orders == []
    decision = decide(state, listed(fake, new), rules)
    orders = [order for _, order in decision.orders if isinstance(order, StreamOrder)]
    assert sorted(assigned(orders)) == sorted(shard.shard_id for shard in fake.open_shards(new))
    assert {(order.arn, order.generation) for order in orders} == {(new, 2)}
    assert decision.state.phase is TablePhase.REGISTERED


def test_a_table_is_not_registered_while_a_parent_is_missing() -> None:
    fake = FakeStreams()
    arn = fake.create("orders")
    first = fake.open_shards(arn)[0].shard_id
    fake.rotate(arn, first)
    fake.hide(arn, first, CONFIRMATIONS - 1)
    state = prepared(fresh("orders", FAIL), arn, FAIL)
    since = fake.now
    for _ in range(CONFIRMATIONS - 1):
        decision = decide(state, listed(fake, arn), FAIL)
        state, fake.now = decision.state, fake.now + 1
        assert (state.phase, decision.orders) == (TablePhase.PREPARED, [])
    decision = decide(state, listed(fake, arn), FAIL)
    assert decision.state.phase is TablePhase.REGISTERED
    assert [order.since for _, order in decision.orders if isinstance(order, StreamOrder)] == [since]
