"""A lane's state as small named entries, so that a step writes only what it has changed.

`p/<table>` holds a table's Progress; `t/<table>/<n>` a chunk of touched digests. The last chunk is
rewritten until it is full: one entry per record would leave millions of tiny entries after a long scan.
`d/<table>` counts its dead letters.
"""

from __future__ import annotations

from collections import defaultdict
from typing import DefaultDict, Dict, List, Tuple

import msgspec

from connectors.engine.lane.merge import MergeProgress, TableMerge, split_digests
from connectors.model.lane_batch import DIGEST_SIZE
from connectors.model.state import Changed, Entries

CHUNK_BYTES = 256 * DIGEST_SIZE
"""Small enough to rewrite with every record, large enough that ten million keys make 40,000 entries."""

_PROGRESS, _TOUCHED, _DEAD = "p/", "t/", "d/"
_count = msgspec.msgpack.Decoder(int).decode
_decode_progress = msgspec.msgpack.Decoder(MergeProgress).decode


class TouchedChunks:
    """The touched digests of one table as stored in state."""

    def __init__(self, table: str) -> None:
        self._table, self._full, self._tail = table, 0, b""

    def add(self, digests: bytes, changed: Changed) -> None:
        self._tail += digests
        while len(self._tail) >= CHUNK_BYTES:
            changed.put(self._name(self._full), self._tail[:CHUNK_BYTES])
            self._full, self._tail = self._full + 1, self._tail[CHUNK_BYTES:]
        if self._tail:
            changed.put(self._name(self._full), self._tail)

    def clear(self, changed: Changed) -> None:
        for chunk in range(self._full + bool(self._tail)):
            changed.remove(self._name(chunk))
        self._full, self._tail = 0, b""

    def restore(self, chunks: List[bytes]) -> None:
        tails = [chunk for chunk in chunks if len(chunk) < CHUNK_BYTES]
        self._full, self._tail = len(chunks) - len(tails), b"".join(tails)

    def _name(self, chunk: int) -> str:
        return f"{_TOUCHED}{self._table}/{chunk}"


class DeadCounts:
    """Dead letters by table, kept over restarts: each permanently rejected write counts once."""

    def __init__(self, saved: Entries = ()) -> None:
        self.tables: Dict[str, int] = {
            name[len(_DEAD) :]: _count(value) for name, value in saved if name.startswith(_DEAD)
        }

    def add(self, table: str, count: int, changed: Changed) -> None:
        self.tables[table] = self.tables.get(table, 0) + count
        changed.put(_DEAD + table, msgspec.msgpack.encode(self.tables[table]))


def store_progress(table: str, progress: MergeProgress, changed: Changed) -> None:
    changed.put(_PROGRESS + table, msgspec.msgpack.encode(progress))


def restore(saved: Entries) -> Tuple[Dict[str, TableMerge], Dict[str, TouchedChunks]]:
    """The tables of a lane, restored from its state entries."""
    progress: Dict[str, MergeProgress] = {}
    stored: DefaultDict[str, List[bytes]] = defaultdict(list)
    for name, value in saved:
        if name.startswith(_PROGRESS):
            progress[name[len(_PROGRESS) :]] = _decode_progress(value)
        elif name.startswith(_TOUCHED):
            stored[name[len(_TOUCHED) :].rsplit("/", 1)[0]].append(value)
    chunks = {table: TouchedChunks(table) for table in stored}
    for table, values in stored.items():
        chunks[table].restore(values)
    tables = {t: TableMerge(p, split_digests(b"".join(stored.get(t, ())))) for t, p in progress.items()}
    return tables, chunks
