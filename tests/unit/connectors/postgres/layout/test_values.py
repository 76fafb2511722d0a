from __future__ import annotations

import contextlib
from base64 import b64encode
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.layout.values import BYTEA, attribute_value, faithful

TEXT, NUMERIC, INT8 = 25, 1700, 20

numbers = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=38).map(tuple),
    st.integers(-130, 88),
)


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))))
def test_a_text_column_is_a_string_as_it_is(value: str) -> None:
    assert attribute_value("S", TEXT, value.encode()) == value
    assert attribute_value("S", BYTEA, b"\\x" + value.encode().hex().encode()) == value


@given(numbers)
def test_a_numeric_column_is_the_same_number_exactly(value: Decimal) -> None:
    # numeric's text has no exponent and keeps trailing zeros
    assert Decimal(attribute_value("N", NUMERIC, format(value, "f").encode())) == value
    assert "E" not in attribute_value("N", NUMERIC, str(value).encode())


@given(st.binary())
def test_a_bytea_column_is_base64(value: bytes) -> None:
    expected = b64encode(value).decode()
    assert attribute_value("B", BYTEA, b"\\x" + value.hex().encode()) == expected
    assert attribute_value("B", TEXT, b64encode(value)) == expected


def test_whole_numbers_and_zeros_have_one_form() -> None:
    assert attribute_value("N", INT8, b"42") == "42"
    assert attribute_value("N", NUMERIC, b"1.500") == "1.5"
    assert attribute_value("N", NUMERIC, b"-0.00") == "0"


@pytest.mark.parametrize(
    ("type_", "column", "text", "problem"),
    [
        ("N", NUMERIC, b"NaN", "it is not a number that DynamoDB supports"),
        ("N", NUMERIC, b"Infinity", "not a number that DynamoDB supports"),
        ("N", TEXT, b"1 000", "not a number that DynamoDB supports"),
        ("N", TEXT, "\u0663".encode(), "not a number that DynamoDB supports"),
        ("N", NUMERIC, b"1" * 39, "39 significant digits"),
        ("B", BYTEA, b"\\000abc", "bytea_output = 'hex'"),
        ("B", BYTEA, b"\\x0g", "not valid bytea in hex"),
        ("B", TEXT, b"not base64!", "neither bytea nor base64"),
        ("S", TEXT, b"\xff", "utf-8"),
    ],
)
def test_a_value_that_cannot_be_a_key_is_refused_with_the_reason(
    type_: str, column: int, text: bytes, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        attribute_value(type_, column, text)


@given(st.sampled_from("SNB"), st.sampled_from([TEXT, NUMERIC, BYTEA, 16384]), st.binary(max_size=30))
def test_any_bytes_give_a_value_or_a_reason(type_: str, column: int, text: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(attribute_value(type_, column, text), str)


def test_types_that_keep_every_value_are_known() -> None:
    assert not faithful("N", BYTEA)
    assert not faithful("B", NUMERIC)
    assert not faithful("S", 16384)
    assert faithful("S", TEXT)
