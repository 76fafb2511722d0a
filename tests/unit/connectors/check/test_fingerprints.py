"""A page becomes records for lanes, each in a run between two keys."""

from __future__ import annotations

import json
from typing import Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.check.fingerprints import BOUND_BYTES, RECORD, RUN, FingerprintSource, partition_records
from connectors.dynamodb.scan.request import ScanPage, read_page
from connectors.model.canonical import value_digest
from connectors.model.digests import lane_of
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.records import Fingerprints
from connectors.targets.dynamodb_api.check_side import ItemForm

SCHEMA = [("id", "N")]
KEYS = KeyReader("t", key_schema(SCHEMA))
ORDER = SegmentOrder("t", 1, SCHEMA, 0, 2, 3, 5, True)


def page_of(count: int, last: bool = False, **more: object) -> ScanPage:
    items = [{"id": {"N": f"{number}.0"}, "v": {"S": "x"}} for number in range(count)]
    following = {} if last else {"LastEvaluatedKey": {"id": {"N": "999"}}}
    return read_page(json.dumps({"Items": items, **following, **more}).encode(), "t")


def loads(page: ScanPage, lanes: int) -> Dict[int, Fingerprints]:
    return gathered([page], lanes)


def gathered(pages: List[ScanPage], lanes: int) -> Dict[int, Fingerprints]:
    batch = FingerprintSource(ORDER, ItemForm(KEYS)).begin(b"before", lanes)
    for page in pages:
        batch.add(page)
    found = batch.loads(bytes(pages[-1].LastEvaluatedKey))
    assert all(isinstance(part, Fingerprints) for part in found.values())
    return found  # type: ignore[return-value]


def records_of(part: Fingerprints) -> List[bytes]:
    return [part.blob[at : at + RECORD] for at in range(0, len(part.blob), RECORD)]


@given(st.integers(0, 200), st.integers(1, 9))
def test_each_item_is_one_record_of_its_lane_in_the_run_that_its_bounds_enclose(
    count: int, lanes: int
) -> None:
    page = page_of(count)
    found = loads(page, lanes)
    wanted: Dict[int, List[bytes]] = {lane: [] for lane in range(lanes)}
    for body in map(bytes, page.Items):
        key = KEYS.digest(body)
        wanted[lane_of(key, lanes)].append(key + value_digest(body))
    assert {lane: records_of(part) for lane, part in found.items() if part.blob} == {
        lane: records for lane, records in wanted.items() if records
    }
    place = {KEYS.digest(bytes(body)): number for number, body in enumerate(page.Items)}
    ends = [KEYS.key_json(bytes(page.Items[at])) for at in range(RUN - 1, max(0, count - 1), RUN)]
    bounds = [b"before", *ends, *([bytes(page.LastEvaluatedKey)] if count else [])]
    for part in found.values():
        assert part.bounds == bounds
        assert len(part.counts) == len(bounds) - 1
        runs = [run for run, each in enumerate(part.counts) for _ in range(each)]
        assert runs == [place[record[:16]] // RUN for record in records_of(part)]


def test_the_cost_of_a_page_is_always_reported_exactly_once() -> None:
    found = loads(page_of(0, ConsumedCapacity={"CapacityUnits": 2.5}), 4)
    assert {lane: part.units for lane, part in found.items()} == {0: 2.5}
    found = loads(page_of(50, ConsumedCapacity={"CapacityUnits": 2.5}), 4)
    assert {lane: part.units for lane, part in found.items()} == {0: 2.5, 1: 0.0, 2: 0.0, 3: 0.0}


@given(st.lists(st.integers(0, 90), min_size=1, max_size=6), st.integers(1, 5), st.booleans())
def test_pages_that_are_gathered_become_what_one_page_of_their_items_becomes(
    sizes: List[int], lanes: int, last: bool
) -> None:
    whole = page_of(sum(sizes), last, ConsumedCapacity={"CapacityUnits": float(len(sizes))})
    pages, start = [], 0
    for size in sizes:
        page = page_of(0, last, ConsumedCapacity={"CapacityUnits": 1.0})
        page.Items = whole.Items[start : start + size]
        pages.append(page)
        start += size
    assert gathered(pages, lanes) == gathered([whole], lanes)


def test_the_last_run_of_a_segment_has_an_open_end() -> None:
    assert loads(page_of(40, last=True), 1)[0].bounds[-1] == b""


def test_runs_are_longer_where_lanes_are_many_so_that_bounds_do_not_outweigh_records() -> None:
    part = loads(page_of(100), 128)[0]
    assert part.run == 128 * len(b'{"id":{"N":"0.0"}}') // BOUND_BYTES > RUN


@given(
    st.lists(st.binary(min_size=RECORD, max_size=RECORD), max_size=30), st.integers(1, 9), st.integers(1, 200)
)
def test_records_go_to_the_lanes_that_their_keys_have_everywhere(
    records: List[bytes], run: int, lanes: int
) -> None:
    blobs, counts = partition_records(b"".join(records), run, lanes)
    for lane in range(lanes):
        mine = [
            (place // run, record)
            for place, record in enumerate(records)
            if lane_of(record[:16], lanes) == lane
        ]
        assert blobs[lane] == b"".join(one for _, one in mine)
        assert counts[lane] == [
            sum(place == each for place, _ in mine) for each in range(-(-len(records) // run))
        ]


def test_contents_can_be_compared_as_something_else() -> None:
    source = FingerprintSource(ORDER, ItemForm(KEYS, lambda body: b'{"n":{"N":"%d"}}' % len(body)))
    page = page_of(1)
    batch = source.begin(b"", 1)
    batch.add(page)
    [part] = batch.loads(b"").values()
    assert isinstance(part, Fingerprints)
    item = bytes(page.Items[0])
    assert part.blob == KEYS.digest(item) + value_digest(b'{"n":{"N":"%d"}}' % len(item))


@pytest.mark.parametrize("item", [{}, {"id": {"S": "1"}}, {"id": {"N": 1}}, {"id": "1"}, {"id": None}])
def test_an_item_without_its_key_is_refused(item: object) -> None:
    page = read_page(json.dumps({"Items": [item]}).encode(), "t")
    with pytest.raises(TerminalError, match="key attributes"):
        FingerprintSource(ORDER, ItemForm(KEYS)).begin(b"", 1).add(page)
