from __future__ import annotations

from typing import Dict, List, Mapping, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TransientError
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanFilter, ScanOptions, ScanPage, ScanRequest
from connectors.dynamodb.scan.segment import PageLoads, SegmentSource, SegmentSplit
from connectors.model.digests import lane_of
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.model.records import Load, LookupKeys
from connectors.model.splits import Batch
from tests.fakes.scan import FakeScan

KEYS = KeyReader("t", KeySchema(KeyAttribute("pk", "S")))


class Items(SegmentSource):
    """Each item, in the lane of its key."""

    table = "t"

    def begin(self, after: bytes, lanes: int) -> ItemLoads:
        return ItemLoads(lanes)


class ItemLoads(PageLoads):
    def __init__(self, lanes: int) -> None:
        self._lanes, self.items = lanes, 0
        self._loads: Dict[int, LookupKeys] = {}

    def add(self, page: ScanPage) -> None:
        self.items += len(page.Items)
        for item in map(bytes, page.Items):
            lane = lane_of(KEYS.digest(item), self._lanes)
            self._loads.setdefault(lane, LookupKeys("t", [("pk", "S")], False, 0.0, [])).keys.append(item)

    def loads(self, key: bytes) -> Mapping[int, Load]:
        return self._loads


def table(count: int, page: int = 3) -> FakeScan:
    fake = FakeScan(page)
    fake.tables["t"] = [{"pk": {"S": f"k{number:03d}"}, "v": {"N": str(number)}} for number in range(count)]
    return fake


class Bill:
    """A limiter that records its calls."""

    def __init__(self) -> None:
        self.lines: List[object] = []

    def acquire(self) -> None:
        self.lines.append("acquire")

    def pay(self, amount: float) -> None:
        self.lines.append(amount)


def split(
    fake: FakeScan,
    segment: int = 0,
    total: int = 1,
    saved: Optional[bytes] = None,
    options: ScanOptions = ScanOptions(),  # noqa: B008 - immutable
    bill: Optional[Bill] = None,
    gather: int = 0,
) -> SegmentSplit:
    pages = ScanPages(fake, ScanRequest("t", segment, total, options), bill)
    return SegmentSplit("t/1/s", pages, Items(), 4, saved, gather)


def batch_of(one: SegmentSplit) -> Batch:
    batch = one.next_batch()
    assert batch is not None
    return batch


def items(batch: Batch) -> List[bytes]:
    return [item for part in batch.loads.values() if isinstance(part, LookupKeys) for item in part.keys]


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 6))
def test_all_segments_together_give_every_item_once_over_a_restart_behind_any_page(
    count: int, page: int, total: int, restart: int
) -> None:
    fake = table(count, page)
    found: List[bytes] = []
    for segment in range(total):
        one, pages = split(fake, segment, total), 0
        while True:
            batch = batch_of(one)
            assert batch.read == len(items(batch))
            found += items(batch)
            pages += 1
            if pages == restart:
                one = split(fake, segment, total, one.snapshot())
            if batch.done:
                break
    assert sorted(found) == sorted(b'{"pk": {"S": "k%03d"}, "v": {"N": "%d"}}' % (n, n) for n in range(count))


def test_an_empty_page_with_more_behind_it_is_not_the_end() -> None:
    fake = table(2)
    fake.empty_pages = 2
    one = split(fake)
    assert [(batch.read, batch.done) for batch in (batch_of(one) for _ in range(3))] == [
        (0, False),
        (0, False),
        (2, True),
    ]


def test_a_segment_that_is_done_asks_no_more_not_even_after_a_restart() -> None:
    fake = table(2)
    one = split(fake)
    assert batch_of(one).done
    again = split(fake, saved=one.snapshot())
    assert batch_of(again) == Batch({}, 0, done=True)
    assert len(fake.requests) == 1


def test_the_size_of_a_batch_is_that_of_the_loads_of_its_lanes() -> None:
    batch = batch_of(split(table(40, page=40)))
    assert set(batch.loads) == {0, 1, 2, 3}
    assert batch.size == sum(part.size() for part in batch.loads.values())


def test_a_filter_and_a_page_limit_pass_to_the_service() -> None:
    fake = table(2)
    split(fake, options=ScanOptions(1, False, ScanFilter("v > :v", {}, {":v": {"N": "1"}}))).next_batch()
    assert fake.requests[0][1]["FilterExpression"] == "v > :v"
    assert fake.requests[0][1]["Limit"] == 1


def test_a_limit_is_asked_before_and_paid_after_each_page() -> None:
    bill = Bill()
    one = split(table(4), bill=bill)
    one.next_batch()
    one.next_batch()
    assert bill.lines == ["acquire", 0.5] * 2


def test_after_a_fault_the_position_is_where_it_was() -> None:
    fake = table(6)
    one = split(fake)
    one.next_batch()
    before = one.snapshot()
    fake.damage = lambda body: body[:-5]
    with pytest.raises(TransientError):
        one.next_batch()
    assert one.snapshot() == before
    fake.damage = lambda body: body
    assert batch_of(one).read == 3


def test_the_next_page_can_be_requested_immediately() -> None:
    assert split(table(0)).next_awake() == 0.0


@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 20))
def test_pages_that_are_gathered_are_one_batch_with_all_that_they_hold_and_cost(
    count: int, page: int, gather: int
) -> None:
    fake, bill = table(count, page), Bill()
    found: List[bytes] = []
    saved: Optional[bytes] = None
    while True:  # a restart behind each batch
        one = split(fake, saved=saved, bill=bill, gather=gather)
        batch = batch_of(one)
        found += items(batch)
        saved = one.snapshot()
        if batch.done:
            break
        assert gather <= batch.read < gather + page
    assert len(found) == len(set(found)) == count
    assert bill.lines.count("acquire") == bill.lines.count(0.5)


def test_pages_of_a_slow_source_are_not_gathered_beyond_a_bound_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.dynamodb.scan.segment.GATHER_SECONDS", 0.0)
    assert batch_of(split(table(40, 2), gather=40)).read == 2
