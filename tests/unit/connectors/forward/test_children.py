"""The children of a shard that has ended: found soon, and with few calls."""

from __future__ import annotations

from typing import List, Optional

import msgspec
import pytest

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.streams.calls import Range, Shard
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.forward.children import PAUSES, Children
from connectors.forward.components import CHILDREN_PER_SECOND
from connectors.model.assignment import Assignment
from connectors.model.orders import StreamOrder
from tests.fakes.clock import FakeClock

T0 = 1_700_000_000.0
ORDER = StreamOrder("t", 2, [("pk", "S")], "arn", T0, T0 - 300, [Assignment("p", None, "r", "1")])


class Listing:
    """A stream's children as they are listed so many seconds after the parent's end."""

    def __init__(self, clock: FakeClock, after: float, *children: str) -> None:
        self._clock, self._at = clock, clock.now + after
        self._children = [Shard(each, "p", Range(f"start {each}", None)) for each in children]
        self.calls: List[float] = []
        self.error: Optional[Exception] = None

    def __call__(self, arn: str, shard_id: str) -> List[Shard]:
        self.calls.append(self._clock.now)
        if self.error is not None:
            raise self.error
        return self._children if self._clock.now >= self._at else []


@pytest.mark.parametrize("after", [0.0, 0.1, 0.6, 0.69])
def test_children_are_found_within_a_second_of_their_listing(after: float) -> None:
    clock = FakeClock()
    began = clock.now
    listing = Listing(clock, after, "a", "b")
    found = Children(listing, clock.sleep)(ORDER, "p", "r")
    assert found.assign == [Assignment("a", "p", "r", "start a"), Assignment("b", "p", "r", "start b")]
    assert clock.now - began <= after + 1.0
    assert clock.now - began < 2.0


def test_the_order_is_of_the_stream_and_the_generation_of_the_parent() -> None:
    clock = FakeClock()
    found = Children(Listing(clock, 0, "a"), clock.sleep)(ORDER, "p", "r")
    bare = [(each.table, each.generation, each.arn, each.since, each.skip_before) for each in (found, ORDER)]
    assert bare[0] == bare[1]
    assert [each.root_id for each in found.assign] == ["r"]


def test_a_shard_that_has_no_children_is_asked_about_a_few_times_and_no_more() -> None:
    clock = FakeClock()
    listing = Listing(clock, 1e9, "a")
    assert Children(listing, clock.sleep)(ORDER, "p", "r").assign == []
    assert len(listing.calls) == len(PAUSES)


@pytest.mark.parametrize("error", [TransientError("down"), ServiceError("LimitExceededException", "", 400)])
def test_a_fault_leaves_the_children_to_the_enumerator(error: Exception) -> None:
    clock = FakeClock()
    listing = Listing(clock, 0, "a")
    listing.error = error
    assert Children(listing, clock.sleep)(ORDER, "p", "r").assign == []
    assert len(listing.calls) == 1


class Service:
    """Answers DescribeStream: pages of one shard, with or without the filter for children."""

    def __init__(self, clock: FakeClock, *shards: Shard, filters: bool = True) -> None:
        self._clock, self._shards, self._filters = clock, shards, filters
        self.asked: List[float] = []

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        self.asked.append(self._clock.now)
        request = msgspec.json.decode(body)
        shards = list(self._shards)
        if self._filters and "ShardFilter" in request:
            wanted = request["ShardFilter"]["ShardId"]
            shards = [shard for shard in shards if shard.ParentShardId == wanted]
        after = request.get("ExclusiveStartShardId")
        ids = [shard.ShardId for shard in shards]
        at = ids.index(after) + 1 if after else 0
        page = shards[at : at + 1]
        last = page[-1].ShardId if at + 1 < len(shards) else None
        description = {
            "StreamArn": "arn",
            "TableName": "t",
            "StreamStatus": "ENABLED",
            "StreamViewType": "NEW_IMAGE",
            "Shards": page,
            **({"LastEvaluatedShardId": last} if last else {}),
        }
        return Response(msgspec.json.encode({"StreamDescription": description}), T0)


STREAM = [
    Shard("p", None, Range("1", "9")),
    Shard("other", None, Range("1", None)),
    Shard("a", "p", Range("10", None)),
]


@pytest.mark.parametrize(("filters", "calls"), [(True, 1), (False, 3)])
def test_a_server_that_knows_no_filter_lists_all_shards_page_by_page(filters: bool, calls: int) -> None:
    clock = FakeClock()
    service = Service(clock, *STREAM, filters=filters)
    streams = HttpStreamCalls(service)  # type: ignore[arg-type]
    assert [each.ShardId for each in streams.children("arn", "p")] == ["a"]
    assert len(service.asked) == calls


def test_no_more_calls_are_made_than_the_service_allows_however_many_shards_end_at_once() -> None:
    """As each page is a call, each page counts."""
    clock = FakeClock()
    service = Service(clock, *STREAM, filters=False)
    limit = Limit(CHILDREN_PER_SECOND, clock.timing())
    children = Children(HttpStreamCalls(service, limit).children, clock.sleep)  # type: ignore[arg-type]
    for _ in range(30):
        assert children(ORDER, "p", "r").assign
    assert len(service.asked) == 30 * 3
    for second in range(int(clock.now - service.asked[0])):
        began = service.asked[0] + second
        of_second = [at for at in service.asked if began <= at < began + 1]
        assert len(of_second) <= 2 * CHILDREN_PER_SECOND, second
    seconds = clock.now - service.asked[0]
    assert len(service.asked) / seconds <= 1.1 * CHILDREN_PER_SECOND
