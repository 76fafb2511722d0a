"""DynamoDB's numbers: 38 significant digits, magnitude from 1E-130 to 9.99E+125."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from local.standin.faults import ApiError, invalid

MOST_DIGITS = 38
LARGEST_EXPONENT = 125
SMALLEST_EXPONENT = -130

PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")


def check_number(text: str) -> None:
    """Raises ValidationException for a number that DynamoDB refuses."""
    # A plain number of at most 38 characters cannot exceed any limit, so no Decimal is needed.
    if len(text) > MOST_DIGITS or not PLAIN.match(text):
        parse_number(text)


def parse_number(text: str) -> Decimal:
    """The exact value. Different notations of a number (1, 1.0, 10E-1) have the same value."""
    if not NUMBER.match(text):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text[:60]}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _out_of_range("overflow", "larger") from None
    if number:
        _check_range(number)
    return number


def _check_range(number: Decimal) -> None:
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if len(digits) > MOST_DIGITS:
        raise invalid("Attempting to store more than 38 significant digits in a Number")
    if number.adjusted() > LARGEST_EXPONENT:
        raise _out_of_range("overflow", "larger")
    if number.adjusted() < SMALLEST_EXPONENT:
        raise _out_of_range("underflow", "smaller")


def _out_of_range(what: str, than: str) -> ApiError:
    return invalid(f"Number {what}. Attempting to store a number with magnitude {than} than supported range")
