"""Whether two items are equal, exactly, and where not. Pure."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

import msgspec

from connectors.model.canonical import canonical, canonical_value, readable

_decode = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode


class Pair(NamedTuple):
    """Both sides' values of one attribute, as the JSON text they came in; None where it is missing."""

    source: Optional[str]
    target: Optional[str]


def equal(source: bytes, target: bytes) -> bool:
    """By their whole forms, not by a digest. Raises TerminalError when either is no DynamoDB JSON."""
    return canonical(source) == canonical(target)


def differing(source: bytes, target: bytes) -> Dict[str, Pair]:
    """The top-level attributes that differ, by name; empty exactly when the items are equal.

    Raises TerminalError when either item is no DynamoDB JSON.
    """
    if equal(source, target):
        return {}
    ours, theirs = _decode(readable(source)), _decode(readable(target))
    pairs = {name: (ours.get(name), theirs.get(name)) for name in sorted({*ours, *theirs})}
    return {
        name: Pair(_text(one), _text(other)) for name, (one, other) in pairs.items() if _differ(one, other)
    }


def _differ(one: Optional[msgspec.Raw], other: Optional[msgspec.Raw]) -> bool:
    if one is None or other is None:
        return True
    return canonical_value(bytes(one)) != canonical_value(bytes(other))


def _text(raw: Optional[msgspec.Raw]) -> Optional[str]:
    return None if raw is None else bytes(raw).decode()
