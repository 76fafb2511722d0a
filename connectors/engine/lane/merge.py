"""Where scan and stream of one table meet: which entries of a lane are written, and which are stale.

Rules (docs/how-it-works.md, "Merging scan and stream"):

- While the table is scanned, the lane remembers every key the stream has touched, deletes included.
- A scanned entry whose key was touched is dropped: a newer image was written or follows in the stream.
- When every part of the scan is done, the touched keys are forgotten: from then on the stream alone counts.
- A new scan of the table (after a gap) is a new generation with splits of its own, which read the stream
  from before that scan on; whatever still arrives from an older generation is dropped.

No clock takes part.
"""

from __future__ import annotations

from typing import List, NamedTuple, Set

import msgspec

from connectors.model.lane_batch import DIGEST_SIZE, Entry, LaneBatch, ReadKind
from connectors.model.records import SegmentDone


class Admitted(NamedTuple):
    """What a batch came to: the entries to write, how many were dropped, the keys newly touched."""

    entries: List[Entry]
    dropped: int
    touched: bytes
    """Digests joined; empty unless the stream touched keys not touched before."""


class MergeProgress(msgspec.Struct, array_like=True):
    """A table's state in a lane, all but the touched keys."""

    generation: int = 0
    """0: never scanned by this job (mode incremental): the stream alone feeds the table."""
    done: Set[int] = set()
    live: bool = False
    """Every part of this generation's scan is done."""


class TableMerge:
    """One table in one lane. Pure: the caller stores `progress` and the touched digests it is handed."""

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
        """Note a finished part; True when it was the last one and the touched keys have been forgotten."""
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
    """The digests that `Admitted.touched` joined."""
    return {joined[at : at + DIGEST_SIZE] for at in range(0, len(joined), DIGEST_SIZE)}
