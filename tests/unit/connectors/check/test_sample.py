"""A sample reads each segment once, takes no more than its size, and continues after a restart."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.check.sample import SampleSplit, nth_of
from connectors.dynamodb.caller import Response
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest
from connectors.dynamodb.scan.segments import A_DRAW, MOST_SEGMENTS, segments_to_draw_from
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.records import LookupKeys
from connectors.targets.check_contract import PagesOf
from connectors.targets.dynamodb_api.check_side import ItemForm

SCHEMA = [("id", "N")]
KEYS = key_schema(SCHEMA)
FORM = ItemForm(KeyReader("t", KEYS))


class Spread:
    """Items dealt to segments by their number."""

    def __init__(self, items: int) -> None:
        self.items = items

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)
        segment, total = request.get("Segment", 0), request.get("TotalSegments", 1)
        start = int(request.get("ExclusiveStartKey", {"id": {"N": "-1"}})["id"]["N"])
        mine = [number for number in range(segment, self.items, total) if number > start]
        found = mine[: request["Limit"]]
        answer: Dict[str, Any] = {"Items": [{"id": {"N": str(number)}, "v": {"S": "x"}} for number in found]}
        if len(mine) > len(found):
            answer["LastEvaluatedKey"] = {"id": {"N": str(found[-1])}}
        return Response(json.dumps(answer).encode(), 0.0)


def pages_of(items: int, total: int) -> PagesOf:
    return lambda segment: ScanPages(Spread(items), ScanRequest("t", segment, total, ScanOptions()))


def sampled(items: int, wanted: int, resume: bool = False, told: int = -1) -> List[int]:
    total = segments_to_draw_from(items if told < 0 else told, wanted)
    order = SegmentOrder("t", 1, SCHEMA, 0, 2, 0, total)
    split = SampleSplit(order, wanted, FORM, pages_of(items, total), 2, None)
    keys: List[int] = []
    while True:
        batch = split.next_batch()
        assert batch is not None
        for load in batch.loads.values():
            assert isinstance(load, LookupKeys)
            keys += [int(json.loads(key)["id"]["N"]) for key in load.keys]
        if batch.done:
            return keys
        if resume:
            split = SampleSplit(order, wanted, FORM, pages_of(items, total), 2, split.snapshot())


@given(st.integers(1, 500), st.integers(1, 300), st.booleans())
@example(items=166, wanted=165, resume=False)  # 41 segments of four would not hold them
def test_a_sample_has_each_key_once_and_as_many_as_wanted_where_there_are(
    items: int, wanted: int, resume: bool
) -> None:
    keys = sampled(items, wanted, resume)
    assert len(keys) == len(set(keys)) == min(items, wanted)


@given(st.integers(0, 500), st.integers(1, 300))
def test_a_table_whose_size_is_not_known_is_sampled_too(items: int, wanted: int) -> None:
    keys = sampled(items, wanted, told=0)
    assert len(keys) == len(set(keys)) <= wanted
    assert len(keys) >= min(items, wanted) // A_DRAW


def test_two_samples_differ() -> None:
    assert sampled(10_000, 50) != sampled(10_000, 50)


@given(st.integers(1, 2000), st.integers(0, 2**63 - 1))
def test_the_order_of_the_segments_has_each_once(total: int, seed: int) -> None:
    assert sorted(nth_of(place, total, seed) for place in range(total)) == list(range(total))


def test_a_large_table_is_divided_as_finely_as_the_service_allows() -> None:
    assert segments_to_draw_from(10**9, 100) == MOST_SEGMENTS
    assert segments_to_draw_from(400, 100) == 400 // A_DRAW
    assert segments_to_draw_from(100, 100) == 1
