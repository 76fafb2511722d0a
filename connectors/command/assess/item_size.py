"""The size of an item as DynamoDB counts it, which limits and prices refer to. Pure.

Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
"""

from __future__ import annotations

from typing import Any, Dict

CONTAINER, ELEMENT = 3, 1
"""Overhead of a list or a map, and of each of its elements."""
NUMBER = 21
"""The largest size of a number."""


def item_bytes(item: Dict[str, Dict[str, Any]]) -> int:
    """`item`: DynamoDB JSON, decoded."""
    return sum(_text(name) + _typed(value) for name, value in item.items())


def _typed(value: Dict[str, Any]) -> int:
    for kind, content in value.items():
        return _value(kind, content)
    return 0


def _value(kind: str, content: Any) -> int:
    if kind == "S":
        return _text(content)
    if kind == "N":
        return _number(content)
    if kind == "B":
        return _binary(content)
    if kind == "M":
        return CONTAINER + sum(ELEMENT + _text(name) + _typed(each) for name, each in content.items())
    if kind == "L":
        return CONTAINER + sum(ELEMENT + _typed(each) for each in content)
    if kind in ("SS", "NS", "BS"):
        return sum(_value(kind[0], each) for each in content)
    return 1  # BOOL, NULL


def _text(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _number(text: str) -> int:
    """About one byte for two significant digits, and one or two more."""
    mantissa = text.lower().partition("e")[0]
    digits = len(mantissa.lstrip("-+0.").replace(".", "").rstrip("0")) or 1
    return min((digits + 1) // 2 + 1 + mantissa.startswith("-"), NUMBER)


def _binary(base64: str) -> int:
    return len(base64.rstrip("=")) * 3 // 4
