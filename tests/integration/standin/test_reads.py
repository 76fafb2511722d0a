"""Scan and Query: complete, disjoint, in order, in pages."""

from __future__ import annotations

import threading
from typing import Any, Dict, List

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder, Key
from boto3.dynamodb.types import TypeSerializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness.depth import examples
from tests.integration.standin.conftest import client_of, make_table, put_all, refused, scan_all

KEYS: Dict[str, List[Dict[str, Any]]] = {
    "S": [{"S": text} for text in ("a", "B", "é", "Z", "a b", "\U0001f600", "￿", "ab")],
    "N": [{"N": text} for text in ("-1E125", "-2", "-0.5", "0", "1E-130", "3", "10", "9.99E+125")],
    "B": [
        {"B": data} for data in (b"\x00", b"\x00\x00", b"\x01", b"a", b"ab", b"\x7f", b"\x80", b"\xff\xff")
    ],
}

FIXTURE = (HealthCheck.function_scoped_fixture,)


@pytest.fixture(scope="module")
def big_table(standin: Any) -> str:
    client = client_of(standin())
    table = make_table(client)
    put_all(client, table, [{"pk": {"S": f"key {i}"}, "x": {"N": str(i)}} for i in range(1000)])
    return table


@pytest.mark.parametrize("total", [1, 2, 7, 64])
@pytest.mark.parametrize("limit", [None, 13, 1000])
def test_segments_are_disjoint_and_complete(client: Any, big_table: str, total: int, limit: Any) -> None:
    more = {} if limit is None else {"Limit": limit}
    found = [
        item["pk"]["S"]
        for segment in range(total)
        for item in scan_all(client, big_table, Segment=segment, TotalSegments=total, **more)
    ]
    assert len(found) == 1000
    assert set(found) == {f"key {i}" for i in range(1000)}


def test_segments_are_of_about_the_same_size(client: Any, big_table: str) -> None:
    sizes = [len(scan_all(client, big_table, Segment=i, TotalSegments=4)) for i in range(4)]
    assert all(150 < size < 350 for size in sizes), sizes


@pytest.mark.parametrize("kinds", ["S", "N", "B", "SS", "SN", "NB", "BS"])
def test_a_scan_with_pages_of_one_item_finds_every_key_of_each_type(client: Any, kinds: str) -> None:
    table = make_table(client, *kinds)
    put_all(client, table, every_key(kinds))
    found = scan_all(client, table, Limit=1)
    assert len(found) == len(every_key(kinds))
    assert all(item in found for item in every_key(kinds))


def every_key(kinds: str) -> List[Dict[str, Any]]:
    if len(kinds) == 1:
        return [{"pk": key} for key in KEYS[kinds]]
    return [{"pk": each, "sk": two} for each in KEYS[kinds[0]][:3] for two in KEYS[kinds[1]]]


def test_a_scan_during_writes_misses_no_item_that_exists_all_the_time(client: Any) -> None:
    table = make_table(client)
    stable = [{"pk": {"S": f"stable {i}"}} for i in range(300)]
    put_all(client, table, stable)
    stop = threading.Event()

    def churn() -> None:
        for i in range(10_000):
            if stop.is_set():
                return
            client.put_item(TableName=table, Item={"pk": {"S": f"new {i}"}})
            client.put_item(TableName=table, Item={"pk": {"S": f"stable {i % 300}"}, "v": {"N": str(i)}})
            client.delete_item(TableName=table, Key={"pk": {"S": f"new {i // 2}"}})

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(3):
            found = [
                item["pk"]["S"]
                for segment in range(3)
                for item in scan_all(client, table, Segment=segment, TotalSegments=3, Limit=20)
            ]
            assert len(found) == len(set(found))
            assert {item["pk"]["S"] for item in stable} <= set(found)
    finally:
        stop.set()
        thread.join()


def test_a_page_ends_at_one_megabyte(client: Any) -> None:
    table = make_table(client)
    put_all(client, table, [{"pk": {"S": str(i)}, "x": {"S": "y" * 100_000}} for i in range(25)])
    page = client.scan(TableName=table, Limit=25)
    assert page["Count"] == 11
    assert "LastEvaluatedKey" in page
    assert len(scan_all(client, table, Limit=25)) == 25


def test_a_page_that_reaches_its_limit_has_a_last_key_even_at_the_end(client: Any) -> None:
    table = make_table(client)
    put_all(client, table, [{"pk": {"S": str(i)}} for i in range(3)])
    page = client.scan(TableName=table, Limit=3)
    assert page["Count"] == 3
    rest = client.scan(TableName=table, Limit=3, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert rest["Count"] == 0
    assert "LastEvaluatedKey" not in rest


def test_a_count_has_no_items(client: Any, big_table: str) -> None:
    pages = client.get_paginator("scan").paginate(TableName=big_table, Select="COUNT")
    answers = list(pages)
    assert sum(page["Count"] for page in answers) == 1000
    assert not any("Items" in page for page in answers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Segment": 0},
        {"Segment": 2, "TotalSegments": 2},
        {"Segment": 0, "TotalSegments": 1_000_001},
        {"Limit": 0},
        {"Select": "ALL_PROJECTED_ATTRIBUTES"},
        {"ExclusiveStartKey": {"x": {"S": "a"}}},
        {"FilterExpression": "x = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}},
    ],
)
def test_a_wrong_scan_is_refused(client: Any, big_table: str, wrong: Any) -> None:
    assert refused(client.scan, TableName=big_table, **wrong).startswith("ValidationException")


def test_a_scan_uses_the_index_and_not_the_table(big_table: str, dsn: str) -> None:
    from local.standin.keys import KeyColumn
    from local.standin.statements import scan_statement
    from tests.integration.standin.conftest import asyncpg_run

    sql = scan_statement(big_table, [KeyColumn("pk", "S", 2048)], resumed=True)

    async def plan(connection: Any) -> Any:
        await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        return await connection.fetch(f"EXPLAIN (VERBOSE) {sql}", 0, 2**62, "key 7", 10)

    lines = "\n".join(line for (line,) in asyncpg_run(dsn, plan))
    assert "Index Scan" in lines
    assert "Sort" not in lines
    # Both bounds and the place to go on from are in the index condition, so nothing is read and thrown away.
    assert "Filter" not in lines


SERIALIZE = TypeSerializer().serialize


def query(client: Any, table: str, condition: Any, **more: Any) -> List[Any]:
    """All items. `condition`: as built by boto3, with parentheses and placeholders."""
    built = ConditionExpressionBuilder().build_expression(condition, is_key_condition=True)
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=built.condition_expression,
        ExpressionAttributeNames=built.attribute_name_placeholders,
        ExpressionAttributeValues={k: SERIALIZE(v) for k, v in built.attribute_value_placeholders.items()},
        **more,
    )
    return [item for page in pages for item in page["Items"]]


@pytest.fixture(scope="module")
def events(standin: Any) -> str:
    client = client_of(standin())
    table = make_table(client, "S", "N")
    put_all(client, table, [{"pk": {"S": who}, "sk": {"N": str(n)}} for who in "ab" for n in range(50)])
    return table


SORT = Key("sk")
CONDITIONS = {
    "eq": (SORT.eq(7), lambda n: n == 7),
    "lt": (SORT.lt(7), lambda n: n < 7),
    "lte": (SORT.lte(7), lambda n: n <= 7),
    "gt": (SORT.gt(7), lambda n: n > 7),
    "gte": (SORT.gte(7), lambda n: n >= 7),
    "between": (SORT.between(7, 30), lambda n: 7 <= n <= 30),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("forward", [True, False])
def test_a_query_returns_the_range_in_order(client: Any, events: str, name: str, forward: bool) -> None:
    condition, holds = CONDITIONS[name]
    found = query(client, events, Key("pk").eq("b") & condition, ScanIndexForward=forward, Limit=4)
    expected = [n for n in range(50) if holds(n)]
    assert [int(item["sk"]["N"]) for item in found] == (expected if forward else expected[::-1])


def test_a_query_by_the_hash_key_alone_returns_its_whole_collection(client: Any, events: str) -> None:
    assert len(query(client, events, Key("pk").eq("a"))) == 50
    assert query(client, events, Key("pk").eq("nobody")) == []


def test_a_query_of_a_table_without_range_key_pages_to_its_end(client: Any, big_table: str) -> None:
    found = query(client, big_table, Key("pk").eq("key 1"), Limit=1)
    assert [item["x"] for item in found] == [{"N": "1"}]


words = st.text(st.sampled_from("ab%_\\é"), min_size=1, max_size=4)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=FIXTURE)
@given(sorts=st.lists(words, min_size=1, max_size=20, unique=True), prefix=words, binary=st.booleans())
def test_begins_with_finds_the_items_with_that_prefix(
    client: Any, sorts: Any, prefix: str, binary: bool
) -> None:
    table = make_table(client, "S", "B" if binary else "S")
    encode = (lambda text: text.encode()) if binary else (lambda text: text)
    kind = "B" if binary else "S"
    put_all(client, table, [{"pk": {"S": "p"}, "sk": {kind: encode(text)}} for text in sorts])
    found = query(client, table, Key("pk").eq("p") & Key("sk").begins_with(encode(prefix)))
    expected = sorted((text for text in sorts if text.startswith(prefix)), key=lambda text: text.encode())
    assert [item["sk"][kind] for item in found] == [encode(text) for text in expected]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("sk = :v", "missed key schema element"),
        ("pk > :v", "missed key schema element"),
        ("pk = :v AND other = :v", "not supported on: other"),
        ("pk = :v AND pk = :v", "one condition per key"),
        ("pk = :v OR sk = :v", "Syntax error; token: OR"),
        ("pk = :v AND (sk = :v", "Syntax error; token: <EOF>"),
        ("pk = :w", ":w is not in ExpressionAttributeValues"),
        ("#p = :v", "#p is not in ExpressionAttributeNames"),
        ("pk = :v AND sk = :v", "Type mismatch for key sk"),
    ],
)
def test_a_wrong_key_condition_is_refused(client: Any, events: str, expression: str, reason: str) -> None:
    error = refused(
        client.query,
        TableName=events,
        KeyConditionExpression=expression,
        ExpressionAttributeValues={":v": {"S": "a"}},
    )
    assert error.startswith("ValidationException")
    assert reason in error
