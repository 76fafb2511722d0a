from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canned.errors import Refusal
from bench.canned.items import index_of
from bench.canned.source import stream_arn
from bench.canned.stats import Stats
from bench.canned.streams import STALE_SECONDS, Streams, position_of, sequence_number
from tests.harness.depth import examples

ARN = stream_arn("bench-00")


def ask(streams: Streams, operation: str, **request: Any) -> Dict[str, Any]:
    body = json.dumps({"StreamArn": ARN, **request}).encode()
    answer: Dict[str, Any] = json.loads(b"".join(streams.operations()[operation](body)))
    return answer


def shards(streams: Streams) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = ask(streams, "DescribeStream")["StreamDescription"]["Shards"]
    return found


def read(streams: Streams, shard: str, **start: Any) -> List[Dict[str, Any]]:
    """Until the first empty page: an open shard has no end."""
    iterator = ask(streams, "GetShardIterator", ShardId=shard, **start)["ShardIterator"]
    found: List[Dict[str, Any]] = []
    while True:
        page = ask(streams, "GetRecords", ShardIterator=iterator)
        if not page["Records"]:
            return found
        found += page["Records"]
        iterator = page["NextShardIterator"]


@settings(deadline=None, max_examples=examples(20))
@given(records=st.integers(0, 2500), count=st.integers(1, 7))
def test_every_record_is_served_once_and_in_order_whatever_the_shards(records: int, count: int) -> None:
    streams = Streams(1, records, count, Stats())
    found = [
        record["dynamodb"]
        for shard in shards(streams)
        for record in read(streams, shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    ]
    assert [index_of(change["NewImage"]) for change in found] == list(range(records))
    assert [index_of(change["Keys"]) for change in found] == list(range(records))
    numbers = [int(change["SequenceNumber"]) for change in found]
    assert numbers == sorted(set(numbers))


@given(st.integers(0, 10**10))
def test_a_sequence_number_leads_back_to_its_place(position: int) -> None:
    assert position_of(sequence_number(position)) == position


def test_reading_continues_after_a_sequence_number() -> None:
    streams = Streams(1, 30, 1, Stats())
    start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": sequence_number(9)}
    found = read(streams, shards(streams)[0]["ShardId"], **start)
    assert [index_of(record["dynamodb"]["Keys"]) for record in found] == list(range(10, 30))


def test_a_shard_begins_with_the_sequence_number_it_announces() -> None:
    streams = Streams(1, 30, 3, Stats())
    second = shards(streams)[1]
    first = read(streams, second["ShardId"], ShardIteratorType="TRIM_HORIZON")[0]
    assert first["dynamodb"]["SequenceNumber"] == second["SequenceNumberRange"]["StartingSequenceNumber"]


def test_record_times_stay_near_the_clock() -> None:
    now = [1000.0]
    streams = Streams(1, 10, 1, Stats(), clock=lambda: now[0])
    shard = shards(streams)[0]["ShardId"]
    for moment in (1000.0, 1000.0 + STALE_SECONDS + 1):
        now[0] = moment
        found = read(streams, shard, ShardIteratorType="TRIM_HORIZON")
        assert found[0]["dynamodb"]["ApproximateCreationDateTime"] == int(moment)


def test_an_unknown_shard_is_refused() -> None:
    with pytest.raises(Refusal, match="Shard does not exist"):
        ask(
            Streams(1, 10, 2, Stats()),
            "GetShardIterator",
            ShardId="shardId-00000002",
            ShardIteratorType="LATEST",
        )
