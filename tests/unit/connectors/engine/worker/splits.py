"""The model's splits: pages of a segment, of a sweep and of a shard, read from the world as it is by then."""

from __future__ import annotations

from typing import List, Optional, Set

import msgspec

from connectors.base.errors import GapError
from connectors.dynamodb.streams import anchor
from connectors.dynamodb.streams.position import ShardPosition
from connectors.dynamodb.streams.shard_set import Ready
from connectors.model.orders import SegmentOrder, StreamOrder
from connectors.model.pages import ReadPage
from tests.unit.connectors.engine.worker.world import KEYS, TABLE, Change, World, digest, parts_of

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

    def __init__(self, world: World, order: SegmentOrder, saved: Optional[bytes]) -> None:
        self.split_id = order.split_id
        self._world, self._order = world, order
        self._after = saved.decode() if saved else ""

    def next_page(self) -> ReadPage:
        keys = [key for part, key in parts_of(KEYS, self._order.total) if part == self._order.segment]
        left = [key for key in keys if key > self._after and self._after != "-"]
        page, done = left[:PAGE], len(left) <= PAGE
        bodies = self._swept(page) if self._order.of_target else self._copied(page)
        self._after = "-" if done else page[-1]
        return ReadPage(
            self._after.encode(),
            self._world.page_bytes,
            len(bodies),
            bodies,
            self._order.of_target,
            done=done,
            origin=f"scan/{self._order.generation}",
        )

    def _copied(self, keys: List[str]) -> List[bytes]:
        """Each item of a page may be of a moment of its own."""
        world = self._world
        shown = [world.last(key, max(world.floor, world.now - world.stale())) for key in keys]
        return [each.body for each in shown if each and not each.delete]

    def _swept(self, keys: List[str]) -> List[bytes]:
        standing = [key for key in keys if key in self._world.target]
        last = [self._world.last(key, self._world.now) for key in standing]
        return [each.body for each in last if each and each.delete]


class ModelShardSplit(_ModelSplit):
    def __init__(self, world: World, order: StreamOrder, shard: Ready, saved: Optional[bytes]) -> None:
        shard_id = shard.assignment.shard_id
        self.split_id = f"{TABLE}/{order.generation}/{shard_id}"
        self._world, self._order, self._shard_id = world, order, shard_id
        self._position = ShardPosition.decode(saved) if saved else ShardPosition()
        self._begun = shard.since > 0

    def next_page(self) -> Optional[ReadPage]:
        if self._order.arn != self._world.arn:
            raise GapError(TABLE, "the stream is gone")
        shard = self._world.shards[self._shard_id]
        self._refuse_lost(shard.trimmed)
        after = max(self._position.number, shard.trimmed.stamp if shard.trimmed else -1)
        left = [record for record in shard.records if record.stamp > after]
        page, done = left[:PAGE], shard.closed and len(left) <= PAGE
        horizon, trail = self._position.horizon, self._position.trail
        before = self._position
        for record in page:
            trail = anchor.extended(trail, before.sequence, before.time, record.at)
            before = ShardPosition(str(record.stamp), record.at)
        if page:
            horizon = max(horizon, page[-1].at - 1)
            self._position = msgspec.structs.replace(
                self._position, sequence=str(page[-1].stamp), time=page[-1].at, horizon=horizon
            )
        elif not done:
            horizon = max(horizon, self._world.now - 5)
            if horizon == self._position.horizon:
                return None
            self._position = msgspec.structs.replace(self._position, horizon=horizon)
        trail = anchor.pruned(trail, self._position.reached)
        self._position = msgspec.structs.replace(self._position, trail=trail)
        return self._page(page, done)

    def _page(self, page: List[Change], done: bool) -> ReadPage:
        skip = self._order.skip_before or 0.0
        changes = [(digest(each.key), each.body, each.delete) for each in page if each.at >= skip]
        return ReadPage(
            self._position.encode(),
            self._world.page_bytes,
            len(page),
            changes=changes,
            done=done,
            horizon=self._position.horizon,
            origin=f"shard/{self._order.generation}",
        )

    def _refuse_lost(self, trimmed: Optional[Change]) -> None:
        """Only a new reading may begin behind what was trimmed, and only where it would have skipped it, or
        takes whatever was left when it was registered."""
        if trimmed is None or trimmed.stamp <= self._position.number:
            return
        skip = self._order.skip_before
        needed = trimmed.at >= (self._order.since if skip is None else skip)
        if self._position.sequence or self._begun or needed:
            raise GapError(TABLE, "trimmed")


class ModelOpener:
    def __init__(self, world: World) -> None:
        self._world = world
        self._shards: Set[str] = set()
        self.opened_again = 0
        """Shards that a table has begun to read again, after it was suspended or its scan went on."""

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> ModelSegment:
        return ModelSegment(self._world, order, saved)

    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> ModelShardSplit:
        split = ModelShardSplit(self._world, order, ready, saved)
        self.opened_again += split.split_id in self._shards
        self._shards.add(split.split_id)
        return split
