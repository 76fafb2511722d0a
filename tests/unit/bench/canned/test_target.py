from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from bench.canned.errors import Refusal
from bench.canned.items import ATTRIBUTES, KEY_SCHEMA, key_of
from bench.canned.stats import Stats
from bench.canned.target import Target
from connectors.model.origin import TABLE as ORIGIN


def made(verify: bool = False) -> Any:
    stats = Stats()
    target = Target(stats, verify)
    for table in ("a", "b"):
        request = {"TableName": table, "KeySchema": KEY_SCHEMA, "AttributeDefinitions": ATTRIBUTES}
        target.operations()["CreateTable"](json.dumps(request).encode())
    return target, stats


def puts(*indexes: int) -> List[Dict[str, Any]]:
    return [{"PutRequest": {"Item": key_of(index)}} for index in indexes]


def write(target: Target, **tables: Any) -> Any:
    return json.loads(b"".join(target.batch_write(json.dumps({"RequestItems": tables}).encode())))


def test_a_batch_is_taken_whole_and_counted_by_table() -> None:
    target, stats = made()
    assert write(target, a=puts(1, 2), b=puts(3)) == {"UnprocessedItems": {}}
    assert stats.written == {"a": 2, "b": 1}


def test_distinct_keys_are_counted_apart_from_writes() -> None:
    target, stats = made(verify=True)
    write(target, a=puts(1, 2000))
    write(target, a=puts(2000, 3))
    assert stats.written == {"a": 4}
    assert stats.distinct() == {"a": 3}


def test_without_verify_no_distinct_count_is_claimed() -> None:
    _, stats = made()
    assert stats.distinct() is None


@pytest.mark.parametrize("size", [0, 26])
def test_a_batch_of_no_or_over_25_requests_is_refused(size: int) -> None:
    target, _ = made()
    with pytest.raises(Refusal, match="1 to 25"):
        write(target, a=puts(*range(size)))


def test_a_batch_for_a_table_that_was_not_created_is_refused_and_not_counted() -> None:
    target, stats = made()
    with pytest.raises(Refusal, match="Table: c not found"):
        write(target, c=puts(1))
    assert stats.written == {}


def test_a_created_table_is_described_and_cannot_be_created_again() -> None:
    target, _ = made()
    describe = target.operations()["DescribeTable"](b'{"TableName":"a"}')
    assert json.loads(b"".join(describe))["Table"]["KeySchema"] == KEY_SCHEMA
    with pytest.raises(Refusal, match="already exists"):
        target.operations()["CreateTable"](b'{"TableName":"a"}')


def test_the_rows_of_the_jobs_own_table_can_be_read_and_are_not_counted() -> None:
    target, stats = made()
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "AttributeDefinitions": []}
    target.operations()["CreateTable"](json.dumps({"TableName": ORIGIN, **keys}).encode())
    row = {"id": {"S": "mark"}, "v": {"N": "1"}}
    write(target, **{ORIGIN: [{"PutRequest": {"Item": row}}], "a": puts(1)})
    wanted = {"RequestItems": {ORIGIN: {"Keys": [{"id": {"S": "mark"}}, {"id": {"S": "none"}}]}}}
    answer = json.loads(b"".join(target.operations()["BatchGetItem"](json.dumps(wanted).encode())))
    assert answer["Responses"] == {ORIGIN: [row]}
    assert stats.written == {"a": 1}
