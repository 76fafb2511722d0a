from __future__ import annotations

import json

import pytest

from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanFilter, ScanOptions, ScanRequest, read_page
from connectors.dynamodb.scan.segments import AT_MOST, LARGE, MIB, segments_for
from tests.fakes.scan import FakeScan


def test_a_table_in_one_segment_is_scanned_without_segments() -> None:
    request = json.loads(ScanRequest("t", 0, 1, ScanOptions()).after(b""))
    assert request == {"TableName": "t", "ReturnConsumedCapacity": "TOTAL"}


def test_the_start_key_goes_out_as_it_came() -> None:
    key = b'{"pk":{"S":"a\\u00e9\\"b"},"sk":{"N":"1.50"}}'
    body = ScanRequest("t", 2, 4, ScanOptions(limit=7, consistent=True)).after(key)
    assert key in body
    assert json.loads(body) == {
        "TableName": "t",
        "ReturnConsumedCapacity": "TOTAL",
        "Segment": 2,
        "TotalSegments": 4,
        "Limit": 7,
        "ConsistentRead": True,
        "ExclusiveStartKey": json.loads(key),
    }


def test_a_filter_passes_and_an_empty_part_of_it_is_left_out() -> None:
    request = ScanRequest("t", 0, 1, ScanOptions(filter=ScanFilter("#a > :b", {"#a": "x"}, {})))
    body = json.loads(request.after(b""))
    assert body["FilterExpression"] == "#a > :b"
    assert body["ExpressionAttributeNames"] == {"#a": "x"}
    assert "ExpressionAttributeValues" not in body


def test_items_of_a_page_are_the_bytes_that_came() -> None:
    page = read_page(b'{"Items":[ {"pk": {"N":"1.50"}} ,{"pk":{"N":"2"}}],"Count":2}', "t")
    assert [bytes(item) for item in page.Items] == [b'{"pk": {"N":"1.50"}}', b'{"pk":{"N":"2"}}']
    assert not bytes(page.LastEvaluatedKey)
    assert page.units == 0.0


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b"",
        b"<html>",
        b"\xff\xfe",
        b'{"Items": [{"pk"',
        b'{"message":"try again"}',
        b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}',
        b'{"Items":[],"__type":"InternalServerError"}',
        b'{"Items":[],"__type":null}',
        b'{"Items":null}',
        b'{"Items":{}}',
        b'{"Count":0}',
        b'{"items":[]}',
        b'{"Items":[]}x',
        b'{"Items":[],"LastEvaluatedKey":""}',
        b'{"Items":[],"LastEvaluatedKey":{ }}',
        b'{"Items":[],"LastEvaluatedKey":[]}',
        b'{"Items":[],"LastEvaluatedKey":false}',
        b'{"Items":[],"ConsumedCapacity":[]}',
    ],
)
def test_an_invalid_page_is_a_transient_fault_and_never_the_end_of_a_segment(body: bytes) -> None:
    with pytest.raises(DamagedError, match=r"table t: .*Scan"):
        read_page(body, "t")


def test_a_start_key_of_null_means_none() -> None:
    assert not read_page(b'{"Items":[],"LastEvaluatedKey":null}', "t").LastEvaluatedKey


def test_a_damaged_page_is_asked_for_again() -> None:
    table = FakeScan()
    table.tables["t"] = [{"pk": {"S": str(number)}} for number in range(7)]
    answers = iter([b"{}", b"<html>"])
    table.damage = lambda body: next(answers, body)
    pages = ScanPages(table, ScanRequest("t", 0, 1, ScanOptions()))
    assert len(pages.after(b"").Items) == 3
    assert len(table.requests) == 3


def nested(levels: int) -> bytes:
    return b'{"L":[' * levels + b'{"S":"x"}' + b"]}" * levels


def test_an_item_nested_six_hundred_levels_deep_is_unchanged() -> None:
    deep = b'{"a":%b,"pk":{"S":"]}["}}' % nested(600)
    body = b'{"Items":[{"pk":{"S":"1"}},%b],"LastEvaluatedKey":{"pk":{"S":"1"}}}' % deep
    page = read_page(body, "t")
    assert bytes(page.Items[1]) == deep
    assert bytes(page.LastEvaluatedKey) == b'{"pk":{"S":"1"}}'


@pytest.mark.parametrize("body", [b"[" * 5_000_000, b'{"a":' * 100_000, b'{"Items":[' + nested(600)[:-9]])
def test_unlimited_nesting_is_a_transient_fault(body: bytes) -> None:
    with pytest.raises(DamagedError):
        read_page(body, "t")


@pytest.mark.parametrize(
    ("size", "readers", "segments"),
    [
        (0, 8, 1),
        (-1, 8, 1),
        (8 * MIB - 1, 8, 1),
        (8 * MIB, 8, 2),
        (10 * 1024 * MIB, 8, 32),
        (10 * 1024 * MIB, 1, 10),
        (500 * LARGE, 8, 500),
        (10**18, 8, AT_MOST),
    ],
)
def test_segments_grow_with_the_table(size: int, readers: int, segments: int) -> None:
    assert segments_for(size, readers) == segments
