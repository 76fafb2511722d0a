"""Text of a key column -> value of a DynamoDB key attribute in DynamoDB JSON."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from typing import Callable, Dict

from connectors.model.keys import canonical

BYTEA = 17
_NUMBERS = frozenset((20, 21, 23, 1700))
"""int8, int2, int4, numeric. No floating-point types, which are not exact."""
_TEXTS = frozenset((25, 1043))
"""text, varchar."""
_FAITHFUL = {"S": _TEXTS | {BYTEA}, "N": _NUMBERS | _TEXTS, "B": _TEXTS | {BYTEA}}
"""The column types, by oid, whose text form gives back every value of an attribute of each type. Others are
not: char(n) pads, uuid and dates have a spelling of their own, an integer drops leading zeros of a string."""
_LABELS = {
    16: "boolean",
    17: "bytea",
    18: '"char"',
    20: "bigint",
    21: "smallint",
    23: "integer",
    25: "text",
    114: "json",
    700: "real",
    701: "double precision",
    1042: "char(n)",
    1043: "varchar",
    1082: "date",
    1114: "timestamp",
    1184: "timestamptz",
    1700: "numeric",
    2950: "uuid",
    3802: "jsonb",
}

MOST_DIGITS = 38
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


def faithful(type_: str, column_type: int) -> bool:
    """Whether a column of this type holds every value of a key attribute of type `type_` unchanged."""
    return column_type in _FAITHFUL[type_]


def type_label(oid: int) -> str:
    """The name of a column type for messages."""
    return _LABELS.get(oid, f"with oid {oid}")


def attribute_value(type_: str, column_type: int, text: bytes) -> str:
    """`text` is the column's text form. Raises ValueError with the reason where it cannot be converted."""
    return _CONVERSIONS[type_](text, column_type)


def _string(text: bytes, column_type: int) -> str:
    return (_bytes_of(text) if column_type == BYTEA else text).decode()


def _number(text: bytes, column_type: int) -> str:
    number = text.decode("ascii", "replace")
    if not _NUMBER.fullmatch(number):
        raise ValueError("it is not a number that DynamoDB supports")
    digits = number.lower().partition("e")[0].lstrip("-").replace(".", "").strip("0")
    if len(digits) > MOST_DIGITS:
        raise ValueError(
            f"it has {len(digits)} significant digits, and DynamoDB's numbers have at most {MOST_DIGITS}"
        )
    return canonical("N", number).decode()


def _binary(text: bytes, column_type: int) -> str:
    if column_type == BYTEA:
        return b64encode(_bytes_of(text)).decode()
    try:
        return b64encode(b64decode(text, validate=True)).decode()
    except binascii.Error:
        raise ValueError("it is neither bytea nor base64") from None


def _bytes_of(text: bytes) -> bytes:
    if text[:2] != b"\\x":
        raise ValueError(
            "bytea is not in hex format: ALTER ROLE the replication role SET bytea_output = 'hex'"
        )
    try:
        return binascii.unhexlify(text[2:])
    except binascii.Error:
        raise ValueError("it is not valid bytea in hex format") from None


_CONVERSIONS: Dict[str, Callable[[bytes, int], str]] = {"S": _string, "N": _number, "B": _binary}
