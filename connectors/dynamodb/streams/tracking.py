"""Processes one listing of a stream's shards: which to read now, in which family, and which to forget.

Registration decides where the job begins. The job must read every open shard and may skip closed ones. It
must never read an ancestor of a shard that it reads as a root.

1. Nothing is decided while a listed shard names a parent that is missing.
2. The start is decided once CONFIRMATIONS consecutive listings lack the same parents, and show no further
   shard that existed before.
3. The job then reads the shards that one of these listings showed open, and their descendants.
4. None of these is an ancestor of an orphan (a shard whose parent was never listed), however long the shards
   between them stay hidden: the orphan was listed while it was open.

Tracking begins after registration.

1. The child of a shard that is read is assigned to the same family.
2. A shard waits while its parent is unknown. A parent that is missing from CONFIRMATIONS consecutive listings
   was trimmed before it was read: a gap.
3. A shard without a parent that is already closed when it is first listed is a gap while the parent of
   another shard is unknown: it may be an ancestor of that other shard.
4. A parent that is listed later than its child is never read after the child: that would restore older
   values.
5. An open shard that is not listed is only hidden. A closed shard that is missing from FORGET_AFTER
   consecutive listings is forgotten.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

import msgspec

from connectors.dynamodb.streams.calls import Shard
from connectors.dynamodb.streams.lineage import CONFIRMATIONS, FORGET_AFTER, Forgotten, Known, Lineage
from connectors.model.assignment import Assignment


class ListingView:
    """One listing of a stream, with contradictions between its pages resolved."""

    def __init__(self, known: Mapping[str, Known], listed: Iterable[Shard]) -> None:
        self.shards: Dict[str, Shard] = {}
        for shard in listed:
            if shard.ShardId not in self.shards or shard.closed:
                self.shards[shard.ShardId] = shard
        self._parents = {shard.parent for shard in known.values()} | set(self.parents().values())

    def __contains__(self, shard_id: str) -> bool:
        return shard_id in self.shards

    def parents(self) -> Dict[str, str]:
        return {shard_id: self.parent(shard_id) for shard_id in self.shards}

    def parent(self, shard_id: str) -> str:
        return self.shards[shard_id].ParentShardId or ""

    def closed(self, shard_id: str) -> bool:
        """Whether a shard is closed. A shard with a child is, even if an earlier page shows it open."""
        return shard_id in self._parents or (shard_id in self.shards and self.shards[shard_id].closed)

    def start(self, shard_id: str) -> str:
        shard = self.shards.get(shard_id)
        return shard.SequenceNumberRange.StartingSequenceNumber if shard else ""

    def new(self, known: Mapping[str, Known]) -> Dict[str, str]:
        """The shards not known yet, with their parents; parents come first."""
        parents = {shard_id: parent for shard_id, parent in self.parents().items() if shard_id not in known}
        return {shard_id: parents[shard_id] for shard_id in parents_first(parents)}


def parents_first(parents: Mapping[str, str]) -> List[str]:
    """The keys, each after its parent if the parent is a key too."""
    order: List[str] = []
    visited: Set[str] = set()
    for shard_id in sorted(parents):
        path: List[str] = []
        while shard_id in parents and shard_id not in visited:
            visited.add(shard_id)
            path.append(shard_id)
            shard_id = parents[shard_id]
        order.extend(reversed(path))
    return order


Shards = Dict[str, Known]


def register(before: Lineage, view: ListingView) -> Tuple[Lineage, List[Assignment]]:
    """Assign all shards at once, when the start is decided; until then, assign none."""
    shards, counted = _extended(before, view), before.missing
    if shards is None:
        shards, counted = _begun_again(before.oldest, view), {}
    missing = {parent: counted.get(parent, 0) + 1 for parent in _missing(shards)}
    if any(count < CONFIRMATIONS for count in missing.values()):
        return Lineage(before.oldest, False, shards, missing), []
    return _settled(Lineage(before.oldest, True, shards), view)


def _extended(before: Lineage, view: ListingView) -> Optional[Shards]:
    """None if a shard is listed now that existed before: then the earlier listings were not complete."""
    shards = dict(before.shards)
    named = {shard.parent for shard in shards.values()}
    for shard_id, parent in view.new(before.shards).items():
        closed = view.closed(shard_id)
        of_family = parent in shards and shards[parent].root != "" and shard_id not in named
        if not of_family and (closed or (parent != "" and parent not in shards)):
            return None
        shards[shard_id] = Known(parent, shard_id, closed)
    return shards


def _begun_again(oldest: bool, view: ListingView) -> Shards:
    """Start again from this listing. Shards not listed now count as unknown: an open one may have closed."""
    shards = {}
    for shard_id, parent in view.parents().items():
        closed = view.closed(shard_id)
        shards[shard_id] = Known(parent, shard_id if oldest or not closed else "", closed)
    return shards


def _missing(shards: Mapping[str, Known]) -> List[str]:
    return sorted({shard.parent for shard in shards.values()} - shards.keys() - {""})


def _settled(lineage: Lineage, view: ListingView) -> Tuple[Lineage, List[Assignment]]:
    shards, missing = lineage.shards, set(_missing(lineage.shards))
    assign: List[Assignment] = []
    for shard_id in parents_first({shard_id: shard.parent for shard_id, shard in shards.items()}):
        shard = shards[shard_id]
        family = shards[shard.parent].root if shard.parent in shards else ""
        root = (family or shard_id) if shard.root else ""
        shards[shard_id] = msgspec.structs.replace(shard, root=root, orphan=shard.parent in missing)
        if root:
            assign.append(Assignment(shard_id, shard.parent if family else None, root, view.start(shard_id)))
    return lineage, assign


class ShardTracking:
    """Processes one listing. After a gap, its other results are not valid."""

    def __init__(self, before: Lineage, view: ListingView) -> None:
        self._before, self._view = before, view
        self._shards = dict(before.shards)
        self._missing: Dict[str, int] = {}
        self.assign: List[Assignment] = []
        self.forget: List[Forgotten] = []
        self.gaps: List[str] = []
        self._take_late_parents()
        for shard_id, parent in view.new(self._shards).items():
            self._admit(shard_id, parent)
        self._age()
        self.lineage = Lineage(before.oldest, True, self._shards, self._missing)

    def _take_late_parents(self) -> None:
        for child in self._before.shards.values():
            while child.parent in self._view and child.parent not in self._shards:
                late, parent = child.parent, self._view.parent(child.parent)
                child = self._shards[late] = self._late(child, late, parent)

    def _late(self, child: Known, shard_id: str, parent: str) -> Known:
        """A shard is never read after its child: that would restore older values."""
        if not child.orphan:
            # It was known and forgotten, and is listed again: the family's reader reads it or has read it.
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
        elif self._view.closed(shard_id) and self._some_parent_is_unknown():
            # It may be an ancestor of that orphan and must not be read after it; or it must be read.
            self.gaps.append(f"shard {shard_id} was listed only after it had closed")
        else:
            self._assign(shard_id, parent, "")

    def _some_parent_is_unknown(self) -> bool:
        return any(shard.parent and shard.parent not in self._shards for shard in self._shards.values())

    def _wait_for(self, parent: str) -> None:
        if parent in self._view:
            return  # the parent itself waits
        self._missing[parent] = self._before.missing.get(parent, 0) + 1
        if self._missing[parent] == CONFIRMATIONS:
            self.gaps.append(f"shard {parent} was trimmed before it was ever listed to this job")

    def _assign(self, shard_id: str, parent: str, family: str) -> None:
        root = family or shard_id
        self._shards[shard_id] = Known(parent, root, self._view.closed(shard_id))
        start = self._view.start(shard_id)
        self.assign.append(Assignment(shard_id, parent if family else None, root, start))

    def _age(self) -> None:
        """Count listings without a shard. An open shard is never trimmed: if it is not listed, it is
        hidden."""
        for shard_id, shard in list(self._shards.items()):
            closed = shard.closed or self._view.closed(shard_id)
            absent = 0 if shard_id in self._view else min(shard.absent + 1, FORGET_AFTER)
            if not closed or absent < FORGET_AFTER:
                self._shards[shard_id] = msgspec.structs.replace(shard, closed=closed, absent=absent)
                continue
            del self._shards[shard_id]
            if shard.root:
                self.forget.append(Forgotten(shard_id, shard.root))
        self.forget.sort()


class Observed(NamedTuple):
    lineage: Lineage
    assign: List[Assignment]
    """Parents before children."""
    forget: List[Forgotten]
    gaps: List[str]
    """Reasons why changes may be lost; empty in a complete stream. After a gap the lineage is not usable."""


def observe(lineage: Lineage, listed: Iterable[Shard]) -> Observed:
    """Process one listing. Pure; the same listing twice assigns nothing twice."""
    view = ListingView(lineage.shards, listed)
    if not lineage.registered:
        started, assign = register(lineage, view)
        return Observed(started, assign, [], [])
    tracked = ShardTracking(lineage, view)
    return Observed(tracked.lineage, tracked.assign, tracked.forget, tracked.gaps)
