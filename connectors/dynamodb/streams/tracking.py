"""Once a job reads a stream: which shards follow, which are forgotten, and when is something lost?"""

from __future__ import annotations

from typing import Dict, List

import msgspec

from connectors.dynamodb.streams.lineage import CONFIRMATIONS, FORGET_AFTER, Forgotten, Known, Lineage
from connectors.dynamodb.streams.listing_view import ListingView
from connectors.model.assignment import Assignment


class ShardTracking:
    """Takes in one listing. After a gap the rest of its findings is of no use."""

    def __init__(self, before: Lineage, sight: ListingView) -> None:
        self._before, self._sight = before, sight
        self._shards = dict(before.shards)
        self._missing: Dict[str, int] = {}
        self.assign: List[Assignment] = []
        self.forget: List[Forgotten] = []
        self.gaps: List[str] = []
        self._take_late_parents()
        for shard_id, parent in sight.new(self._shards).items():
            self._admit(shard_id, parent)
        self._age()
        self.lineage = Lineage(before.oldest, True, self._shards, self._missing)

    def _take_late_parents(self) -> None:
        for child in self._before.shards.values():
            while child.parent in self._sight and child.parent not in self._shards:
                late, parent = child.parent, self._sight.parent(child.parent)
                child = self._shards[late] = self._late(child, late, parent)

    def _late(self, child: Known, shard_id: str, parent: str) -> Known:
        """Nothing is ever read behind its child's back: that would bring back older values."""
        if not child.orphan:
            # Was known, forgotten, and shows again: whoever reads the family has it or is done with it.
            return Known(parent, child.root, True)
        above = self._shards.get(parent)
        if self._before.oldest or (above is not None and above.root):
            self.gaps.append(f"shard {shard_id} was listed only after its child was being read")
        return Known(parent, "", True, orphan=parent != "" and above is None)

    def _admit(self, shard_id: str, parent: str) -> None:
        above = self._shards.get(parent)
        if above is not None and above.root:
            self._assign(shard_id, parent, above.root)
        elif above is None and parent:
            self._wait_for(parent)
        elif self._sight.closed(shard_id) and self._some_parent_is_unknown():
            # It may be an ancestor of that shard, whose records it must not follow, or it must be read.
            self.gaps.append(f"shard {shard_id} was listed only after it had closed")
        else:
            self._assign(shard_id, parent, "")

    def _some_parent_is_unknown(self) -> bool:
        return any(one.parent and one.parent not in self._shards for one in self._shards.values())

    def _wait_for(self, parent: str) -> None:
        if parent in self._sight:
            return  # which waits itself
        self._missing[parent] = self._before.missing.get(parent, 0) + 1
        if self._missing[parent] == CONFIRMATIONS:
            self.gaps.append(f"shard {parent} was trimmed before it was ever listed to this job")

    def _assign(self, shard_id: str, parent: str, family: str) -> None:
        root = family or shard_id
        self._shards[shard_id] = Known(parent, root, self._sight.closed(shard_id))
        start = self._sight.start(shard_id)
        self.assign.append(Assignment(shard_id, parent if family else None, root, start))

    def _age(self) -> None:
        """An open shard is never trimmed: one that is not listed only hides."""
        for shard_id, one in list(self._shards.items()):
            closed = one.closed or self._sight.closed(shard_id)
            absent = 0 if shard_id in self._sight else min(one.absent + 1, FORGET_AFTER)
            if not closed or absent < FORGET_AFTER:
                self._shards[shard_id] = msgspec.structs.replace(one, closed=closed, absent=absent)
                continue
            del self._shards[shard_id]
            if one.root:
                self.forget.append(Forgotten(shard_id, one.root))
        self.forget.sort()
