"""Each rule of a chain, with the history that makes an EQUAL of unequal sides without it."""

from __future__ import annotations

from typing import List

import pytest

from connectors.base.errors import TransientError
from connectors.check.changes.chain import MARGIN, MOST_KEYS, BrokenChain
from connectors.check.changes.reader import ChangesReader
from connectors.check.changes.table import BLOCKED_SECONDS, TableReading
from connectors.check.report.summary import Verdict
from connectors.dynamodb.streams.lineage import CONFIRMATIONS
from connectors.model.keys import KeyReader
from tests.unit.connectors.check.changes import world as model
from tests.unit.connectors.check.changes.world import KEYS, Op, World
from tests.unit.connectors.check.rig import AtOnce


@pytest.fixture
def world() -> World:
    return World()


def verdict(world: World, during: List[Op] = []) -> Verdict:  # noqa: B006 - not changed
    summary = world.generation(during)
    assert summary is not None
    return summary.verdict


def lose(world: World, key: str = "a") -> None:
    world.write_lost(KEYS.index(key))


def test_a_change_from_shortly_before_the_full_check_is_compared_because_a_page_may_be_older(
    world: World,
) -> None:
    world.fake.now += 1000
    lose(world, "b")
    world.fake.now += 20
    world.full_check([])
    assert world.chain.open == {}, "the full check has seen the item as it was before"
    assert verdict(world) is Verdict.DIFFERENT


def test_changes_from_long_before_the_full_check_are_not_compared_again(world: World) -> None:
    world.write(0)
    world.deliver(1)
    world.fake.now += MARGIN + 10
    world.full_check([])
    summary = world.generation([])
    assert summary is not None
    assert (summary.verdict, summary.totals.compared) == (Verdict.EQUAL, 0)


def test_a_change_in_a_shard_that_split_while_it_was_read_is_compared(world: World) -> None:
    world.full_check([])
    for shard in world.fake.open_shards(world.arn):
        world.fake.split(world.arn, shard.shard_id)
    lose(world)
    assert verdict(world) is Verdict.DIFFERENT
    world.fake.now += 5
    for shard in world.fake.open_shards(world.arn):
        world.fake.hide(world.arn, world.fake.rotate(world.arn, shard.shard_id), 3)
    lose(world, "b")
    summary = world.generation([])
    assert summary is not None
    assert summary.totals.compared == 2, "a is carried, and b was found in the hidden child"


def test_a_shard_that_the_first_listings_lack_is_read(world: World) -> None:
    world.full_check([])
    for shard in world.fake.open_shards(world.arn):
        world.fake.hide(world.arn, shard.shard_id, CONFIRMATIONS - 1)
        break
    for key in KEYS:
        lose(world, key)
    summary = world.generation([])
    assert summary is not None
    assert summary.totals.compared == len(KEYS)


def test_later_generations_list_the_shards_only_if_one_has_ended(world: World) -> None:
    world.full_check([])
    verdict(world)
    listed = world.fake.calls["describe_stream"]
    verdict(world)
    assert world.fake.calls["describe_stream"] == listed
    for key in KEYS:
        world.write(KEYS.index(key))
    world.deliver(len(KEYS))
    world.fake.rotate(world.arn, world.fake.open_shards(world.arn)[0].shard_id)
    summary = world.generation([])
    assert summary is not None
    assert summary.totals.compared == len(KEYS)
    assert (world.fake.calls["describe_stream"], world.fake.calls["children"]) == (listed, 1)


def test_children_that_are_not_found_one_by_one_are_found_in_a_whole_listing(world: World) -> None:
    world.full_check([])
    verdict(world)
    shard = world.fake.open_shards(world.arn)[0]
    world.fake.hide(world.arn, world.fake.rotate(world.arn, shard.shard_id), 2)
    lose(world)
    lose(world, "b")
    world.fake.children = lambda arn, shard_id: []  # type: ignore[method-assign]
    summary = world.generation([])
    assert summary is not None
    assert summary.totals.compared == 2


def test_the_change_in_the_last_page_of_a_shard_is_compared(world: World) -> None:
    world.full_check([])
    lose(world)
    for shard in world.fake.open_shards(world.arn):
        world.fake.rotate(world.arn, shard.shard_id)
    assert verdict(world) is Verdict.DIFFERENT


def test_empty_pages_before_a_change_are_not_taken_for_the_end(world: World) -> None:
    world.full_check([])
    lose(world)
    world.fake.empty_pages(4)
    assert verdict(world) is Verdict.DIFFERENT


def test_a_generation_reads_behind_its_predecessor_and_nothing_twice(world: World) -> None:
    world.full_check([])
    world.write(0)
    world.deliver(1)
    assert verdict(world) is Verdict.EQUAL
    world.write(1)
    lose(world, "c")
    world.deliver(2)
    summary = world.generation([])
    assert summary is not None
    assert (summary.verdict, summary.totals.compared) == (Verdict.DIFFERENT, 2)


def test_a_generation_that_crashes_leaves_everything_to_the_next_one(world: World) -> None:
    world.full_check([])
    lose(world)
    before = world.stored
    assert world.generation([], crash=True) is None
    assert world.stored == before
    assert verdict(world) is Verdict.DIFFERENT


def test_a_key_that_the_full_check_did_not_find_equal_is_compared_without_a_change(world: World) -> None:
    lose(world)
    world.fake.now += 2 * MARGIN
    world.full_check([])
    assert verdict(world) is Verdict.DIFFERENT


def test_a_difference_is_carried_from_generation_to_generation(world: World) -> None:
    world.full_check([])
    lose(world)
    assert [verdict(world) for _ in range(3)] == [Verdict.DIFFERENT] * 3


@pytest.mark.parametrize("happens", ["replace_stream", "recreate_table"])
@pytest.mark.parametrize("generations", [0, 1])
def test_another_stream_or_another_table_breaks_the_chain(
    world: World, happens: str, generations: int
) -> None:
    world.full_check([])
    for _ in range(generations):
        verdict(world)
    world.do((happens, 0))
    with pytest.raises(BrokenChain):
        world.generation([])


def test_a_stream_that_is_replaced_while_keys_are_compared_breaks_the_chain(world: World) -> None:
    world.full_check([])
    before = world.stored
    with pytest.raises(BrokenChain):
        world.generation([("pass_time", 0)] * model.MOST_TURNS + [("replace_stream", 0)])
    assert world.stored == before


@pytest.mark.parametrize("generations", [0, 1])
def test_changes_that_may_have_been_trimmed_break_the_chain(world: World, generations: int) -> None:
    world.full_check([])
    for _ in range(generations):
        verdict(world)
    lose(world)
    world._wait(25 * 3600.0)
    with pytest.raises(BrokenChain, match="24 hours"):
        world.generation([])


def test_a_shard_that_is_trimmed_while_it_is_read_breaks_the_chain(world: World) -> None:
    world.full_check([])
    lose(world)
    world.fake.fail("get_shard_iterator", "ResourceNotFoundException", 4)
    with pytest.raises(BrokenChain, match="gone"):
        world.generation([])


def test_a_closed_shard_whose_child_is_never_listed_gives_no_verdict(world: World) -> None:
    world.full_check([])
    shard = world.fake.open_shards(world.arn)[0]
    world.fake.hide(world.arn, world.fake.rotate(world.arn, shard.shard_id), 100_000)
    with pytest.raises(TransientError, match="lacks a child of"):
        world.generation([("pass_time", int(BLOCKED_SECONDS))] * 10)


def test_too_many_changed_keys_break_the_chain(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.full_check([])
    monkeypatch.setattr("connectors.check.changes.reader.MOST_KEYS", 2)
    for number in range(4):
        world.write(number)
    with pytest.raises(BrokenChain, match="too many"):
        world.generation([])
    assert MOST_KEYS == 1_000_000


def test_what_is_read_while_keys_are_compared_belongs_to_the_next_generation(world: World) -> None:
    world.full_check([])
    chain = world.chain
    reading = TableReading(
        KeyReader(model.TABLE, model.SCHEMA),
        chain.tables[model.TABLE],
        world.fake,
        world.fake,
        world._now,
    )
    reader = ChangesReader([reading], AtOnce(), AtOnce(), world._now)

    def read() -> None:
        started = world.fake.now
        while not reader.complete(started):
            reader.turn()
            world.fake.now += 0.4

    world.write(0)
    read()
    assert len(reader.take()[model.TABLE]) == 1
    state = reader.chain()[model.TABLE]
    world.write(1)
    read()
    assert reader.count == 1
    assert reader.chain()[model.TABLE] != state
