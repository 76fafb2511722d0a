"""One reader's shards of one stream: which of them may be read now."""

from __future__ import annotations

from typing import Container, Dict, Iterable, List, Mapping, Set

import msgspec

from connectors.dynamodb.streams.position import ShardPosition
from connectors.model.assignment import Assignment


class Ready(msgspec.Struct, frozen=True, array_like=True):
    """A shard that may be read. `since`: its ancestors have been read up to this time, so none of its records
    is older (epoch seconds; 0: no shard of the family has been read)."""

    assignment: Assignment
    since: float = 0.0


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """A shard that was read to its end a short time ago."""

    ready: Ready
    position: bytes
    """The last one."""


def ready(waiting: Mapping[str, Assignment], unfinished: Container[str]) -> List[Assignment]:
    """The shards whose parent has been read. A parent that is unknown here was read and forgotten."""
    return [
        shard for shard in waiting.values() if shard.parent_id is None or shard.parent_id not in unfinished
    ]


class ShardSet(msgspec.Struct, array_like=True):
    """One instance per stream: two streams of a local server may use the same shard ids.

    Relies on the enumerator: a parent is assigned before its children, and to the same reader.
    """

    waiting: Dict[str, Assignment] = {}
    reading: Dict[str, Ready] = {}
    done: Dict[str, float] = {}
    """Shards that were read to the end, and the time up to which."""
    forgotten: Set[str] = set()
    """Shards that are no longer listed, but not yet read to the end."""
    recent: Dict[str, Ended] = {}
    """Ended shards that may be read again: see connectors.dynamodb.streams.anchor."""

    def assign(self, assignments: Iterable[Assignment]) -> List[Ready]:
        """Returns the shards that may be read at once. A shard that is already known is not changed."""
        for assignment in assignments:
            if assignment.shard_id not in self.done and assignment.shard_id not in self.reading:
                self.waiting[assignment.shard_id] = assignment
        return self._start()

    def finish(self, shard_id: str, position: bytes) -> List[Ready]:
        """Called when the last record was emitted; `position`: the split's last snapshot. Returns the shards
        that are now ready."""
        ended = self.reading.pop(shard_id)
        self.recent[shard_id] = Ended(ended, position)
        self.done[shard_id] = max(ShardPosition.decode(position).reached, ended.since)
        started = self._start()
        if shard_id in self.forgotten:
            self.forgotten.remove(shard_id)
            del self.done[shard_id]
        return started

    def forget(self, shard_ids: Iterable[str]) -> None:
        """Called for shards that are no longer listed. Unread ones stay: if their records are gone, reading
        reports that."""
        for shard_id in shard_ids:
            if shard_id in self.reading or shard_id in self.waiting:
                self.forgotten.add(shard_id)
            self.done.pop(shard_id, None)

    def _start(self) -> List[Ready]:
        started: List[Ready] = []
        for assignment in ready(self.waiting, self.waiting.keys() | self.reading.keys()):
            del self.waiting[assignment.shard_id]
            now = Ready(assignment, self.done.get(assignment.parent_id or "", 0.0))
            self.reading[assignment.shard_id] = now
            started.append(now)
        return started
