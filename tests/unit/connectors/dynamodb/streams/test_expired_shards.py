"""A shard that expires between its first listing and its first read, when whatever is left is wanted."""

from __future__ import annotations

from typing import List, Optional

import pytest

from connectors.base.errors import GapError
from connectors.dynamodb.streams.cursor import StreamRef
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard import ShardSplit
from connectors.dynamodb.streams.shard_set import Ready, ShardSet
from connectors.model.assignment import Assignment
from tests.fakes.streams import FakeStreams
from tests.unit.connectors.dynamodb.streams.bench import HOUR, digest, read

DAY = 24 * HOUR


class Stream:
    """A closed shard and its open child. The closed one was listed, and expires."""

    def __init__(self) -> None:
        self.fake = FakeStreams()
        self.arn = self.fake.create("orders")
        self.parent = self.fake.open_shards(self.arn)[0].shard_id
        self.fake.put(self.arn, "k", 1)
        self.child = self.fake.rotate(self.arn, self.parent)
        self.registered = self.fake.now
        self.fake.put(self.arn, "k", 2)

    def expire(self) -> None:
        del self.fake.streams[self.arn].shards[self.parent]

    def split(
        self,
        ready: Ready,
        position: Optional[bytes] = None,
        skip_before: Optional[float] = None,
        registered: Optional[float] = None,
    ) -> ShardSplit:
        return ShardSplit(
            self.fake,
            StreamRef(self.arn, "orders", 0),
            ready,
            digest,
            position,
            skip_before,
            registered=self.registered if registered is None else registered,
            wall=lambda: self.fake.now,
        )

    def first(self, since: float = 0.0) -> Ready:
        return Ready(Assignment(self.parent, None, self.parent, "1"), since)


def test_it_is_passed_over_and_its_child_is_read() -> None:
    stream, found = Stream(), []  # type: ignore[var-annotated]
    shards = ShardSet()
    shards.assign([stream.first().assignment, Assignment(stream.child, stream.parent, stream.parent, "2")])
    stream.expire()
    while shards.reading:
        ((shard_id, ready),) = shards.reading.items()
        split = stream.split(ready)
        values, done = read(split)
        found += values
        if not done:
            break
        shards.finish(shard_id, ShardPosition().encode())
    assert found == [2]


def test_it_is_a_gap_once_something_of_it_has_been_read() -> None:
    stream = Stream()
    split = stream.split(stream.first())
    page = split.next_page()
    assert page is not None
    stream.expire()
    with pytest.raises(GapError, match="the stream or the shard is gone"):
        read(stream.split(stream.first(), page.position))


def test_it_is_a_gap_once_something_of_its_family_has_been_read() -> None:
    stream = Stream()
    stream.expire()
    with pytest.raises(GapError):
        read(stream.split(stream.first(since=stream.registered)))


def test_it_is_a_gap_for_a_reader_that_needs_the_changes_since_a_time() -> None:
    """The changes since then are in no image of the scan."""
    stream = Stream()
    stream.expire()
    with pytest.raises(GapError):
        read(stream.split(stream.first(), skip_before=stream.registered - 300))


@pytest.mark.parametrize("hours", [23, 24, 30, 1000])
def test_it_is_a_gap_when_the_job_was_stopped_for_so_long_that_later_changes_may_have_expired(
    hours: int,
) -> None:
    stream = Stream()
    stream.expire()
    stream.fake.now = stream.registered + hours * HOUR
    with pytest.raises(GapError):
        read(stream.split(stream.first()))


def test_it_is_a_gap_when_the_whole_stream_is_gone() -> None:
    stream = Stream()
    stream.fake.drop(stream.arn)
    with pytest.raises(GapError):
        read(stream.split(stream.first()))


def test_a_shard_of_a_live_stream_that_is_there_is_not_passed_over() -> None:
    stream = Stream()
    values: List[int]
    values, done = read(stream.split(stream.first()))
    assert (values, done) == ([1], True)
