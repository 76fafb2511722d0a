"""Where a stream is read again after the scan of its table has continued. Pure.

A page of an eventually consistent Scan may show an item as it was some time before. If it is written after
the newer change, the target has the older value again. Therefore the stream is read again from MARGIN seconds
before the point that had been reached, by the records' own times: the newest change of each such item is
written once more.
docs/how-it-works.md has the proof.

1. The limit of a shard is MARGIN before the time that it has reached; of an ended shard, before the earliest
   time that one of its descendants has reached.
2. A shard that is being read begins after the last record created before its limit.
3. A shard that has ended, with a record since its limit, is read again from there. Its descendants follow,
   each from its start: an older change of a key is never written after a newer one.
4. A shard keeps a trail of records, so that reading begins at most STRIDE seconds before its limit. The trail
   covers the margin only.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Set, Tuple

import msgspec

from connectors.dynamodb.streams.position import ROUNDING, Footprint, ShardPosition
from connectors.dynamodb.streams.shard_set import Ready, ShardSet

MARGIN = 300.0
"""Seconds. The service gives no bound for the age of what an eventually consistent read shows; it is usually
below a second."""
STRIDE = 30.0

Trail = Tuple[Footprint, ...]


def extended(trail: Trail, sequence: str, time: float, created: float) -> Trail:
    """The trail before the next record is read. `sequence`, `time`: of the record before it; see
    ShardPosition. `created`: the next record's time."""
    if not sequence or (trail and (created - trail[-1].created < STRIDE or trail[-1].sequence == sequence)):
        return trail
    return (*trail, Footprint(time, sequence))


def pruned(trail: Trail, reached: float) -> Trail:
    """The trail without the records that no anchor needs."""
    limit, first = limit_of(reached), 0
    while first + 1 < len(trail) and trail[first + 1].created < limit:
        first += 1
    return trail[first:]


def limit_of(reached: float) -> float:
    return max(0.0, reached - MARGIN - ROUNDING)


def anchored(position: ShardPosition, limit: float) -> ShardPosition:
    """The position from which each record created since `limit` is read again."""
    horizon = min(position.horizon, limit)
    if position.sequence and position.time < limit:  # no record has been read since then
        return msgspec.structs.replace(position, horizon=horizon)
    before = [step for step in position.trail if step.created < limit]
    if not before:
        return ShardPosition(horizon=horizon)
    return ShardPosition(before[-1].sequence, before[-1].created, horizon, (before[-1],))


class Rewound(NamedTuple):
    shards: ShardSet
    positions: Dict[str, ShardPosition]
    """The positions of the shards that are read again."""


def rewind(shards: ShardSet, positions: Dict[str, ShardPosition]) -> Rewound:
    """Set every shard to its anchor. `positions`: those of the shards being read."""
    lines = _Lines(shards, positions)
    again = lines.again()
    result = ShardSet(dict(shards.waiting), {}, dict(shards.done), set(shards.forgotten), dict(shards.recent))
    anchors: Dict[str, ShardPosition] = {}
    for shard_id in sorted(again):
        del result.recent[shard_id]
        if result.done.pop(shard_id, None) is None:
            result.forgotten.add(shard_id)  # it is no longer listed: `finish` forgets it again
    for shard_id, ready in lines.known.items():
        if ready.assignment.parent_id in again:
            result.waiting[shard_id] = ready.assignment
        elif shard_id in again or shard_id in shards.reading:
            result.reading[shard_id] = ready
            anchors[shard_id] = anchored(lines.positions[shard_id], lines.limit(shard_id))
    return Rewound(result, anchors)


class _Lines:
    """The shards being read and those that ended a short time ago, by descent."""

    def __init__(self, shards: ShardSet, positions: Dict[str, ShardPosition]) -> None:
        self.ended = {i: shard.ready for i, shard in shards.recent.items()}
        self.known: Dict[str, Ready] = {**self.ended, **shards.reading}
        self.positions = {i: positions.get(i, ShardPosition()) for i in shards.reading}
        self.positions.update((i, ShardPosition.decode(shard.position)) for i, shard in shards.recent.items())
        self._children: Dict[str, List[str]] = {}
        for shard_id, ready in self.known.items():
            self._children.setdefault(ready.assignment.parent_id or "", []).append(shard_id)

    def reached(self, shard_id: str) -> float:
        """Including its ancestors: they were read before."""
        ready = self.known[shard_id]
        own, parent = max(self.positions[shard_id].reached, ready.since), ready.assignment.parent_id
        return max(own, self.reached(parent)) if parent in self.ended and parent else own

    def limit(self, shard_id: str) -> float:
        children = self._children.get(shard_id, [])
        return min(map(self.limit, children), default=limit_of(self.reached(shard_id)))

    def again(self) -> Set[str]:
        """Ended shards with a record since their limit, and the ended descendants of these."""
        again = {i for i in self.ended if self._has_records_since(i, self.limit(i))}
        return self.with_descendants(again) & self.ended.keys()

    def _has_records_since(self, shard_id: str, limit: float) -> bool:
        position = self.positions[shard_id]
        return bool(position.sequence) and position.time >= limit

    def with_descendants(self, shard_ids: Set[str]) -> Set[str]:
        descendants, left = set(shard_ids), list(shard_ids)
        while left:
            children = self._children.get(left.pop(), [])
            left += [child for child in children if child not in descendants]
            descendants.update(children)
        return descendants


def outdated(shards: ShardSet, reached: float) -> List[str]:
    """Ended shards that no anchor needs. `reached`: a time that all shards being read have reached;
    0 if it is not known."""
    lines = _Lines(shards, {i: ShardPosition(horizon=reached) for i in shards.reading})
    needed = lines.with_descendants({i for i in lines.ended if lines.reached(i) >= lines.limit(i)})
    return [shard_id for shard_id in lines.ended if shard_id not in needed]
