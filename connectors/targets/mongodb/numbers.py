"""A DynamoDB number as BSON: exact, never a float. Pure."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Union

from bson.decimal128 import Decimal128
from bson.int64 import Int64

Number = Union[Int64, Decimal128]

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
DECIMAL_DIGITS = 34
"""Digits of IEEE 754 decimal128. DynamoDB has 38."""
_BOUND = 10**DECIMAL_DIGITS
_BIAS = 6176
"""The bias of decimal128's exponent. DynamoDB's exponents range from -130 to 125."""
_GREATEST = 6111
_LOW = (1 << 64) - 1
_EXACT = Context(prec=60, traps=[InvalidOperation, Overflow, Inexact])
PLAIN = 19
"""Fewer digits than this always fit 64 bits."""


class LongNumber(ValueError):
    """The number has more digits than Decimal128 can hold."""


def number(text: str) -> Number:
    """A long for a whole number of up to 64 bits, otherwise a Decimal128. Equal numbers give equal values.

    Raises LongNumber, and ArithmeticError for a text that is not a number of DynamoDB.
    """
    if len(text) < PLAIN and text.isdecimal():
        return Int64(text)
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    try:
        coefficient = int(whole + fraction)
    except ValueError:
        return _spelled(text)
    if not fraction and LOWEST <= coefficient <= HIGHEST:
        return Int64(coefficient)
    if not -_BOUND < coefficient < _BOUND and coefficient % 10:
        raise LongNumber(text)
    if not fraction:
        return _spelled(text)
    return _decimal(coefficient, -len(fraction))


def _spelled(text: str) -> Number:
    """A number with an exponent, or with trailing zeros."""
    value = Decimal(text).normalize(_EXACT)
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > DECIMAL_DIGITS:
        raise LongNumber(text)
    if exponent >= 0 and value.adjusted() < PLAIN and LOWEST <= int(value) <= HIGHEST:
        return Int64(int(value))
    if not -_BIAS <= exponent <= _GREATEST:
        raise InvalidOperation
    coefficient = int("".join(map(str, digits)))
    return _decimal(-coefficient if sign else coefficient, exponent)


def _decimal(coefficient: int, exponent: int) -> Decimal128:
    """Builds the 128 bits directly: bson's conversion with decimal.Context takes three times as long."""
    if 0 <= coefficient <= _LOW:  # the common case
        return Decimal128(((exponent + _BIAS) << 49, coefficient))
    sign = 1 << 63 if coefficient < 0 else 0
    coefficient = abs(coefficient)
    return Decimal128((sign | (exponent + _BIAS) << 49 | coefficient >> 64, coefficient & _LOW))
