"""One difference between the sides: a line of report.jsonl."""

from __future__ import annotations

import enum
from typing import Dict

import msgspec


class DifferenceKind(str, enum.Enum):
    MISSING = "missing"
    """The source has the item, the target does not."""
    EXTRA = "extra"
    """The target has the item, the source does not."""
    DIFFERENT = "different"


ABSENT = msgspec.Raw(b"null")


class AttributePair(msgspec.Struct, frozen=True):
    """An attribute's value on both sides as DynamoDB JSON, such as `{"N": "1"}`; `null` where absent."""

    source: msgspec.Raw = ABSENT
    target: msgspec.Raw = ABSENT


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All bodies are DynamoDB JSON as it came, whole, up to 400 KB.

    A `Raw` that was sliced from a page keeps the whole page in memory: `copy()` it before it is kept.
    """

    table: str
    key: msgspec.Raw
    """The key attributes, `{"pid": {"S": "a"}, "sid": {"N": "100"}}`."""
    kind: DifferenceKind
    attributes: Dict[str, AttributePair] = {}
    """Only of `different`: the attributes that differ."""
    source: msgspec.Raw = ABSENT
    """Only of `missing`: the whole item."""
    target: msgspec.Raw = ABSENT
    """Only of `extra`: the whole item."""
    first_seen: str
    """ISO 8601, UTC; see `timestamp`."""
    last_seen: str
    changing: bool
    """The source's item changed at every look at it: the target may only be late."""
    reason: str = ""
    """Why the target cannot answer for this key; empty if it can."""
    repaired: bool = False
    """A repair has written or deleted it, and the key has been found equal since."""


_decoder = msgspec.json.Decoder(Difference)


def encode(difference: Difference) -> bytes:
    """One line, with its line feed."""
    line = msgspec.json.encode(difference)
    # Bodies may hold line breaks between their tokens; inside strings JSON allows none.
    return line.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def decode(line: bytes) -> Difference:
    """Raises msgspec.DecodeError for a line that `encode` has not made or that is torn."""
    return _decoder.decode(line)
