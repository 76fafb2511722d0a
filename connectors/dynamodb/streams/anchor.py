"""From where a stream is followed again after a scan has gone on. Pure.

A page of an eventually consistent Scan may show an item as it was some time before. Written after the newer
change, it takes the item back. Therefore following begins again MARGIN seconds before the point it had
reached, by the records' own times: the newest change of each such item is written once more.
docs/how-it-works.md has the proof.

1. A shard that is being read begins after the last record created before that time.
2. A shard that has ended since then is read again from there, and its children after it, from their start.
3. A shard keeps a trail of records, at least STRIDE seconds apart, so that such a record is known.
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


def extended(trail: Trail, position: ShardPosition) -> Trail:
    """The trail with the last record of `position`, and without what no anchor needs any more."""
    if position.sequence and (not trail or position.time - trail[-1].created >= STRIDE):
        trail = (*trail, Footprint(position.time, position.sequence))
    limit = position.reached - MARGIN - ROUNDING
    first = 0
    while first + 1 < len(trail) and trail[first + 1].created < limit:
        first += 1
    return trail[first:]


def anchored(position: ShardPosition, reached: float) -> ShardPosition:
    """The position to read from again. `reached`: the time up to which everything had been applied."""
    limit = min(reached, position.reached) - MARGIN - ROUNDING
    if position.sequence and position.time < limit:  # nothing was read since then
        return msgspec.structs.replace(position, horizon=min(position.horizon, limit))
    before = [step for step in position.trail if step.created < limit]
    if not before:
        return ShardPosition()
    return ShardPosition(before[-1].sequence, before[-1].created, before[-1].created, (before[-1],))


class Rewound(NamedTuple):
    shards: ShardSet
    positions: Dict[str, ShardPosition]
    """By shard; of those that are read again."""


def rewind(shards: ShardSet, positions: Dict[str, ShardPosition]) -> Rewound:
    """Every family at its anchors. `positions`: of the shards being read."""
    result = Rewound(ShardSet(dict(shards.waiting), {}, dict(shards.done), set(shards.forgotten)), {})
    for root in {one.assignment.root_id for one in shards.reading.values()} | {
        recent.ready.assignment.root_id for recent in shards.recent.values()
    }:
        _Family(shards, positions, root).into(result)
    return result


class _Family:
    def __init__(self, shards: ShardSet, positions: Dict[str, ShardPosition], root: str) -> None:
        self._open = {i: one for i, one in shards.reading.items() if one.assignment.root_id == root}
        self._ended = {i: one for i, one in shards.recent.items() if one.ready.assignment.root_id == root}
        self._positions = {i: positions.get(i, ShardPosition()) for i in self._open}
        self._positions.update((i, ShardPosition.decode(one.position)) for i, one in self._ended.items())
        known = [max(self._positions[i].reached, one.since) for i, one in self._open.items()]
        self._reached = min(known) if known else max(self._positions[i].reached for i in self._ended)

    def into(self, result: Rewound) -> None:
        again = self._again()
        for shard_id, ready in self._all(again).items():
            if ready.assignment.parent_id in again:
                result.shards.waiting[shard_id] = ready.assignment
            else:
                result.shards.reading[shard_id] = ready
                result.positions[shard_id] = anchored(self._positions[shard_id], self._reached)
        for shard_id in again:
            result.shards.done.pop(shard_id, None)

    def _again(self) -> Set[str]:
        """Ended shards that hold records of the margin, and their ended descendants."""
        limit = self._reached - MARGIN - ROUNDING
        again = {i for i in self._ended if self._positions[i].time >= limit and self._positions[i].sequence}
        growing = True
        while growing:
            more = {i for i, one in self._ended.items() if one.ready.assignment.parent_id in again} - again
            again |= more
            growing = bool(more)
        return again

    def _all(self, again: Set[str]) -> Dict[str, Ready]:
        return {**{i: self._ended[i].ready for i in sorted(again)}, **self._open}


def outdated(shards: ShardSet, reached: float) -> List[str]:
    """Ended shards whose records no anchor needs any more."""
    limit = reached - MARGIN - ROUNDING
    return [i for i, one in shards.recent.items() if ShardPosition.decode(one.position).time < limit]

