from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canned.items import MARK, PAGE, index_of, item_text, key_of
from bench.canned.pages import Template, share
from tests.harness.depth import examples

TEMPLATE = Template([item_text(slot) for slot in range(PAGE)])


@settings(deadline=None, max_examples=examples(25))
@given(start=st.integers(0, 10**8), length=st.integers(0, PAGE + 5))
def test_any_run_of_items_is_json_with_the_keys_of_its_places(start: int, length: int) -> None:
    items = json.loads(b"[" + TEMPLATE.items(start, start + length) + b"]")
    assert [index_of(item) for item in items] == list(range(start, start + length))


@given(st.integers(0, PAGE * 10**7))
def test_a_key_leads_back_to_its_place(index: int) -> None:
    assert index_of(key_of(index)) == index


@pytest.mark.parametrize("key", [{}, {"pk": {"N": "1"}}, {"pk": {"S": "someone"}}, {"pk": None}, None])
def test_a_foreign_key_has_no_place(key: object) -> None:
    assert index_of(key) is None


@given(st.integers(0, 10**6), st.integers(1, 500))
def test_shares_follow_each_other_and_cover_everything(count: int, parts: int) -> None:
    shares = [share(count, part, parts) for part in range(parts)]
    assert shares[0][0] == 0
    assert shares[-1][1] == count
    assert all(before[1] == after[0] for before, after in zip(shares, shares[1:]))


def test_a_page_of_items_is_about_a_megabyte() -> None:
    assert 0.9e6 < len(TEMPLATE.items(0, PAGE)) < 1.1e6


def test_items_hold_every_type_of_attribute() -> None:
    item = json.loads(item_text(0).replace(MARK, b"00000000"))
    kinds = {kind for attribute in item.values() for kind in attribute}
    assert kinds == {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}


def test_texts_that_hold_the_mark_unequally_often_are_refused() -> None:
    with pytest.raises(ValueError, match="equally often"):
        Template([b"a" + MARK, b"b"])
