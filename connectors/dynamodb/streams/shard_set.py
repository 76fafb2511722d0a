"""One reader slot's shards of one stream: which of them may be read now."""

from __future__ import annotations

from typing import Container, Dict, Iterable, List, Mapping, Set

import msgspec

from connectors.dynamodb.streams.position import ShardPosition
from connectors.model.assignment import Assignment


class Ready(msgspec.Struct, frozen=True, array_like=True):
    """A shard that may be read. `since`: its forebears have been read up to this time, so none of its
    records is older (epoch seconds; 0: nothing of the family has been read)."""

    assignment: Assignment
    since: float = 0.0


def ready(waiting: Mapping[str, Assignment], unfinished: Container[str]) -> List[Assignment]:
    """Those whose parent is not still to be read. A parent that is not known here was read and forgotten."""
    return [one for one in waiting.values() if one.parent_id is None or one.parent_id not in unfinished]


class ShardSet(msgspec.Struct, array_like=True):
    """Make one per stream: two streams of a local server may use the same shard ids.

    Relies on the enumerator: a parent is assigned before its children, and to the same slot.
    """

    waiting: Dict[str, Assignment] = {}
    reading: Dict[str, Ready] = {}
    done: Dict[str, float] = {}
    """Read to the end, and up to what time."""
    forgotten: Set[str] = set()
    """No longer listed, but not yet read to the end."""

    def assign(self, assignments: Iterable[Assignment]) -> List[Ready]:
        """Returns those that may be read at once. A shard that is known already is left as it is."""
        for one in assignments:
            if one.shard_id not in self.done and one.shard_id not in self.reading:
                self.waiting[one.shard_id] = one
        return self._start()

    def finish(self, shard_id: str, position: bytes) -> List[Ready]:
        """Its last record is emitted; `position` is the split's last snapshot. Returns the newly ready."""
        since = self.reading.pop(shard_id).since
        self.done[shard_id] = max(ShardPosition.decode(position).reached, since)
        started = self._start()
        if shard_id in self.forgotten:
            self.forgotten.remove(shard_id)
            del self.done[shard_id]
        return started

    def forget(self, shard_ids: Iterable[str]) -> None:
        """Not listed any more. What is still to be read stays: if its records are gone, reading says so."""
        for shard_id in shard_ids:
            if shard_id in self.reading or shard_id in self.waiting:
                self.forgotten.add(shard_id)
            self.done.pop(shard_id, None)

    def _start(self) -> List[Ready]:
        started: List[Ready] = []
        for one in ready(self.waiting, self.waiting.keys() | self.reading.keys()):
            del self.waiting[one.shard_id]
            now = Ready(one, self.done.get(one.parent_id or "", 0.0))
            self.reading[one.shard_id] = now
            started.append(now)
        return started
