from __future__ import annotations

import json
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.text import visible
from connectors.check.report.values import VALUE_LIMIT, literal, shorten, show, show_key, show_pair
from tests.fakes.differences import HOSTILE, raw


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        ({"S": 'say "no"'}, "string", r'"say \"no\""'),
        ({"S": ""}, "string", '""'),
        (
            {"N": "1.0000000000000000000000000000000000001"},
            "number",
            "1.0000000000000000000000000000000000001",
        ),
        ({"BOOL": False}, "boolean", "false"),
        ({"NULL": True}, "null", "null"),
        ({"SS": ["a", "b"]}, "string set", '["a", "b"]'),
        ({"M": {"a": {"N": "1"}}}, "map", '{"a": {"N": "1"}}'),
        ({"X": 1}, "unknown", "1"),
        ([1], "unknown", "[1]"),
    ],
)
def test_a_value_is_shown_with_its_type_and_exactly(value: object, type_: str, text: str) -> None:
    shown = show(raw(value))
    assert (shown.type, shown.text()) == (type_, text)


@pytest.mark.parametrize("body", [b"{", b'{"S":"\xff"}', b'{"S":"\\ud800"}', b""])
def test_what_is_no_json_is_shown_as_it_came(body: bytes) -> None:
    assert show(msgspec.Raw(body)).type == "unreadable"


def test_a_string_of_digits_and_a_number_look_different() -> None:
    left, right = show_pair(raw({"S": "1"}), raw({"N": "1"}))
    assert (left.type, left.text()) != (right.type, right.text())
    assert (left.text(), right.text()) == ('"1"', "1")


@given(st.text() | st.sampled_from(HOSTILE))
def test_nothing_invisible_is_left_in_a_shown_string(text: str) -> None:
    shown = show(raw({"S": text}), limit=10**6).text()
    assert all(unicodedata.category(each)[0] != "C" for each in shown)
    assert json.loads(shown) == text


def test_marks_of_direction_are_spelled_out() -> None:
    assert visible("\u202egnp.exe") == r"\u202egnp.exe"


@given(st.text(), st.integers(6, 50))
def test_a_shortened_text_says_how_much_is_left_out(text: str, limit: int) -> None:
    short = shorten(text, limit)
    if len(text) <= limit:
        assert short == text
    else:
        assert f"{len(text) - limit * 2 // 3 - limit // 6:,} more" in short


def test_a_long_value_is_shortened_around_the_difference() -> None:
    left, right = show_pair(
        raw({"S": "a" * 200_000 + "X" + "b" * 200_000}), raw({"S": "a" * 200_000 + "b" * 200_000})
    )
    assert (left.changed, right.changed) == ("X", "")
    assert "199,921 more" in left.before
    assert len(left.text()) < VALUE_LIMIT


@given(st.text(max_size=300), st.text(max_size=300))
def test_before_and_after_the_differing_part_both_sides_look_the_same(one: str, other: str) -> None:
    left, right = show_pair(raw({"S": one}), raw({"S": other}))
    assert (left.before, left.after) == (right.before, right.after)
    assert (left == right) == (one == other)


def test_texts_that_look_alike_are_shown_with_code_points() -> None:
    left, right = show_pair(raw({"S": "caf\u00e9"}), raw({"S": "cafe\u0301"}))
    assert (left.text(), right.text()) == (r'"caf\u00e9"', r'"cafe\u0301"')


def test_a_key_is_shown_attribute_by_attribute() -> None:
    assert show_key(raw({"pid": {"S": "a"}, "sid": {"N": "100"}})) == 'pid = "a", sid = 100'


def test_a_key_that_cannot_be_read_is_shown_as_received() -> None:
    assert show_key(msgspec.Raw(b"{broken\x00")) == r"{broken\u0000"


@pytest.mark.parametrize(
    ("name", "shown"), [("plain", "plain"), ("", '""'), (" a", '" a"'), ("a\nb", r"a\nb")]
)
def test_an_attributes_name_is_never_invisible(name: str, shown: str) -> None:
    assert literal(name) == shown
