"""Index of an item -> its primary key. Different indexes never share a key."""

from __future__ import annotations

import base64
from typing import Any, Callable, Dict

from local.traffic.plan import Table

Value = Dict[str, Any]
Item = Dict[str, Value]

PER_PARTITION = 8
"""Items that share a hash key where there is a range key."""
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
    """Integers, negative numbers of 38 digits, halves, and integers of 20 zeros, apart by residue.

    In the writing DynamoDB itself gives back: MiniStack takes 2.50 and 2.5 in a Key for different keys.
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
