from __future__ import annotations

from decimal import Decimal

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given

from connectors.targets.mongodb.numbers import LongNumber, number
from tests.unit.connectors.targets.mongodb.items import NUMBER


@given(NUMBER)
def test_a_number_keeps_its_value_to_the_last_digit_or_is_too_long(text: str) -> None:
    digits = Decimal(text).as_tuple().digits
    count = len("".join(map(str, digits)).strip("0"))
    if isinstance(_converted(text), str):
        assert count > 34
        return
    found = _converted(text)
    assert Decimal(str(found)) == Decimal(text)
    fits = Decimal(text) == int(Decimal(text)) and -(2**63) <= Decimal(text) < 2**63
    assert isinstance(found, Int64) is fits


@given(NUMBER)
def test_equal_numbers_are_the_same_bits_however_they_are_spelled(text: str) -> None:
    value = Decimal(text)
    spellings = (text, format(value, "f"), format(value, "f") + ("" if "." in format(value, "f") else ".000"))
    first = _converted(text)
    for spelling in spellings:
        found = _converted(spelling)
        assert type(found) is type(first)
        assert getattr(found, "bid", found) == getattr(first, "bid", first)


def _converted(text: str) -> object:
    try:
        return number(text)
    except LongNumber:
        return "too long"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0", Int64(0)),
        ("-0", Int64(0)),
        ("0.00", Int64(0)),
        ("1234", Int64(1234)),
        ("1.0", Int64(1)),
        ("1E2", Int64(100)),
        ("9223372036854775807", Int64(2**63 - 1)),
        ("-9223372036854775808", Int64(-(2**63))),
        ("9223372036854775808", Decimal128("9223372036854775808")),
        ("0.5", Decimal128("0.5")),
        ("-0.50", Decimal128("-0.5")),
        ("1E-130", Decimal128("1E-130")),
        ("9.9E+125", Decimal128("9.9E+125")),
        ("1" * 34 + ".0", Decimal128("1" * 34)),
        ("1" * 33 + "0" * 5, Decimal128("1" * 33 + "E5")),
    ],
)
def test_numbers_and_what_they_become(text: str, wanted: object) -> None:
    found = number(text)
    assert type(found) is type(wanted)
    assert getattr(found, "bid", found) == getattr(wanted, "bid", wanted)


@pytest.mark.parametrize(
    "text", ["1" * 35, "-" + "1" * 38, "0." + "1" * 35, "1." + "1" * 34, "1" * 35 + "E50"]
)
def test_more_than_34_digits_are_too_long(text: str) -> None:
    with pytest.raises(LongNumber):
        number(text)


@pytest.mark.parametrize("text", ["1" + "0" * 59 + "10", "1E-6177", "1E6112", "1E999999999"])
def test_a_number_beyond_those_of_dynamodb_is_refused_and_not_rounded(text: str) -> None:
    with pytest.raises(ArithmeticError):
        number(text)
