"""The size of an item by DynamoDB's rules (developer guide, "Item sizes and formats")."""

from __future__ import annotations

import base64
from typing import Any

from local.traffic.keys import Item, Value

LIMIT = 400 * 1024


def item_size(item: Item) -> int:
    """Bytes of an item. Numbers count with their maximum size, so the result is never below the service's."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    content: Any
    kind, content = next(iter(value.items()))
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_size(member) for member in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(member) for name, member in content.items())
    if kind in ("SS", "NS", "BS"):
        return sum(_scalar_size(kind[0], member) for member in content)
    return _scalar_size(kind, content)


def _scalar_size(kind: str, content: str) -> int:
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(base64.b64decode(content))
    # Only significant digits count, so that every writing of a number has the same size. The guide has a
    # byte for each two of them, "approximately", and one more; MiniStack adds one for a minus, and aligns the
    # pairs with the decimal point, which may make one more of them.
    digits = content.upper().partition("E")[0].lstrip("+-").replace(".", "").strip("0")
    return len(digits) // 2 + 3
