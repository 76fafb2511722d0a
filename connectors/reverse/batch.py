"""What a replication slot's reading hands over to the reader's step: changes by lane, and the position."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple

from connectors.model.lane_batch import Entry, LaneBatch, ReadKind, lane_of


class SlotStep(NamedTuple):
    """A piece of the replication stream, in its order: the changes, then the position reached."""

    session: str
    loads: Dict[int, List[LaneBatch]]
    """By lane."""
    read: Dict[str, int]
    """Changes, by table."""
    size: int
    reached: int
    """What committed before this position has been handed over with this step; 0: no new position."""
    open: bool
    """Changes of a transaction that goes on stand behind that position."""
    seen_at: float
    """Up to when changes have been handed over: epoch seconds, the server's clock; 0: not known."""
    barrier: bool = False
    """The reading goes on only when all handed over so far is durable."""


class Gathering:
    """Collects one step. Pure."""

    def __init__(self, session: str, slot: str, lanes: int) -> None:
        self._session, self._slot, self._lanes = session, slot, lanes
        self._loads: Dict[int, Dict[str, LaneBatch]] = {}
        self._read: Dict[str, int] = {}
        self.size = 0
        self._reached, self._open, self._seen_at = 0, False, 0.0

    def add(self, table: str, entries: Iterable[Entry], provenance: str) -> None:
        """`provenance` of the first change of a table stands for all of the step."""
        for digest, body, delete in entries:
            found = self._slice(table, lane_of(digest, self._lanes), provenance)
            found.digests.append(digest)
            found.bodies.append(body)
            found.deletes.append(delete)
            self.size += len(body) + 64
            self._read[table] = self._read.get(table, 0) + 1
            self._open = True

    def reached(self, lsn: int, seen_at: float) -> None:
        self._reached, self._open, self._seen_at = lsn, False, seen_at

    @property
    def empty(self) -> bool:
        return not self._loads and not self._reached

    def step(self, barrier: bool = False) -> SlotStep:
        loads = {lane: list(tables.values()) for lane, tables in self._loads.items()}
        return SlotStep(
            self._session, loads, self._read, self.size, self._reached, self._open, self._seen_at, barrier
        )

    def _slice(self, table: str, lane: int, provenance: str) -> LaneBatch:
        tables = self._loads.setdefault(lane, {})
        found = tables.get(table)
        if found is None:
            found = tables[table] = LaneBatch(ReadKind.STREAM, table, 0, provenance, [], [], [])
        return found
