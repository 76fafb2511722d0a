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
    """An attribute's value on both sides as DynamoDB JSON, such as `{"N": "1"}`; `null` if absent."""

    source: msgspec.Raw = ABSENT
    target: msgspec.Raw = ABSENT


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the report. All bodies are complete DynamoDB JSON as received, up to 400 KB.

    A `Raw` that is a slice of a page keeps the whole page in memory: `copy()` it before storing it.
    """

    table: str
    key: msgspec.Raw
    """The key attributes, `{"pid": {"S": "a"}, "sid": {"N": "100"}}`."""
    kind: DifferenceKind
    attributes: Dict[str, AttributePair] = {}
    """For `different` only: the attributes that differ."""
    source: msgspec.Raw = ABSENT
    """For `missing` only: the whole item."""
    target: msgspec.Raw = ABSENT
    """For `extra` only: the whole item."""
    first_seen: str
    """ISO 8601, UTC; see `timestamp`."""
    last_seen: str
    changing: bool
    """The source's item was different at every read, so the difference may be replication lag."""
    reason: str = ""
    """Why the target cannot answer for this key; empty if it can."""
    repaired: bool = False
    """A repair wrote or deleted the item, and the key was found equal afterwards."""


_decoder = msgspec.json.Decoder(Difference)


def encode(difference: Difference) -> bytes:
    """One line, including its line feed."""
    line = msgspec.json.encode(difference)
    # Bodies may contain line breaks between tokens. JSON allows none inside strings.
    return line.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def decode(line: bytes) -> Difference:
    """The difference. Raises msgspec.DecodeError for a line that is incomplete or was not written by
    `encode`."""
    return _decoder.decode(line)
