"""Reading the reverse job's record of the changed keys, from where the predecessor ended. One thread.

A generation is complete when the segments of every slot cover the log without a hole up to its end, as it was
when the generation began.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, List

import msgspec

from connectors.base.text import duration
from connectors.check.changes.chain import MOST_KEYS, BrokenChain, LogState
from connectors.model.key_record import (
    Covered,
    KeySegment,
    LogPart,
    covered,
    segment_name,
    unsealed,
)
from connectors.model.keys import KeyReader
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.storage.contract import Storage, content

LIST_SECONDS = 0.5
"""Seconds between two listings of the segments."""
HOLE_LISTINGS = 3
"""Listings in a row that must show a hole: a segment may be replaced by a longer one while they are made."""
PATIENCE_SECONDS = 60.0
"""Seconds without a new segment, while one is awaited, after which the chain counts as broken."""


class RecordReader:
    def __init__(
        self,
        log: LogState,
        keys: Dict[str, KeyReader],
        storage: Storage,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`keys`: of the chain's tables. `clock`: monotonic seconds."""
        self._log, self._readers, self._storage, self._clock = log, keys, storage, clock
        self.positions = dict(log.positions)
        """Slot -> how far the record has been read."""
        self.until = 0
        """The position that a generation must reach in every slot."""
        self._keys: Dict[str, Dict[bytes, bytes]] = {name: {} for name in keys}
        self._relations = _relations_of(log)
        self._list_at, self._moved_at = float("-inf"), clock()
        self._holes = 0

    def turn(self) -> None:
        """Read the segments that are new. Raises BrokenChain, TerminalError and TransientError."""
        now = self._clock()
        if now < self._list_at:
            return
        self._list_at = now + LIST_SECONDS
        names = [name for name in map(segment_name, self._storage.names()) if name]
        cover = {slot: covered(names, self._part(slot), at) for slot, at in self.positions.items()}
        moved = [self._read(slot, each) for slot, each in cover.items()]
        if any(moved) or self.complete(0.0):
            self._moved_at = self._clock()
        self._refuse_hole(cover)

    def complete(self, since: float) -> bool:
        """Whether every change before `until` has been read."""
        return all(position >= self.until for position in self.positions.values())

    @property
    def count(self) -> int:
        """Keys that have been read since the last `take`."""
        return sum(map(len, self._keys.values()))

    def take(self) -> Dict[str, Dict[bytes, bytes]]:
        """The changed keys by table and digest, as DynamoDB JSON."""
        keys, self._keys = self._keys, {name: {} for name in self._readers}
        return keys

    def log(self) -> LogState:
        """The state after what has been taken."""
        return msgspec.structs.replace(self._log, positions=dict(self.positions))

    def close(self) -> None:
        pass

    def _part(self, slot: str) -> LogPart:
        return LogPart(slot, self._log.server, self._log.publications[slot])

    def _read(self, slot: str, cover: Covered) -> bool:
        """Whether there was something new. The position moves only past what has been read."""
        for name in cover.names:
            body = content(self._storage, name.text)
            if not body:
                return name is not cover.names[0]  # it was replaced since the listing
            segment = unsealed(body, name)
            if segment is None:
                raise BrokenChain(f"{self._storage.place}/{name.text} is damaged, or was edited")
            self._add(segment)
            self.positions[slot] = name.through
        return bool(cover.names)

    def _add(self, segment: KeySegment) -> None:
        reasons = [f"table {name}: {why}" for name, why in segment.unknown.items() if name in self._readers]
        reasons += [
            f"the reverse job wrote the rows of table {self._relations[oid]} to table {table} for some time"
            for table, oids in segment.fed.items()
            for oid in oids
            if self._relations.get(oid, table) != table
        ]
        reasons += [
            f"table {self._relations[oid]} was left out by the reverse job for some time"
            for oid in segment.skipped
            if oid in self._relations
        ]
        if reasons:
            raise BrokenChain(reasons[0])
        for table, keys in segment.keys.items():
            if table in self._readers:
                digest = self._readers[table].digest
                self._keys[table].update((digest(bytes(key)), bytes(key)) for key in keys)
        if self.count > MOST_KEYS:
            raise BrokenChain(f"more than {MOST_KEYS:,} keys have changed, too many for one process")

    def _refuse_hole(self, cover: Dict[str, Covered]) -> None:
        holes: List[str] = [slot for slot, each in cover.items() if each.hole]
        self._holes = self._holes + 1 if holes else 0
        if self._holes >= HOLE_LISTINGS:
            raise BrokenChain(self._lacking(holes[0]))
        waited = self._clock() - self._moved_at
        if waited > PATIENCE_SECONDS:
            slot = min(self.positions, key=lambda name: self.positions[name])
            raise BrokenChain(f"{self._lacking(slot)}, and nothing has come for {duration(waited)}")

    def _lacking(self, slot: str) -> str:
        position = lsn_text(self.positions[slot])
        return f"{self._storage.place} lacks the changes of slot {slot} from {position} on"


def _relations_of(log: LogState) -> Dict[int, str]:
    """Oid -> table, also of partitions."""
    oids: Dict[int, str] = {}
    for name, table in log.known.tables.items():
        oids[table.relation] = name
        oids.update((int(oid), name) for oid in table.partitions)
    return oids
