from __future__ import annotations

from typing import Callable, Dict

import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.answers import TRIES, DamagedError
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.streams.calls import TRIM_HORIZON
from connectors.dynamodb.streams.cursor import PATIENCE, Cursor, StreamRef
from connectors.dynamodb.streams.http import HttpStreamCalls
from tests.fakes.clock import FakeClock
from tests.fakes.junk import Junk
from tests.fakes.streams import FakeStreams

CALLS: Dict[str, Callable[[HttpStreamCalls], object]] = {
    "DescribeStream": lambda calls: calls.describe_stream("arn", None),
    "GetShardIterator": lambda calls: calls.get_shard_iterator("arn", "shard", TRIM_HORIZON, None),
}


@pytest.mark.parametrize(
    "body", [b"{}", b"null", b"<html>", b'{"message":"x"}', b'{"__type":"InternalFailure"}']
)
@pytest.mark.parametrize("operation", CALLS)
def test_what_is_not_an_answer_is_asked_for_again_and_then_a_fault(operation: str, body: bytes) -> None:
    junk = Junk(body)
    with pytest.raises(DamagedError, match=operation):
        CALLS[operation](HttpStreamCalls(junk))
    assert junk.calls == TRIES


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DescribeStream", b'{"StreamDescription":{"StreamArn":"a","Shards":[]},"__type":"InternalFailure"}'),
        ("DescribeStream", b'{"StreamDescription":{"StreamArn":"arn"}}'),
        ("DescribeStream", b'{"StreamDescription":{"StreamArn":"arn","Shards":null}}'),
        ("DescribeStream", b'{"StreamDescription":{"StreamArn":"arn","Shards":[{}]}}'),
        ("DescribeStream", b'{"StreamDescription":{"StreamArn":"a","Shards":[],"LastEvaluatedShardId":1}}'),
        ("GetShardIterator", b'{"ShardIterator":null}'),
        ("GetShardIterator", b'{"ShardIterator":""}'),
    ],
)
def test_members_that_are_missing_or_of_another_kind_are_a_fault(operation: str, body: bytes) -> None:
    with pytest.raises(DamagedError):
        CALLS[operation](HttpStreamCalls(Junk(body)))


class Damaging(FakeStreams):
    """Every answer of GetRecords is `body`, while that is not empty."""

    body = b""

    def get_records(self, iterator: str, limit: int) -> tuple[bytes, float]:
        came, now = super().get_records(iterator, limit)
        return self.body or came, now


def test_a_damaged_page_of_a_shard_is_asked_for_again_and_nothing_of_it_is_lost() -> None:
    fake = Damaging()
    arn = fake.create()
    fake.put(arn, "k", {"pk": {"S": "k"}})
    cursor, _ = cursor_of(fake, arn)
    fake.body = b"{}"
    assert cursor.fetch("") is None
    fake.body = b""
    fetched = cursor.fetch("")
    assert fetched is not None
    assert len(fetched.page.changes) == 1


def test_damaged_pages_are_borne_for_a_bounded_time() -> None:
    fake = Damaging()
    fake.body = b'{"__type":"InternalServerError"}'
    cursor, clock = cursor_of(fake, fake.create())
    cursor.fetch("")
    clock[0] += PATIENCE + 1
    with pytest.raises(TransientError, match=r"unreadable answers.*InternalServerError"):
        cursor.fetch("")


def cursor_of(fake: FakeStreams, arn: str) -> tuple[Cursor, list[float]]:
    clock = [0.0]
    shard = fake.describe_stream(arn, None).Shards[0].ShardId
    return Cursor(fake, StreamRef(arn, "orders", 0), shard, 0.1, monotonic=lambda: clock[0]), clock


class Paged(Caller):
    """A listing of three pages; time passes between them."""

    def __init__(self) -> None:
        self.page = 0

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        self.page += 1
        more = f'"LastEvaluatedShardId":"s{self.page}",' if self.page < 3 else ""
        shard = f'{{"ShardId":"s{self.page}","SequenceNumberRange":{{"StartingSequenceNumber":"1"}}}}'
        text = f'{{"StreamDescription":{{"StreamArn":"arn",{more}"Shards":[{shard}]}}}}'
        return Response(text.encode(), 1000.0 + self.page)


def test_a_listing_is_dated_before_its_first_page_is_out_of_date() -> None:
    """Changes from before the date are skipped. A change made while the later pages are read may be in no
    image of the scan, and must not be skipped."""
    listed = HttpStreamCalls(Paged()).list_dated("arn")
    assert [shard.ShardId for shard in listed.description.Shards] == ["s1", "s2", "s3"]
    assert listed.date == 1001.0


def test_each_page_of_a_listing_is_fetched_once_and_counts_against_the_limit() -> None:
    """The service allows about ten calls of DescribeStream a second, whatever the number of streams."""
    calls, clock = Paged(), FakeClock()
    limit = Limit(1.0, clock.timing(), by_request=True)
    HttpStreamCalls(calls, limit).list_dated("arn")
    assert calls.page == 3
    waited = clock.now - 1000.0 + limit.wait()
    assert waited == pytest.approx(2.0)  # three calls, of which the first is free
