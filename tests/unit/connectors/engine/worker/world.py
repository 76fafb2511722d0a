"""The source table, its stream and the target of the model: what a job sees of the world, and the truth.

A change is an int, its stamp; stamps grow with every change. A body is `key:stamp`, so that every write
tells which change it shows.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple
from zlib import crc32

from connectors.dynamodb.streams.calls import Range, Shard
from connectors.model.digests import digest_of

TABLE = "orders"
KEYS = [f"k{number:02d}" for number in range(12)]
FAMILIES = 2
"""Lines of shards; a key belongs to one of them for ever."""
STALE = 250
"""Seconds by which an eventually consistent read may be behind: below the margin of an anchor."""


class Change(NamedTuple):
    stamp: int
    at: float
    key: str
    delete: bool

    @property
    def body(self) -> bytes:
        return f"{self.key}:{self.stamp}".encode()


def key_of(body: bytes) -> str:
    return body.decode().split(":")[0]


def stamp_of(body: bytes) -> int:
    return int(body.decode().split(":")[1])


def digest(key: str) -> bytes:
    return digest_of(TABLE, key.encode())


class ModelShard:
    def __init__(self, shard_id: str, parent: Optional[str], start: int) -> None:
        self.shard_id, self.parent, self.start = shard_id, parent, start
        self.records: List[Change] = []
        self.closed = False
        self.trimmed: Optional[Change] = None
        """The last record that is gone."""

    def listed(self) -> Shard:
        return Shard(
            self.shard_id, self.parent, Range(str(self.start), str(self.start) if self.closed else None)
        )


class World:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.stamp = 0
        self.page_bytes = 1
        """What a page counts in memory."""
        self.staleness = STALE
        self.floor = 0.0
        """No read shows a moment before this one: the grace period before the first scan covers it."""
        self._turn = 0
        self.history: Dict[str, List[Change]] = {key: [] for key in KEYS}
        self.target: Dict[str, bytes] = {}
        self.streams = 0
        self.shards: Dict[str, ModelShard] = {}
        self.arn = ""
        self.restream()

    # -- what the application does -------------------------------------------------------------------------

    def change(self, key: str, delete: bool, recorded: bool = True) -> None:
        last = self.last(key, self.now)
        if delete and (last is None or last.delete):
            return  # a write that changes nothing leaves no record
        self.stamp += 1
        change = Change(self.stamp, self.now, key, delete)
        self.history[key].append(change)
        if recorded:
            self._open_shard(crc32(key.encode()) % FAMILIES).records.append(change)

    def rotate(self, family: int) -> None:
        old = self._open_shard(family)
        old.closed = True
        self._open(family, old.shard_id)

    # -- what goes wrong -----------------------------------------------------------------------------------

    def restream(self) -> None:
        """The stream is made anew; what the old one held is gone for its readers."""
        self.streams += 1
        self.arn = f"arn:stream-{self.streams}"
        self.shards = {}
        for family in range(FAMILIES):
            self._open(family, None)

    def trim(self) -> None:
        """A long time passes, and with it all that the stream holds."""
        self.now += 10_000.0
        for shard in self.shards.values():
            if shard.records:
                shard.trimmed = shard.records[-1]

    # -- what the service answers --------------------------------------------------------------------------

    def last(self, key: str, at: float) -> Optional[Change]:
        """The key's last change as of a time."""
        return next((change for change in reversed(self.history[key]) if change.at <= at), None)

    def stale(self) -> float:
        """Seconds by which the next read is behind."""
        self._turn += 7
        return float(self._turn * 13 % (self.staleness + 1))

    def listing(self) -> List[Shard]:
        return [shard.listed() for shard in self.shards.values()]

    def truth(self) -> Dict[str, bytes]:
        found: Dict[str, bytes] = {}
        for key in KEYS:
            last = self.last(key, self.now)
            if last is not None and not last.delete:
                found[key] = last.body
        return found

    def _open(self, family: int, parent: Optional[str]) -> None:
        shard_id = f"{family}-{self.streams}-{len(self.shards)}"
        self.shards[shard_id] = ModelShard(shard_id, parent, self.stamp)

    def _open_shard(self, family: int) -> ModelShard:
        shards = [s for s in self.shards.values() if s.shard_id.startswith(f"{family}-") and not s.closed]
        return shards[-1]


def parts_of(keys: List[str], total: int) -> List[Tuple[int, str]]:
    return [(crc32(b"segment" + key.encode()) % total, key) for key in keys]
