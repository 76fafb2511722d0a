"""The model's splits: pages of a segment, of a sweep and of a shard, read from the world as it is by then."""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.base.errors import GapError
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ready
from connectors.model.lane_batch import Entry, LaneBatch, ReadKind, partition
from connectors.model.orders import SegmentOrder, StreamOrder
from connectors.model.splits import Batch
from tests.unit.connectors.engine.lane.world import KEYS, STALE, TABLE, Change, World, digest, parts_of

PAGE = 2
"""Items or records in a page."""


class _ModelSplit:
    split_id = ""

    def next_awake(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


class ModelSegment(_ModelSplit):
    """Its position is the last key of the last page; `-` after the end."""

    def __init__(self, world: World, order: SegmentOrder, lanes: int, saved: Optional[bytes]) -> None:
        self.split_id = order.split_id
        self._world, self._order, self._lanes = world, order, lanes
        self._after = saved.decode() if saved else ""
        self._turn = 0

    def next_batch(self) -> Batch:
        keys = [key for part, key in parts_of(KEYS, self._order.total) if part == self._order.segment]
        left = [key for key in keys if key > self._after]
        page, done = left[:PAGE], len(left) <= PAGE
        entries = self._swept(page) if self._order.of_target else self._copied(page)
        self._after = "-" if done else page[-1]
        loads = partition(ReadKind.SCAN, TABLE, self._order.generation, self.split_id, entries, self._lanes)
        return Batch(loads, self._world.page_bytes, len(entries), done)

    def snapshot(self) -> bytes:
        return self._after.encode()

    def _copied(self, keys: List[str]) -> List[Entry]:
        """Each item of a page may be of a moment of its own."""
        found: List[Optional[Change]] = []
        for key in keys:
            self._turn += 7
            found.append(self._world.last(key, self._world.now - self._turn % (STALE + 1)))
        return [(digest(one.key), one.body, False) for one in found if one and not one.delete]

    def _swept(self, keys: List[str]) -> List[Entry]:
        standing = [key for key in keys if key in self._world.target]
        found = [self._world.last(key, self._world.now) for key in standing]
        return [(digest(one.key), one.body, True) for one in found if one and one.delete]


class ModelShardSplit(_ModelSplit):
    def __init__(
        self, world: World, order: StreamOrder, shard: Ready, lanes: int, saved: Optional[bytes]
    ) -> None:
        shard_id = shard.assignment.shard_id
        self.split_id = f"{TABLE}/{order.generation}/{shard_id}"
        self._world, self._order, self._lanes, self._shard_id = world, order, lanes, shard_id
        self._position = ShardPosition.decode(saved) if saved else ShardPosition()
        self._begun = shard.since > 0

    def next_batch(self) -> Optional[Batch]:
        if self._order.arn != self._world.arn:
            raise GapError(TABLE, "the stream is gone")
        shard = self._world.shards[self._shard_id]
        self._refuse_lost(shard.trimmed)
        after = max(self._position.number, shard.trimmed.stamp if shard.trimmed else -1)
        left = [record for record in shard.records if record.stamp > after]
        page, done = left[:PAGE], shard.closed and len(left) <= PAGE
        if page:
            self._position = ShardPosition(str(page[-1].stamp), page[-1].at, page[-1].at)
        if not page and not done:
            return None
        return Batch(self._loads(page), self._world.page_bytes, len(page), done, self._position.horizon)

    def snapshot(self) -> bytes:
        return self._position.encode()

    def _refuse_lost(self, trimmed: Optional[Change]) -> None:
        """Only a new reading may begin behind what was trimmed, and only where it would have skipped it, or
        takes whatever was left when it was registered."""
        if trimmed is None or trimmed.stamp <= self._position.number:
            return
        skip = self._order.skip_before
        needed = trimmed.at >= (self._order.since if skip is None else skip)
        if self._position.sequence or self._begun or needed:
            raise GapError(TABLE, "trimmed")

    def _loads(self, page: List[Change]) -> Dict[int, LaneBatch]:
        skip = self._order.skip_before or 0.0
        entries = [(digest(one.key), one.body, one.delete) for one in page if one.at >= skip]
        return partition(ReadKind.STREAM, TABLE, self._order.generation, self.split_id, entries, self._lanes)


class ModelOpener:
    def __init__(self, world: World, lanes: int) -> None:
        self._world, self._lanes = world, lanes

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> ModelSegment:
        return ModelSegment(self._world, order, self._lanes, saved)

    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> ModelShardSplit:
        return ModelShardSplit(self._world, order, ready, self._lanes, saved)
