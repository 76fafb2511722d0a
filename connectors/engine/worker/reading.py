"""The shards of one table's stream that a worker slot reads."""

from __future__ import annotations

from typing import Dict, Iterable, NamedTuple

import msgspec

from connectors.dynamodb.streams.gap import RETENTION
from connectors.dynamodb.streams.shard_set import ShardSet
from connectors.model.orders import StreamOrder


class ShardCounts(NamedTuple):
    """Numbers of shards of one table's stream by state, as in nimo-shake's checkpoint table:
    `wait father finish`, `in processing`, `done`."""

    waiting: int = 0
    reading: int = 0
    done: int = 0
    """Read to their end and still listed."""

    def plus(self, other: ShardCounts) -> ShardCounts:
        return ShardCounts(*(mine + added for mine, added in zip(self, other)))


class StreamReading(msgspec.Struct, array_like=True):
    """A slot's state of one (table, generation): the order without its shards, and the shards."""

    order: StreamOrder
    shards: ShardSet
    horizons: Dict[str, float] = {}
    """Shard -> time up to which its changes are durable; only of shards being read."""

    @staticmethod
    def begin(order: StreamOrder) -> StreamReading:
        bare = msgspec.structs.replace(order, assign=[], forget=[])
        return StreamReading(bare, ShardSet())

    @property
    def name(self) -> str:
        return f"{self.order.table}/{self.order.generation}"

    def split_id(self, shard_id: str) -> str:
        return f"{self.name}/{shard_id}"

    def take(self, order: StreamOrder) -> None:
        self.shards.assign(order.assign)
        self.shards.forget(order.forget)

    def counts(self) -> ShardCounts:
        return ShardCounts(len(self.shards.waiting), len(self.shards.reading), len(self.shards.done))

    @property
    def horizon(self) -> float:
        """The time up to which the changes of all shards being read are durable; 0: not known."""
        return min((self.horizons.get(shard_id, 0.0) for shard_id in self.shards.reading), default=0.0)

    def lag(self, now: float) -> float:
        """Seconds between `now` and the time up to which all changes in these shards are durable."""
        reading = [self.horizons.get(shard_id, 0.0) for shard_id in self.shards.reading]
        behind = min(reading, default=now)
        # If the past is read too, an unread shard may contain changes as old as the stream's retention.
        wanted = self.order.since - (RETENTION if self.order.skip_before is None else 0.0)
        return max(0.0, now - max(behind, wanted))

    def encode(self) -> bytes:
        return msgspec.msgpack.encode(self)

    @staticmethod
    def decode(data: bytes) -> StreamReading:
        return _decode(data)


_decode = msgspec.msgpack.Decoder(StreamReading).decode


def counted(readings: Iterable[StreamReading]) -> Dict[str, ShardCounts]:
    """Shard counts by table."""
    counts: Dict[str, ShardCounts] = {}
    for reading in readings:
        table = reading.order.table
        counts[table] = counts.get(table, ShardCounts()).plus(reading.counts())
    return counts
