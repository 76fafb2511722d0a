from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canned.errors import Refusal
from bench.canned.items import PAGE, index_of, key_of
from bench.canned.live import LiveSource, LiveTables, differing
from bench.canned.live_streams import LiveStreams
from bench.canned.source import stream_arn
from bench.canned.stats import Stats
from tests.harness.depth import examples

TABLE = "bench-00"
MARKS = {
    "TableName": "marks",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


class Side:
    def __init__(self, items: int, shards: int = 1) -> None:
        self.streams = LiveStreams(1, shards, Stats())
        self.source = LiveSource(1, items, Stats())
        self._operations = {
            **LiveTables(self.source, self.streams.written).operations(),
            **self.streams.operations(),
        }

    def ask(self, operation: str, **request: Any) -> Dict[str, Any]:
        answer: Dict[str, Any] = json.loads(
            b"".join(self._operations[operation](json.dumps(request).encode()))
        )
        return answer

    def put(self, index: int, value: str) -> None:
        item = {**key_of(index), "value": {"S": value}}
        self.ask("BatchWriteItem", RequestItems={TABLE: [{"PutRequest": {"Item": item}}]})

    def records(self, shard: int, kind: str, **start: str) -> List[Dict[str, Any]]:
        [description] = self.ask("DescribeStream", StreamArn=stream_arn(TABLE)).values()
        chosen = {"StreamArn": stream_arn(TABLE), "ShardId": description["Shards"][shard]["ShardId"]}
        iterator = self.ask("GetShardIterator", ShardIteratorType=kind, **chosen, **start)
        records: List[Dict[str, Any]] = self.ask("GetRecords", **iterator)["Records"]
        return records


def values(items: List[Dict[str, Any]]) -> Dict[Any, Any]:
    return {index_of(item): item["value"]["S"] for item in items if "value" in item}


@settings(deadline=None, max_examples=examples(20))
@given(
    places=st.dictionaries(st.integers(0, 2 * PAGE + 6), st.text(), max_size=5),
    segments=st.integers(1, 5),
)
def test_a_scan_returns_every_item_once_and_the_replaced_ones_as_they_were_written(
    places: Dict[int, str], segments: int
) -> None:
    side = Side(2 * PAGE + 7)
    for index, value in places.items():
        side.put(index, value)
    items: List[Dict[str, Any]] = []
    for segment in range(segments):
        request: Dict[str, Any] = {"TableName": TABLE, "Segment": segment, "TotalSegments": segments}
        while True:
            page = side.ask("Scan", **request)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    assert [index_of(item) for item in items] == list(range(2 * PAGE + 7))
    assert values(items) == places


def test_a_batch_get_returns_replaced_and_prepared_items() -> None:
    side = Side(10)
    side.put(3, "new")
    got = side.ask("BatchGetItem", RequestItems={TABLE: {"Keys": [key_of(3), key_of(4)]}})
    items = got["Responses"][TABLE]
    assert [index_of(item) for item in items] == [3, 4]
    assert values(items) == {3: "new"}


def test_each_write_is_a_record_of_its_shard_and_is_read_from_each_kind_of_position() -> None:
    side = Side(10, shards=2)
    for index, value in ((2, "a"), (3, "b"), (4, "c"), (2, "d")):
        side.put(index, value)
    changes = [record["dynamodb"] for record in side.records(0, "TRIM_HORIZON")]
    assert [(index_of(each["Keys"]), each["NewImage"]["value"]["S"]) for each in changes] == [
        (2, "a"),
        (4, "c"),
        (2, "d"),
    ]
    numbers = [each["SequenceNumber"] for each in changes]
    assert numbers == sorted(numbers)
    assert len(side.records(0, "AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[0])) == 2
    assert len(side.records(0, "AT_SEQUENCE_NUMBER", SequenceNumber=numbers[2])) == 1
    assert side.records(0, "LATEST") == []
    assert len(side.records(1, "TRIM_HORIZON")) == 1


def test_sides_differ_in_the_items_that_only_one_of_them_has_replaced() -> None:
    source, target = Side(10), Side(10)
    source.put(1, "same")
    target.put(1, "same")
    source.put(2, "new")
    target.put(5, "other")
    assert differing(source.source, target.source) == 2


def test_a_table_of_the_client_holds_rows_by_its_own_key() -> None:
    side = Side(10)
    side.ask("CreateTable", **MARKS)
    side.ask("PutItem", TableName="marks", Item={"id": {"S": "a"}, "v": {"N": "1"}})
    side.ask("PutItem", TableName="marks", Item={"id": {"S": "a"}, "v": {"N": "2"}})
    keys = {"marks": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}]}}
    got = side.ask("BatchGetItem", RequestItems=keys)["Responses"]["marks"]
    assert got == [{"id": {"S": "a"}, "v": {"N": "2"}}]
    side.ask("DeleteItem", TableName="marks", Key={"id": {"S": "a"}})
    assert side.ask("BatchGetItem", RequestItems=keys)["Responses"]["marks"] == []
    assert side.ask("DescribeTable", TableName="marks")["Table"]["TableStatus"] == "ACTIVE"


def test_what_is_not_served_is_refused() -> None:
    side = Side(10)
    with pytest.raises(Refusal, match="not found"):
        side.ask("PutItem", TableName="absent", Item={"id": {"S": "a"}})
    with pytest.raises(Refusal, match="only puts"):
        side.ask("BatchWriteItem", RequestItems={TABLE: [{"DeleteRequest": {"Key": key_of(1)}}]})
    with pytest.raises(Refusal, match="prepared"):
        side.ask("BatchWriteItem", RequestItems={TABLE: [{"PutRequest": {"Item": {"pk": {"S": "x"}}}}]})
