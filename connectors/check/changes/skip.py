"""Which closed shards the first generation need not read. Pure.

1. The first generation needs the records since a time, shortly before the full check began.
2. The records of a shard are older than those of its children, and so on.
3. If the first record of a shard is older than that time, no ancestor of the shard has a record that is
   needed.
4. Service and shards do not say when a record was made, so the first record of a shard is read. A line of
   shards is followed from its newest one, which is usually old enough: one read for each open shard.
"""

from __future__ import annotations

from typing import Callable, Iterator, Mapping, Optional, Set

FirstTime = Callable[[str], Optional[float]]
"""The creation time of a shard's first record; None if it is not known."""


def unneeded(parents: Mapping[str, str], before: float, first_time: FirstTime) -> Set[str]:
    """The shards that have only records from before that time. `parents`: of the listed shards, empty for a
    shard without a parent."""
    leaves = parents.keys() - set(parents.values())
    skipped: Set[str] = set()
    looked: Set[str] = set()
    for leaf in sorted(leaves):
        for shard_id in lineage(parents, leaf):
            if shard_id in looked or shard_id in skipped:
                break  # the rest of this line was followed from another leaf
            looked.add(shard_id)
            older = list(lineage(parents, parents[shard_id]))
            if older and _is_old(first_time(shard_id), before):
                skipped.update(older)
                break
    return skipped


def lineage(parents: Mapping[str, str], shard_id: str) -> Iterator[str]:
    """A shard and its listed ancestors, newest first."""
    while shard_id in parents:
        yield shard_id
        shard_id = parents[shard_id]


def _is_old(time: Optional[float], before: float) -> bool:
    return time is not None and time < before
