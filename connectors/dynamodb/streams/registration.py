"""Which shards does a job begin with?

It must read what is open and may pass over what is closed, but it must never read an ancestor of a shard
that it reads as a root. So nothing is decided while a parent is missing: listings are watched until
CONFIRMATIONS of them in a row have lacked the same parents and brought nothing to light that had been there
before.

Read is then what one of these listings showed open, and the children of what is read. None of it can be an
ancestor of an orphan, however long the shards between them hide: the orphan was there when it was open.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Tuple

import msgspec

from connectors.dynamodb.streams.lineage import CONFIRMATIONS, Known, Lineage
from connectors.dynamodb.streams.listing_view import ListingView, parents_first
from connectors.model.assignment import Assignment

Shards = Dict[str, Known]


def register(before: Lineage, sight: ListingView) -> Tuple[Lineage, List[Assignment]]:
    """Assigns everything at once, when the start is settled; until then nothing."""
    shards, counted = _extended(before, sight), before.missing
    if shards is None:
        shards, counted = _begun_again(before.oldest, sight), {}
    missing = {parent: counted.get(parent, 0) + 1 for parent in _missing(shards)}
    if any(count < CONFIRMATIONS for count in missing.values()):
        return Lineage(before.oldest, False, shards, missing), []
    return _settled(Lineage(before.oldest, True, shards), sight)


def _extended(before: Lineage, sight: ListingView) -> Optional[Shards]:
    """None when a shard came to light that had been there before: then what was seen so far was not all."""
    shards = dict(before.shards)
    named = {one.parent for one in shards.values()}
    for shard_id, parent in sight.new(before.shards).items():
        closed = sight.closed(shard_id)
        of_family = parent in shards and shards[parent].root != "" and shard_id not in named
        if not of_family and (closed or (parent != "" and parent not in shards)):
            return None
        shards[shard_id] = Known(parent, shard_id, closed)
    return shards


def _begun_again(oldest: bool, sight: ListingView) -> Shards:
    """What is not listed now counts as never seen: an open one may have closed since."""
    shards = {}
    for shard_id, parent in sight.parents().items():
        closed = sight.closed(shard_id)
        shards[shard_id] = Known(parent, shard_id if oldest or not closed else "", closed)
    return shards


def _missing(shards: Mapping[str, Known]) -> List[str]:
    return sorted({one.parent for one in shards.values()} - shards.keys() - {""})


def _settled(lineage: Lineage, sight: ListingView) -> Tuple[Lineage, List[Assignment]]:
    shards, missing = lineage.shards, set(_missing(lineage.shards))
    assign: List[Assignment] = []
    for shard_id in parents_first({shard_id: one.parent for shard_id, one in shards.items()}):
        one = shards[shard_id]
        family = shards[one.parent].root if one.parent in shards else ""
        root = (family or shard_id) if one.root else ""
        shards[shard_id] = msgspec.structs.replace(one, root=root, orphan=one.parent in missing)
        if root:
            assign.append(Assignment(shard_id, one.parent if family else None, root, sight.start(shard_id)))
    return lineage, assign
