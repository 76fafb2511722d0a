"""How far a shard has been read. Iterators are never part of it: they die after 15 minutes."""

from __future__ import annotations

import msgspec


class ShardPosition(msgspec.Struct, frozen=True, array_like=True):
    sequence: str = ""
    """Sequence number of the last record, up to 40 digits; compare as integers."""
    time: float = 0.0
    """That record's creation, epoch seconds."""
    horizon: float = 0.0
    """Changes made before this time have all been read."""

    @property
    def reached(self) -> float:
        """No record that is still to come, here or in a child, was made before this time."""
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
