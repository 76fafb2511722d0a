from __future__ import annotations

from functools import partial

from connectors.dynamodb.streams.lineage import Lineage
from connectors.dynamodb.streams.tracking import observe
from tests.fakes.streams import FakeStreams


def test_all_pages_are_one_list() -> None:
    fake = FakeStreams()
    arn = fake.create(shards=250)
    found = fake.list_dated(arn).description
    assert fake.calls["describe_stream"] == 3
    assert len({shard.ShardId for shard in found.Shards}) == 250


def test_exactly_one_full_page_is_not_followed_by_another() -> None:
    fake = FakeStreams()
    found = fake.list_dated(fake.create(shards=100)).description
    assert (fake.calls["describe_stream"], len(found.Shards)) == (1, 100)


def test_a_split_between_two_pages_loses_no_shard() -> None:
    fake = FakeStreams(page_size=2)
    fake.shuffled = True
    arn = fake.create(shards=5)
    for shard in fake.open_shards(arn):
        fake.between_pages.append(partial(fake.split, arn, shard.shard_id))
    lineage, assigned = Lineage(), []
    for _ in range(4):
        seen = observe(lineage, fake.list_dated(arn).description.Shards)
        lineage = seen.lineage
        assigned += [each.shard_id for each in seen.assign]
    assert {shard.shard_id for shard in fake.open_shards(arn)} <= set(assigned)
    assert len(assigned) == len(set(assigned))


def test_a_stream_enabled_again_is_listed_next_to_the_old_one() -> None:
    fake = FakeStreams()
    old = fake.create()
    new = fake.create()
    assert old != new
    assert all(shard.closed for shard in fake.list_dated(old).description.Shards)
