"""A run can be read again, even if items were deleted or inserted after the scan."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence, Set

from hypothesis import given
from hypothesis import strategies as st

from connectors.check.access import BothSides
from connectors.check.chunks import FingerprintRun
from connectors.dynamodb.caller import Response
from connectors.model.keys import KeyReader, key_schema
from connectors.targets.dynamodb_api.check_side import EndpointCheckSide
from tests.fakes.writer import FakeWriter

SCHEMA = [("id", "N")]
KEYS = KeyReader("t", key_schema(SCHEMA))


class Segment:
    """One segment that is scanned in the order of its numbers."""

    def __init__(self, numbers: Sequence[int], page: int = 1000) -> None:
        self._numbers, self._page = sorted(numbers), page
        self.read = 0

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)
        assert operation == "Scan"
        start = int(request.get("ExclusiveStartKey", item(-1))["id"]["N"])
        limit = min(request["Limit"], self._page)
        found = [number for number in self._numbers if number > start][:limit]
        self.read += len(found)
        answer: Dict[str, Any] = {"Items": [item(number) for number in found]}
        if len(found) == limit:
            answer["LastEvaluatedKey"] = item(found[-1])
        return Response(json.dumps(answer).encode(), 0.0)


def item(number: int) -> Dict[str, Any]:
    return {"id": {"N": str(number)}}


def body(number: int) -> bytes:
    return json.dumps(item(number)).encode()


def digest(number: int) -> bytes:
    return KEYS.digest(body(number))


def find(segment: Segment, run: FingerprintRun, numbers: Set[int]) -> Set[int]:
    side = EndpointCheckSide(segment)
    access = BothSides(side, side, FakeWriter(), lambda table: True)
    found = access.find("t", SCHEMA, run, {digest(number) for number in numbers})
    assert all(KEYS.digest(key) == name for name, key in found.keys.items())
    return {int(json.loads(key)["id"]["N"]) for key in found.keys.values()}


def scanned(numbers: List[int], first: int, count: int) -> FingerprintRun:
    """The run of `count` items that starts at position `first` of the numbers."""
    lot = numbers[first : first + count]
    last = first + count >= len(numbers)
    after = body(numbers[first - 1]) if first else b""
    return FingerprintRun(False, 0, 1, after, b"" if last else body(lot[-1]), count)


numbers = st.lists(st.integers(0, 200), min_size=1, max_size=60, unique=True).map(sorted)


@given(numbers, st.data())
def test_existing_keys_are_found_and_deleted_ones_are_not(then: List[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    first = data.draw(st.integers(0, (len(then) - 1) // count)) * count
    now = data.draw(st.sets(st.sampled_from(range(200)), max_size=80)) | set(
        data.draw(st.lists(st.sampled_from(then), max_size=60))
    )
    sought = set(data.draw(st.lists(st.sampled_from(then[first : first + count]), min_size=1)))
    segment = Segment(sorted(now), data.draw(st.integers(1, 5)))
    assert find(segment, scanned(then, first, count), sought) == sought & now


def test_reading_an_unchanged_run_costs_only_its_own_items() -> None:
    then = list(range(1000))
    segment = Segment(then)
    assert find(segment, scanned(then, 320, 32), {321, 351}) == {321, 351}
    assert segment.read == 32


def test_a_deleted_item_costs_little_more() -> None:
    then = list(range(1000))
    segment = Segment([number for number in then if number != 321])
    assert find(segment, scanned(then, 320, 32), {321}) == set()
    assert segment.read <= 32 + 1
