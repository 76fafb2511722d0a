"""Merging scan and stream of one table: which entries of a lane are written, and which are stale.

Rules (docs/how-it-works.md, "Merging scan and stream"):

1. While the table is scanned, the lane records every key that the stream has touched, including deletes.
2. A scanned entry with a touched key is dropped: a newer image was written or follows in the stream.
3. When every part of the scan is done, the touched keys are deleted. From then on only the stream counts.
4. A new scan of the table (after a gap) is a new generation. It has its own splits, which read the stream
   from a point before that scan.
5. Entries of an older generation are dropped.

The rules use no clock.
"""

from __future__ import annotations

from typing import List, NamedTuple, Set

import msgspec

from connectors.model.lane_batch import DIGEST_SIZE, Entry, LaneBatch, ReadKind
from connectors.model.records import SegmentDone


class Admitted(NamedTuple):
    """The result of a batch: the entries to write, the number dropped, and the newly touched keys."""

    entries: List[Entry]
    dropped: int
    touched: bytes
    """Concatenated digests; empty unless the stream touched new keys."""


class MergeProgress(msgspec.Struct, array_like=True):
    """A table's state in a lane, without the touched keys."""

    generation: int = 0
    """0: not scanned by this job (mode incremental): all entries come from the stream."""
    done: Set[int] = set()
    live: bool = False
    """Whether every part of this generation's scan is done."""


class TableMerge:
    """One table in one lane. Pure: the caller stores `progress` and the touched digests that it returns."""

    def __init__(self, progress: MergeProgress, touched: Set[bytes]) -> None:
        self.progress, self.touched = progress, touched

    def admit(self, part: LaneBatch) -> Admitted:
        if part.generation < self.progress.generation:
            return Admitted([], len(part.digests), b"")
        self._enter(part.generation)
        entries = list(zip(part.digests, part.bodies, part.deletes))
        if part.kind is ReadKind.STREAM:
            return Admitted(entries, 0, self._touch(part.digests))
        kept = [entry for entry in entries if entry[0] not in self.touched] if self.touched else entries
        return Admitted(kept, len(entries) - len(kept), b"")

    def finish(self, part: SegmentDone) -> bool:
        """Record a finished part. True if it was the last one and the touched keys have been deleted."""
        if part.generation < self.progress.generation:
            return False
        self._enter(part.generation)
        self.progress.done.add(part.part)
        if self.progress.live or len(self.progress.done) < part.parts:
            return False
        self.progress.live, self.progress.done = True, set()
        self.touched.clear()
        return True

    def _enter(self, generation: int) -> None:
        if generation > self.progress.generation:
            self.progress = MergeProgress(generation)
            self.touched.clear()

    def _touch(self, digests: List[bytes]) -> bytes:
        if self.progress.generation == 0 or self.progress.live:
            return b""
        fresh = set(digests) - self.touched
        self.touched |= fresh
        return b"".join(sorted(fresh))


def split_digests(joined: bytes) -> Set[bytes]:
    """The digests in `Admitted.touched`."""
    return {joined[at : at + DIGEST_SIZE] for at in range(0, len(joined), DIGEST_SIZE)}
