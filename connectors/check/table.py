"""The state of one table in one lane, except fingerprints and suspects."""

from __future__ import annotations

import enum
from typing import Optional, Set

import msgspec

from connectors.check.chunks import BulkState, FingerprintChunks
from connectors.check.join import Join
from connectors.model.keys import Schema
from connectors.model.records import Fingerprints, LookupKeys, SegmentDone
from connectors.model.state import Changed

PROGRESS, COUNTS = "p/", "c/"


class CheckPhase(enum.IntEnum):
    SCANNING = 0
    JOINING = 1
    CLEARING = 2
    """The join is complete, and the chunks are being removed."""
    SETTLING = 3
    DONE = 4


class CheckProgress(msgspec.Struct, array_like=True):
    """The part of the state that rarely changes."""

    phase: CheckPhase = CheckPhase.SCANNING
    schema: Schema = []
    parts: Set[int] = set()
    """Numbers of the parts that were read completely."""
    passed: int = 0
    """Number of completed passes of the join."""


class CheckCounts(msgspec.Struct):
    """The counts of one table in this lane, which are sent to the report."""

    table: str
    began: float = 0.0
    """Epoch seconds."""
    ended: float = 0.0
    source_items: int = 0
    target_items: int = 0
    source_units: float = 0.0
    target_units: float = 0.0
    source_chunks: int = 0
    """Number of full chunks in the state."""
    target_chunks: int = 0
    equal: int = 0
    """Keys that were equal in the join, or at the first read of a chosen key."""
    suspects: int = 0
    settled: int = 0
    following: int = 0
    """Settled keys whose target value followed the source, although no comparison found both sides equal."""
    gone: int = 0
    """Suspects that no longer exist on either side."""
    lag: Optional[float] = None
    """Longest observed time in seconds by which the source of a settled key was ahead; None: no key has
    settled."""
    unexamined: int = 0
    """Suspects beyond the maximum number, which are not read again."""
    missing: int = 0
    extra: int = 0
    different: int = 0
    changing: int = 0
    repaired: int = 0
    refused: int = 0
    """Repairs that the target rejected permanently."""
    kept: int = 0
    """Extra items that a repair kept."""
    deleted: int = 0
    """Repaired keys that were extra, and were deleted."""


class CheckTable:
    def __init__(
        self, name: str, bulk: BulkState, now: float, progress: CheckProgress, counts: CheckCounts
    ) -> None:
        self.name, self.progress, self.counts = name, progress, counts
        self.counts.began = self.counts.began or now
        self.join: Join
        self.chosen: Set[bytes] = set()
        """Digests of the individual keys that this process has received."""
        self._bulk = bulk
        self._open()

    def fingerprints(self, part: Fingerprints, changed: Changed) -> None:
        self._schema(part.schema, changed)
        count, chunks, counts = sum(part.counts), self.target if part.of_target else self.source, self.counts
        if part.blob:
            chunks.add(part)
        if part.of_target:
            counts.target_items += count
            counts.target_units += part.units
        else:
            counts.source_items += count
            counts.source_units += part.units
        self.save_counts(changed)

    def keys(self, part: LookupKeys, changed: Changed) -> None:
        self._schema(part.schema, changed)
        if part.of_target:
            self.counts.target_units += part.units
        else:
            self.counts.source_units += part.units
        self.save_counts(changed)

    def part_done(self, part: SegmentDone, changed: Changed) -> None:
        if self.progress.phase is not CheckPhase.SCANNING:
            return
        self.progress.parts.add(part.part)
        if len(self.progress.parts) == part.parts:
            self.progress.parts = set()
            self.enter(CheckPhase.JOINING, changed)
        self.save_progress(changed)

    def enter(self, phase: CheckPhase, changed: Changed) -> None:
        self.progress.phase = phase
        if phase is CheckPhase.JOINING:
            self._begin_join()
        self.save_progress(changed)

    def clear(self, most: int, changed: Changed) -> bool:
        """Remove some chunks. Returns True if none is left."""
        dropped = self.source.drop(most)
        dropped += self.target.drop(most - dropped)
        self.counts.source_chunks, self.counts.target_chunks = self.source.full, self.target.full
        self.save_counts(changed)
        return dropped < most

    def save_progress(self, changed: Changed) -> None:
        changed.put(PROGRESS + self.name, msgspec.msgpack.encode(self.progress))

    def save_counts(self, changed: Changed) -> None:
        if self.progress.phase is CheckPhase.SCANNING:
            self.counts.source_chunks, self.counts.target_chunks = self.source.full, self.target.full
        changed.put(COUNTS + self.name, msgspec.msgpack.encode(self.counts))

    def _schema(self, schema: Schema, changed: Changed) -> None:
        if not self.progress.schema:
            self.progress.schema = schema
            self.save_progress(changed)

    def _open(self) -> None:
        counts = self.counts
        if self.progress.phase <= CheckPhase.CLEARING:
            self.source = FingerprintChunks(self.name, False, self._bulk, counts.source_chunks)
            self.target = FingerprintChunks(self.name, True, self._bulk, counts.target_chunks)
        if self.progress.phase is CheckPhase.JOINING:
            self._begin_join()

    def _begin_join(self) -> None:
        records = self.counts.source_items + self.counts.target_items
        self.join = Join(self.source, self.target, records, self.progress.passed)
