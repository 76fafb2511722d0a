"""Exact comparison of two items, and the attributes in which they differ. Pure."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

import msgspec

from connectors.model.canonical import canonical, canonical_value, readable

_decode = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode


class Pair(NamedTuple):
    """The values of one attribute on both sides, as received JSON text. None: the attribute is missing."""

    source: Optional[str]
    target: Optional[str]


def equal(source: bytes, target: bytes) -> bool:
    """Whether the items are equal. Compares their whole canonical forms, not digests.

    Raises TerminalError if an item is not DynamoDB JSON.
    """
    return canonical(source) == canonical(target)


def differing(source: bytes, target: bytes) -> Dict[str, Pair]:
    """The top-level attributes that differ, by name. Empty if and only if the items are equal.

    Raises TerminalError if an item is not DynamoDB JSON.
    """
    if equal(source, target):
        return {}
    left, right = _decode(readable(source)), _decode(readable(target))
    pairs = {name: (left.get(name), right.get(name)) for name in sorted({*left, *right})}
    return {
        name: Pair(_text(value), _text(other))
        for name, (value, other) in pairs.items()
        if _differ(value, other)
    }


def _differ(value: Optional[msgspec.Raw], other: Optional[msgspec.Raw]) -> bool:
    if value is None or other is None:
        return True
    return canonical_value(bytes(value)) != canonical_value(bytes(other))


def _text(raw: Optional[msgspec.Raw]) -> Optional[str]:
    return None if raw is None else bytes(raw).decode()
