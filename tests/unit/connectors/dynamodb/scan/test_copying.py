"""One segment of a table's Scan, as a worker reads it."""

from __future__ import annotations

import json
from typing import List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TransientError
from connectors.dynamodb.scan.copying import OVERHEAD, CopySplit
from connectors.dynamodb.scan.pages import ScanPages
from connectors.dynamodb.scan.request import ScanOptions, ScanPage, ScanRequest
from connectors.model.pages import ReadPage
from tests.fakes.scan import FakeScan


def table(count: int, page: int = 3) -> FakeScan:
    fake = FakeScan(page)
    fake.tables["t"] = [{"pk": {"S": f"k{number:03d}"}, "v": {"N": str(number)}} for number in range(count)]
    return fake


def split(fake: FakeScan, segment: int = 0, total: int = 1, saved: Optional[bytes] = None) -> CopySplit:
    return CopySplit("t/1/s", ScanPages(fake, ScanRequest("t", segment, total, ScanOptions())), saved)


def page_of(one: CopySplit) -> ReadPage:
    page = one.next_page()
    assert page is not None
    return page


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 6))
def test_all_segments_together_give_every_item_once_over_a_restart_after_any_page(
    count: int, size: int, total: int, restart: int
) -> None:
    fake = table(count, size)
    found: List[bytes] = []
    for segment in range(total):
        one, pages, done = split(fake, segment, total), 0, False
        while not done:
            page = page_of(one)
            assert page.read == len(page.bodies)
            found += page.bodies
            pages, done = pages + 1, page.done
            if pages == restart:
                one = split(fake, segment, total, page.position)
    assert sorted(found) == sorted(b'{"pk": {"S": "k%03d"}, "v": {"N": "%d"}}' % (n, n) for n in range(count))


def test_an_empty_page_with_more_after_it_is_not_the_end() -> None:
    fake = table(2)
    fake.empty_pages = 2
    one = split(fake)
    pages = [page_of(one) for _ in range(3)]
    assert [(page.read, page.done) for page in pages] == [(0, False), (0, False), (2, True)]


def test_a_segment_that_is_done_asks_no_more_not_even_after_a_restart() -> None:
    fake = table(2)
    first = page_of(split(fake))
    again = page_of(split(fake, saved=first.position))
    assert (first.done, again.done, again.bodies) == (True, True, ())
    assert len(fake.requests) == 1


def test_a_page_reports_its_size_in_memory_and_its_origin() -> None:
    page = page_of(split(table(3)))
    assert page.size == sum(map(len, page.bodies)) + 3 * OVERHEAD
    assert (page.origin, page.deletes, page.changes, page.horizon) == ("t/1/s", False, (), None)


def test_after_a_fault_the_same_page_is_read_again() -> None:
    fake = table(6)
    one = split(fake)
    page_of(one)
    fake.damage = lambda body: body[:-5]
    with pytest.raises(TransientError):
        one.next_page()
    fake.damage = lambda body: body
    assert [json.loads(body)["pk"]["S"] for body in page_of(one).bodies] == ["k003", "k004", "k005"]


def test_keys_to_delete_are_what_a_function_of_the_page_says() -> None:
    def odd(page: ScanPage) -> List[bytes]:
        return [bytes(item) for item in page.Items][1::2]

    pages = ScanPages(table(4, page=4), ScanRequest("t", 0, 1, ScanOptions()))
    page = page_of(CopySplit("sweep", pages, None, odd, deletes=True))
    assert (page.read, len(page.bodies), page.deletes) == (4, 2, True)


def test_the_next_page_may_be_asked_for_at_once() -> None:
    assert split(table(0)).next_awake() == 0.0
