"""One lane: the ordered writer of the keys that hash to it. No Flink, and no I/O except the writer's."""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Dict, List, Mapping, NamedTuple

import msgspec

from connectors.engine.lane.fold import Fold
from connectors.engine.lane.merge import MergeProgress, TableMerge
from connectors.engine.lane.store import DeadCounts, TouchedChunks, restore, store_progress
from connectors.model.lane_batch import LaneBatch, ReadKind
from connectors.model.records import Heartbeat, LaneNotice, Part, SegmentDone
from connectors.model.state import Changed, Entries
from connectors.model.writes import Writer, WriteReport


class TableCount(msgspec.Struct):
    """Effects of one record on one table in this lane."""

    scanned: int = 0
    streamed: int = 0
    dropped: int = 0
    """Scanned entries superseded by the stream, and entries of an older generation."""
    written: int = 0
    """Writes to the target after folding: at most scanned + streamed."""
    bytes: int = 0
    """Bytes of the bodies written or dead-lettered."""
    finished: int = 0
    """The generation whose scan this record completed, or that is repeated for a notice; else 0."""


class LaneOutcome(NamedTuple):
    """State to store and counts to show after a record. All its writes are durable in the target."""

    changed: Changed
    report: WriteReport
    counts: Mapping[str, TableCount]
    notices: List[str]


class Lane:
    def __init__(self, writer: Writer, saved: Entries = ()) -> None:
        self._writer = writer
        saved = list(saved)
        self._tables, self._chunks = restore(saved)
        self.dead = DeadCounts(saved)
        self._lags: Dict[int, Heartbeat] = {}

    def apply(self, parts: List[Part]) -> LaneOutcome:
        """Write the entries of the parts; return when they are durable. Raises the writer's errors."""
        step = _LaneStep()
        for part in parts:
            if isinstance(part, LaneBatch):
                self._slice(part, step)
            elif isinstance(part, SegmentDone):
                self._done(part, step)
            elif isinstance(part, Heartbeat):
                self._lags[part.slot] = part
            elif isinstance(part, LaneNotice):
                step.notices.append(part.text)
                self._recall(step)
        writes = step.fold.writes()
        report = self._writer.write(writes) if writes else WriteReport()
        for write in writes:
            count = step.counts[write.table]
            count.written += 1
            count.bytes += len(write.body)
        for table, refused in report.dead_by_table.items():
            step.counts[table].written -= refused
            self.dead.add(table, refused, step.changed)
        return LaneOutcome(step.changed, report, step.counts, step.notices)

    def close(self) -> None:
        self._writer.close()

    def lag(self, table: str, now: float) -> float:
        """Seconds by which this lane's keys of a table are behind the source; `now` is epoch seconds."""
        beats = [beat for beat in self._lags.values() if table in beat.lags]
        return max((beat.lags[table] + max(0.0, now - beat.sent) for beat in beats), default=0.0)

    def tables(self) -> List[str]:
        """Tables whose lag is known: those of the heartbeats so far. An unknown lag is not a lag of 0."""
        return sorted({table for beat in self._lags.values() for table in beat.lags})

    def _slice(self, part: LaneBatch, step: _LaneStep) -> None:
        merge = self._merge(part.table)
        generation = merge.progress.generation
        admitted = merge.admit(part)
        if merge.progress.generation != generation:
            self._chunk(part.table).clear(step.changed)
            store_progress(part.table, merge.progress, step.changed)
        if admitted.touched:
            self._chunk(part.table).add(admitted.touched, step.changed)
        step.fold.add(part.table, part.provenance, admitted.entries, part.kind is ReadKind.STREAM)
        step.count(part, admitted.dropped)

    def _done(self, part: SegmentDone, step: _LaneStep) -> None:
        merge = self._merge(part.table)
        generation = merge.progress.generation
        last = merge.finish(part)
        if last or merge.progress.generation != generation:
            self._chunk(part.table).clear(step.changed)
        store_progress(part.table, merge.progress, step.changed)
        if last:
            step.counts[part.table].finished = part.generation

    def _recall(self, step: _LaneStep) -> None:
        """Report completed scans again: a resumed job waits for an end that an earlier run has partly
        reached."""
        for table, merge in self._tables.items():
            if merge.progress.live:
                step.counts[table].finished = merge.progress.generation

    def _merge(self, table: str) -> TableMerge:
        return self._tables.setdefault(table, TableMerge(MergeProgress(), set()))

    def _chunk(self, table: str) -> TouchedChunks:
        return self._chunks.setdefault(table, TouchedChunks(table))


class _LaneStep:
    """The effects of one record, collected for one write at its end."""

    def __init__(self) -> None:
        self.fold = Fold()
        self.changed = Changed()
        self.counts: DefaultDict[str, TableCount] = defaultdict(TableCount)
        self.notices: List[str] = []

    def count(self, part: LaneBatch, dropped: int) -> None:
        count = self.counts[part.table]
        count.dropped += dropped
        if part.kind is ReadKind.SCAN:
            count.scanned += len(part.digests)
        else:
            count.streamed += len(part.digests)
