from __future__ import annotations

import base64
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.model.spelling import binary, number

WRITINGS = st.from_regex(
    r"[+-]?([0-9]{1,45}(\.[0-9]{0,45})?|\.[0-9]{1,45})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)


@given(WRITINGS, WRITINGS)
@example("1", "1.0")
@example("1", "1E0")
@example("0", "-0.000E5")
@example("12345678901234567890123456789012345678", "12345678901234567890123456789012345679")
@example("9007199254740993", "9007199254740992")
@example("0.1", "0.1000000000000000055511151231257827021181583404541015625")
def test_two_numbers_have_one_spelling_exactly_when_they_are_equal(one: str, other: str) -> None:
    assert (number(one) == number(other)) == (Decimal(one) == Decimal(other))


@given(WRITINGS)
def test_the_spelling_of_a_number_is_plain_and_is_the_number(text: str) -> None:
    spelled = number(text)
    assert Decimal(spelled) == Decimal(text)
    assert number(spelled) == spelled
    assert set(spelled) <= set("-.0123456789")


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("1E2", "100"),
        ("-1.50", "-1.5"),
        ("-0", "0"),
        ("00", "0"),
        (".5", "0.5"),
        ("+007.", "7"),
        ("1E-3", "0.001"),
    ],
)
def test_a_number_is_spelled_as_dynamodb_answers_it(text: str, spelled: str) -> None:
    assert number(text) == spelled


@pytest.mark.parametrize(
    "text", ["", ".", "-", "1_0", " 1", "1 ", "NaN", "Infinity", "0x1", "1E", "\u0663", "--1"]
)
def test_a_text_that_is_not_a_number_is_unchanged(text: str) -> None:
    assert number(text) == text


@pytest.mark.parametrize("text", ["1E1001", "1e-99999", "1E99999999999999999999"])
def test_a_short_text_never_becomes_a_long_number(text: str) -> None:
    assert number(text) == text


@given(st.binary(max_size=40), st.data())
def test_a_binary_is_its_bytes_however_it_is_padded_and_broken_into_lines(
    content: bytes, data: st.DataObject
) -> None:
    text = base64.b64encode(content).decode()
    bare = text.rstrip("=")
    place = data.draw(st.integers(0, len(bare)))
    gap = data.draw(st.sampled_from([" ", "\n", "\r\n", "\t", ""]))
    for each in (text, bare, text[:place] + gap + text[place:], bare[:place] + gap + bare[place:] + gap):
        assert binary(each) == text


@given(st.text("ABab01QRgw+/=-_ \n!\u00e9", max_size=12))
def test_no_character_is_skipped_on_the_way_to_the_bytes(text: str) -> None:
    spelled = binary(text)
    if spelled != text:
        letters = "".join(text.split()).rstrip("=")
        assert spelled.rstrip("=")[:-1] == letters[:-1]
        assert base64.b64encode(base64.b64decode(spelled, validate=True)).decode() == spelled


@given(st.text("ABQRgwxyz/+=", max_size=8))
def test_an_unchanged_text_is_the_regular_base64_or_not_base64(text: str) -> None:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return
    if len(text) % 4 == 0:
        assert binary(text) == base64.b64encode(content).decode()


@pytest.mark.parametrize(
    "text", ["!", "A", "Q!Q==", "QQ==QQ==", "QQ=Q", "AA-_", "\u00e9", "AAAAA", "=" * 3 + "A"]
)
def test_a_text_that_is_not_base64_is_unchanged(text: str) -> None:
    assert binary(text) == text
