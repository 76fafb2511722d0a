from __future__ import annotations

import json

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.scan.request import ScanFilter, ScanOptions, ScanRequest, read_page
from connectors.dynamodb.scan.segments import AT_MOST, LARGE, MIB, segments_for


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


def test_a_cut_answer_may_pass_and_another_services_answer_will_not() -> None:
    with pytest.raises(TransientError, match="table t: an answer of Scan came damaged"):
        read_page(b'{"Items": [{"pk"', "t")
    with pytest.raises(TerminalError, match="table t: this is no answer of Scan"):
        read_page(b"[]", "t")


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
