"""The join of both sides' fingerprints of one table and lane, with sorted arrays.

1. The join makes one pass for each partition of the chunks, so that memory is limited whatever the table's
   size, and each record is read once.
2. A partition that is too large for one pass takes several. Each of them reads the whole partition.
3. A key that occurs twice on one side with the same contents counts once: its page was read twice.
4. A key that occurs on one side with different contents changed during the scan, and is a suspect.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

import numpy as np

from connectors.check.chunks import PARTITIONS, FingerprintChunks, Records
from connectors.model.digests import DIGEST_SIZE as KEY_SIZE

PASS_RECORDS = 500_000
"""Maximum records of both sides in one pass. Each uses about 100 bytes while it is sorted. A lane with 32
million records reaches this limit."""
ENTRIES_A_STEP = 128
"""Entries that are read in one step of the lane, which takes about a tenth of a second."""
Array = np.ndarray[Any, Any]


class JoinSuspect(NamedTuple):
    """A key that differs or exists on one side only: its digest and its places in the chunks."""

    digest: bytes
    source: Optional[int]
    target: Optional[int]


class Joined(NamedTuple):
    equal: int
    suspects: List[JoinSuspect]
    beyond: int = 0
    """Suspects that are only counted."""


class Join:
    """The join of one table in one lane. `step` is called until it returns the result of a pass."""

    def __init__(
        self, source: FingerprintChunks, target: FingerprintChunks, records: int, passed: int = 0
    ) -> None:
        """`records`: their number on both sides. `passed`: the number of passes that an earlier run has
        completed."""
        self._sides = (source, target)
        self._partitions = PARTITIONS if source.full or target.full else 1
        self._parts = max(1, -(-records // (PASS_RECORDS * self._partitions)))
        self.passes = self._partitions * self._parts
        self.passed = passed
        self._begin()

    @property
    def done(self) -> bool:
        return self.passed == self.passes

    def step(self, most: int) -> Optional[Joined]:
        """Read some entries. After the last one: the result of the pass, with at most `most` suspects."""
        for _ in range(ENTRIES_A_STEP):
            if self._side == len(self._sides):
                return self._finish(most)
            self._read(self._sides[self._side])
        return None

    def _begin(self) -> None:
        self._side, self._next = 0, 0
        self._found: Tuple[List[Records], List[Records]] = ([], [])

    def _read(self, chunks: FingerprintChunks) -> None:
        partition, part = divmod(self.passed, self._parts)
        records = chunks.read(self._next, partition, self._partitions)
        self._found[self._side].append(select(records, part, self._parts))
        self._next += 1
        if self._next > chunks.full:
            self._side, self._next = self._side + 1, 0

    def _finish(self, most: int) -> Joined:
        source, target = (_whole(parts) for parts in self._found)
        self.passed += 1
        self._begin()
        return join(source, target, most)


def select(records: Records, part: int, parts: int) -> Records:
    """The records of one of the `parts` of a partition."""
    if parts == 1:
        return records
    return records.of(records.words[:, 1] % np.uint64(parts) == part)


def join(source: Records, target: Records, most: int) -> Joined:
    words = np.concatenate([source.words, target.words])
    places = np.concatenate([source.places, target.places])
    here = len(source.words)
    order = np.argsort(words[:, 0], kind="stable")  # Stable, so that the source's records are first.
    first = words[order, 0]
    starts = np.flatnonzero(np.r_[True, first[1:] != first[:-1]]) if len(order) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(order)])
    left, right = order[starts[sizes == 2]], order[starts[sizes == 2] + 1]
    paired = (left < here) & (right >= here) & (words[left, 1] == words[right, 1])
    same = words[left, 2] == words[right, 2]
    differ, alone = np.flatnonzero(paired & ~same), order[starts[sizes == 1]]
    suspects = [
        JoinSuspect(_digest(words[row]), int(places[row]), int(places[other]))
        for row, other in zip(left[differ[:most]], right[differ[:most]])
    ]
    suspects += [_alone(words[row], int(places[row]), row < here) for row in alone[:most]]
    equal, count = int(np.count_nonzero(paired & same)), len(differ) + len(alone)
    odd = [(start, 2) for start in starts[sizes == 2][~paired]]
    odd += [(start, size) for start, size in zip(starts[sizes > 2], sizes[sizes > 2])]
    for start, size in odd:
        more = _odd(words, places, order[start : start + size], here)
        equal, count = equal + more.equal, count + len(more.suspects)
        suspects += more.suspects
    return Joined(equal, suspects[:most], count - min(most, count))


def _odd(words: Array, places: Array, rows: Array, here: int) -> Joined:
    """Records with the same first word of the digest that are not a pair. They are rare and compared one by
    one."""
    values: Dict[bytes, Tuple[Set[int], Set[int]]] = {}
    locations: Dict[bytes, List[Optional[int]]] = {}
    for row in rows:
        digest, side = _digest(words[row]), int(row >= here)
        values.setdefault(digest, (set(), set()))[side].add(int(words[row, 2]))
        locations.setdefault(digest, [None, None])[side] = int(places[row])
    equal = [digest for digest, (source, target) in values.items() if source == target and len(source) == 1]
    suspects = [JoinSuspect(digest, *locations[digest]) for digest in values if digest not in equal]
    return Joined(len(equal), suspects)


def _alone(record: Array, place: int, of_source: bool) -> JoinSuspect:
    return (
        JoinSuspect(_digest(record), place, None) if of_source else JoinSuspect(_digest(record), None, place)
    )


def _digest(record: Array) -> bytes:
    return bytes(record[:2].tobytes())[:KEY_SIZE]


def _whole(parts: List[Records]) -> Records:
    return Records(
        np.concatenate([part.words for part in parts]), np.concatenate([part.places for part in parts])
    )
