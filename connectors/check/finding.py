"""The result of reading one key on both sides, and its line in the report. Pure."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

import msgspec

from connectors.base.text import timestamp
from connectors.check.equal import differing
from connectors.check.report.difference import (
    ABSENT,
    AttributePair,
    Difference,
    DifferenceKind,
    decode,
    encode,
)
from connectors.model.canonical import readable, value_digest

REFUSED = b"refused"
"""Used instead of the digest of an item for which the target cannot answer. It equals no digest, not even
that of an absent item."""


class Finding(NamedTuple):
    """The items of a key as DynamoDB JSON; None if a side has none."""

    key: bytes
    source: Optional[bytes]
    target: Optional[bytes]
    refused: str = ""
    """Why the target cannot answer for this key; empty if it can."""

    @property
    def source_digest(self) -> bytes:
        return b"" if self.source is None else value_digest(self.source)

    @property
    def target_digest(self) -> bytes:
        if self.refused:
            return REFUSED
        return b"" if self.target is None else value_digest(self.target)

    @property
    def kind(self) -> DifferenceKind:
        """The kind of the difference. An item for which the target cannot answer counts as missing, unless
        only the target can have it."""
        if self.source is None:
            return DifferenceKind.EXTRA
        return DifferenceKind.MISSING if self.target is None else DifferenceKind.DIFFERENT

    def line(self, table: str, first: float, last: float, changing: bool) -> bytes:
        """A line of report.jsonl. `first`, `last`: when the difference was first and last seen, in epoch
        seconds."""
        kind = self.kind
        difference = Difference(
            table=table,
            key=msgspec.Raw(self.key),
            kind=kind,
            attributes=self._attributes() if kind is DifferenceKind.DIFFERENT else {},
            source=_raw(self.source) if kind is DifferenceKind.MISSING else ABSENT,
            target=_raw(self.target) if kind is DifferenceKind.EXTRA else ABSENT,
            first_seen=timestamp(first),
            last_seen=timestamp(last),
            changing=changing,
            reason=self.refused,
        )
        return encode(difference)

    def _attributes(self) -> Dict[str, AttributePair]:
        pairs = differing(self.source or b"{}", self.target or b"{}")
        return {name: AttributePair(_text(pair.source), _text(pair.target)) for name, pair in pairs.items()}


def repaired(line: bytes) -> bytes:
    """The line of a difference that was repaired, after its key was found equal."""
    return encode(msgspec.structs.replace(decode(line), repaired=True))


def _text(value: Optional[str]) -> msgspec.Raw:
    return ABSENT if value is None else msgspec.Raw(value.encode())


def _raw(body: Optional[bytes]) -> msgspec.Raw:
    return ABSENT if body is None else msgspec.Raw(readable(body))
