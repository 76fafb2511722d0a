"""The primary key of an item, from its index. Different indexes have different keys."""

from __future__ import annotations

import base64
from typing import Any, Callable, Dict

from local.traffic.plan import Table

Value = Dict[str, Any]
Item = Dict[str, Value]

PER_PARTITION = 8
"""Number of items with the same hash key, in tables with a range key."""
ENDINGS = (
    "",
    "é",
    "🚀",
    " b",
    "/c",
    "#d",
    '"e"',
    "\\f",
    "名",
    "e\u0301",
    "'g",
    "%00",
    "a.b",
    "\t",
    "null",
    "0",
)
TAILS = (b"", b"\x00", b"\xff\xfe", b"\x00\x00\x01")


def text_key(index: int) -> str:
    return f"k{index:07d}{ENDINGS[index % len(ENDINGS)]}"


def number_key(index: int) -> str:
    """A number: an integer, a negative number of 38 digits, a half, or an integer with 20 zeros, by the
    remainder of the index.

    The notation is the one that DynamoDB returns, because MiniStack takes 2.50 and 2.5 for different keys.
    """
    kind = index % 4
    if kind == 1:
        return f"-{index}.{'1'.rjust(38 - len(str(index)), '0')}"
    return (str(index), "", f"{index}.5", f"{index}{'0' * 20}")[kind]


def binary_key(index: int) -> str:
    return base64.b64encode(index.to_bytes(4, "big") + TAILS[index % len(TAILS)]).decode()


WRITERS: Dict[str, Callable[[int], str]] = {"S": text_key, "N": number_key, "B": binary_key}


def key_of(table: Table, index: int) -> Item:
    """The key attributes of item `index` as DynamoDB JSON."""
    if table.guide:
        return {"pk": {"S": f"src1_user_{index:03d}"}}
    name, kind = table.hash
    if table.range is None:
        return {name: {kind: WRITERS[kind](index)}}
    key = {name: {kind: WRITERS[kind](index // PER_PARTITION)}}
    name, kind = table.range
    key[name] = {kind: WRITERS[kind](index)}
    return key
