"""The fingerprints of one table and side in a lane's state, partitioned by digest, so that a join reads each
once.

1. New fingerprints are appended to the log, one entry for each part of a page.
2. A log that is large enough becomes a chunk. Each record goes to one of PARTITIONS entries, by its digest.
3. The runs, which say where records can be read again, go to one more entry of the chunk. Only suspects need
   them.
4. Python's memory contains the log, but no chunks.

State entries: `<table>/<side>/log/<part>`, `<table>/<side>/<chunk>/<partition>`, `<table>/<side>/<chunk>`.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Protocol

import msgspec
import numpy as np

from connectors.check.fingerprints import RECORD
from connectors.model.records import Fingerprints

LOG_BYTES = 2 << 20
"""Size of the log that becomes a chunk. A partition then has 32 KB; for smaller ones the request would cost
more than the data."""
PARTITIONS = 64
_PARTITION_SHIFT = np.uint64(64 - 6)
MOST_RUNS = 1 << 16
"""Maximum runs of a chunk. A run's number has two bytes."""
WORDS = RECORD // 8
"""A record consists of the key's digest (two words) and the digest of the contents (one word)."""
_STORED = np.dtype([("words", "<u8", (WORDS,)), ("run", "<u2")])
Array = np.ndarray[Any, Any]


class BulkState(Protocol):
    """A keyed state whose entries are read individually. `connectors.check.flink` implements it."""

    def get(self, name: str) -> bytes:
        """The entry; empty if there is none."""
        ...

    def put(self, name: str, value: bytes) -> None: ...

    def remove(self, name: str) -> None: ...


class Where(msgspec.Struct, array_like=True, gc=False):
    """The runs of one part of a page, as in `Fingerprints`."""

    segment: int
    total: int
    run: int
    bounds: List[bytes]


class Stored(msgspec.Struct, array_like=True, gc=False):
    """One part of a page, as an entry of the log."""

    where: Where
    blob: bytes
    counts: List[int]

    @property
    def size(self) -> int:
        return len(self.blob) + sum(map(len, self.where.bounds))


class FingerprintRun(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A range of a segment in which an item can be read again: after the key `after`, up to and including
    `until`. An empty key is the start or the end of the segment."""

    of_target: bool
    segment: int
    total: int
    after: bytes
    until: bytes
    count: int
    """Maximum number of items in the run when it was scanned."""


class Records(NamedTuple):
    words: Array
    """Shape (n, WORDS), 64 bits each."""
    places: Array
    """Shape (n,), 32 bits each: number of the chunk * MOST_RUNS + number of the run in that chunk."""

    def of(self, mine: Array) -> Records:
        return Records(self.words[mine], self.places[mine])


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Stored).decode
_decode_where = msgspec.msgpack.Decoder(List[Where]).decode


class FingerprintChunks:
    """The chunks of one table and side. The caller stores their number, `full`, in its own state. The log
    counts as one more chunk, after them."""

    def __init__(self, table: str, of_target: bool, bulk: BulkState, full: int = 0) -> None:
        self._prefix, self._of_target, self._bulk = f"{table}/{int(of_target)}/", of_target, bulk
        self.full = full
        self._log: List[Stored] = []
        self._size = self._runs = 0
        self._packed: Optional[Array] = None
        self._restore()

    def add(self, part: Fingerprints) -> None:
        if self._runs + len(part.counts) > MOST_RUNS:
            self._cut()
        stored = Stored(Where(part.segment, part.total, part.run, part.bounds), part.blob, part.counts)
        self._bulk.put(self._log_name(len(self._log)), _encode(stored))
        self._append(stored)
        if self._size >= LOG_BYTES:
            self._cut()

    def read(self, number: int, partition: int, partitions: int) -> Records:
        """The records of one partition of a chunk. `number`: 0 to `full`, where `full` is the log.
        `partitions`: the number of partitions of all chunks of both sides; it can be 1 if both sides have
        only a log."""
        if number < self.full:
            return _records(self._bulk.get(self._name(number, partition)), number)
        if self._packed is None:
            self._packed = _pack(self._log)
        mine = self._packed
        if partitions > 1:
            mine = mine[_partition(mine["words"][:, 1]) == partition]
        return _records(mine.tobytes(), number)

    def runs(self, places: Iterable[int]) -> Dict[int, FingerprintRun]:
        """The runs in which the records at these places can be read again."""
        by_chunk: Dict[int, List[int]] = {}
        for place in places:
            by_chunk.setdefault(place // MOST_RUNS, []).append(place)
        runs_by_place: Dict[int, FingerprintRun] = {}
        for chunk, in_chunk in by_chunk.items():
            parts = self._where(chunk)
            starts = list(accumulate((len(part.bounds) - 1 for part in parts), initial=0))
            for place in in_chunk:
                run = place % MOST_RUNS
                number = bisect_right(starts, run) - 1
                runs_by_place[place] = self._run(parts[number], run - starts[number])
        return runs_by_place

    def drop(self, most: int) -> int:
        """Remove up to `most` chunks, the log last. Returns the number of removed chunks; 0 if none was
        left."""
        dropped = 0
        while self.full and dropped < most:
            self.full -= 1
            self._bulk.remove(self._name(self.full))
            for partition in range(PARTITIONS):
                self._bulk.remove(self._name(self.full, partition))
            dropped += 1
        if self._log and dropped < most:
            self._drop_log()
            dropped += 1
        return dropped

    def _restore(self) -> None:
        stored = self._bulk.get(self._log_name(0))
        while stored:
            self._append(_decode(stored))
            stored = self._bulk.get(self._log_name(len(self._log)))

    def _append(self, stored: Stored) -> None:
        self._log.append(stored)
        self._size += stored.size
        self._runs += len(stored.counts)
        self._packed = None

    def _cut(self) -> None:
        """Make a chunk of the log."""
        packed = _pack(self._log)
        partitions = _partition(packed["words"][:, 1])
        packed = packed[np.argsort(partitions, kind="stable")]
        ends = np.cumsum(np.bincount(partitions, minlength=PARTITIONS))
        for partition, lot in enumerate(np.split(packed, ends[:-1])):
            if len(lot):
                self._bulk.put(self._name(self.full, partition), lot.tobytes())
        self._bulk.put(self._name(self.full), _encode([stored.where for stored in self._log]))
        self.full += 1
        self._drop_log()

    def _drop_log(self) -> None:
        for number in range(len(self._log)):
            self._bulk.remove(self._log_name(number))
        self._log, self._packed = [], None
        self._size = self._runs = 0

    def _where(self, chunk: int) -> List[Where]:
        if chunk == self.full:
            return [stored.where for stored in self._log]
        return _decode_where(self._bulk.get(self._name(chunk)))

    def _run(self, part: Where, run: int) -> FingerprintRun:
        after, until = part.bounds[run], part.bounds[run + 1]
        return FingerprintRun(self._of_target, part.segment, part.total, after, until, part.run)

    def _name(self, chunk: int, partition: Optional[int] = None) -> str:
        return f"{self._prefix}{chunk}" if partition is None else f"{self._prefix}{chunk}/{partition}"

    def _log_name(self, part: int) -> str:
        return f"{self._prefix}log/{part}"


def _pack(parts: List[Stored]) -> Array:
    """The records in the order in which they arrived, with consecutive numbers for their runs."""
    counts = [count for part in parts for count in part.counts]
    packed = np.empty(sum(counts), _STORED)
    packed["words"] = np.frombuffer(b"".join(part.blob for part in parts), "<u8").reshape(-1, WORDS)
    packed["run"] = np.repeat(np.arange(len(counts), dtype="<u2"), counts)
    return packed


def _records(blob: bytes, chunk: int) -> Records:
    stored = np.frombuffer(blob, _STORED)
    places = stored["run"].astype(np.uint32) + np.uint32(chunk * MOST_RUNS)
    return Records(np.ascontiguousarray(stored["words"]), places)


def _partition(second: Array) -> Array:
    """The partition of each record, by the second word of its digest. The first word determines the lane."""
    return (second >> _PARTITION_SHIFT).astype(np.intp)
