"""One listing of a stream, its contradictions resolved."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Set

from connectors.dynamodb.streams.calls import Shard
from connectors.dynamodb.streams.lineage import Known


class ListingView:
    def __init__(self, known: Mapping[str, Known], listed: Iterable[Shard]) -> None:
        self.shards: Dict[str, Shard] = {}
        for shard in listed:
            if shard.ShardId not in self.shards or shard.closed:
                self.shards[shard.ShardId] = shard
        self._parents = {one.parent for one in known.values()} | set(self.parents().values())

    def __contains__(self, shard_id: str) -> bool:
        return shard_id in self.shards

    def parents(self) -> Dict[str, str]:
        return {shard_id: self.parent(shard_id) for shard_id in self.shards}

    def parent(self, shard_id: str) -> str:
        return self.shards[shard_id].ParentShardId or ""

    def closed(self, shard_id: str) -> bool:
        """Whoever has a child is closed, even if an earlier page still shows it open."""
        return shard_id in self._parents or (shard_id in self.shards and self.shards[shard_id].closed)

    def start(self, shard_id: str) -> str:
        shard = self.shards.get(shard_id)
        return shard.SequenceNumberRange.StartingSequenceNumber if shard else ""

    def new(self, known: Mapping[str, Known]) -> Dict[str, str]:
        """Those not known yet and their parents, parents first."""
        parents = {shard_id: parent for shard_id, parent in self.parents().items() if shard_id not in known}
        return {shard_id: parents[shard_id] for shard_id in parents_first(parents)}


def parents_first(parents: Mapping[str, str]) -> List[str]:
    """The keys, each after its parent where that is a key too."""
    order: List[str] = []
    seen: Set[str] = set()
    for shard_id in sorted(parents):
        path: List[str] = []
        while shard_id in parents and shard_id not in seen:
            seen.add(shard_id)
            path.append(shard_id)
            shard_id = parents[shard_id]
        order.extend(reversed(path))
    return order
