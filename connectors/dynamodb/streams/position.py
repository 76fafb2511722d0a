"""How far a shard has been read, as a sequence number and a time. An iterator is never part of it: it expires
after 15 minutes."""

from __future__ import annotations

from typing import Tuple

import msgspec


class Footprint(msgspec.Struct, frozen=True, array_like=True):
    """A record that was read."""

    created: float
    """The latest creation time up to it, epoch seconds."""
    sequence: str


class ShardPosition(msgspec.Struct, frozen=True, array_like=True):
    sequence: str = ""
    """Sequence number of the last record, up to 40 digits; compare as integers."""
    time: float = 0.0
    """The creation time of that record, epoch seconds."""
    horizon: float = 0.0
    """All changes made before this time have been read."""
    trail: Tuple[Footprint, ...] = ()
    """Records from which the shard may be read again: see connectors.dynamodb.streams.anchor."""

    @property
    def reached(self) -> float:
        """No later record, in this shard or a child, was created before this time."""
        return max(self.time, self.horizon)

    @property
    def number(self) -> int:
        return int(self.sequence) if self.sequence else -1

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @staticmethod
    def decode(position: bytes) -> ShardPosition:
        return _decode(position)


_decode = msgspec.json.Decoder(ShardPosition).decode


ROUNDING = 1.0
"""Seconds. A record's time is rounded to the second; another record of the same second may follow it."""
ALLOWANCE = 5.0
"""Seconds. A change appears in the stream shortly after its write was answered; the service gives no
bound."""
TIP_PAGES = 5
"""The service may return empty pages before data, and does not report that the tip is reached. This many
consecutive empty pages are taken for the tip."""


class Horizon:
    """Epoch seconds, the service's clock; never decreases."""

    def __init__(self, value: float) -> None:
        self.value = value
        self._empty = 0

    @property
    def at_tip(self) -> bool:
        return self._empty >= TIP_PAGES

    def count(self, records: int) -> None:
        self._empty = 0 if records else self._empty + 1

    def read_to_record(self, created: float) -> None:
        self.value = max(self.value, created - ROUNDING)

    def read_to_tip(self, now: float) -> None:
        self.value = max(self.value, now - ALLOWANCE)

    def lost_place(self) -> None:
        """Called for a new iterator, which starts before the tip again."""
        self._empty = 0
