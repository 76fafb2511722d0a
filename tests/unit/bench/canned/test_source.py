from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canned.errors import Refusal
from bench.canned.items import PAGE, index_of, key_of
from bench.canned.source import Source
from bench.canned.stats import Stats
from tests.harness.depth import examples


def scan(source: Source, **request: Any) -> Dict[str, Any]:
    answer: Dict[str, Any] = json.loads(b"".join(source.scan(json.dumps(request).encode())))
    return answer


def pages(source: Source, **request: Any) -> Iterator[Dict[str, Any]]:
    """A client that follows the protocol."""
    page = scan(source, **request)
    yield page
    while "LastEvaluatedKey" in page:
        page = scan(source, ExclusiveStartKey=page["LastEvaluatedKey"], **request)
        yield page


def read(source: Source, table: str, segments: int, limit: Optional[int]) -> List[Any]:
    """Places of the items of all segments, in the order they came."""
    bound = {"Limit": limit} if limit else {}
    found = []
    for segment in range(segments):
        for page in pages(source, TableName=table, Segment=segment, TotalSegments=segments, **bound):
            assert page["Count"] == page["ScannedCount"] == len(page["Items"]) <= (limit or PAGE)
            found += [index_of(item) for item in page["Items"]]
    return found


@settings(deadline=None, max_examples=examples(20))
@given(
    items=st.integers(0, 3 * PAGE + 7),
    segments=st.integers(1, 40),
    limit=st.one_of(st.none(), st.integers(50, 2 * PAGE)),
)
def test_every_item_is_served_exactly_once_whatever_the_segments_and_the_limit(
    items: int, segments: int, limit: Optional[int]
) -> None:
    stats = Stats()
    assert read(Source(1, items, stats), "bench-00", segments, limit) == list(range(items))
    assert stats.scanned == items


def test_a_limit_of_one_serves_every_item_too() -> None:
    assert read(Source(1, 70, Stats()), "bench-00", 3, 1) == list(range(70))


def test_more_segments_than_items_leave_some_empty_and_lose_none() -> None:
    assert read(Source(1, 5, Stats()), "bench-00", 1_000, None) == list(range(5))


def test_a_scan_without_segments_reads_the_whole_table() -> None:
    found = [page["Count"] for page in pages(Source(1, 2 * PAGE + 3, Stats()), TableName="bench-00")]
    assert found == [PAGE, PAGE, 3]


def test_the_items_are_spread_over_the_tables() -> None:
    source = Source(3, 100, Stats())
    assert [len(read(source, f"bench-{n:02}", 2, None)) for n in range(3)] == [33, 33, 34]


def test_a_start_key_of_another_number_of_segments_is_refused() -> None:
    source = Source(1, 100, Stats())
    with pytest.raises(Refusal, match="outside of the segment"):
        scan(source, TableName="bench-00", Segment=0, TotalSegments=4, ExclusiveStartKey=key_of(60))


@pytest.mark.parametrize("wrong", [{"Segment": 2, "TotalSegments": 2}, {"Segment": -1}, {"Limit": 0}])
def test_a_scan_out_of_range_is_refused(wrong: Dict[str, int]) -> None:
    with pytest.raises(Refusal, match="out of range"):
        scan(Source(1, 10, Stats()), TableName="bench-00", **wrong)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(Refusal, match="Table: other not found"):
        scan(Source(1, 10, Stats()), TableName="other")
