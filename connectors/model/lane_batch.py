"""A lane batch: the entries of one page that belong to one lane; the unit that travels through the graph.

Pages travel, not items: a record per item would cost a hundred times the shuffle.
"""

from __future__ import annotations

import enum
from hashlib import blake2b
from typing import Dict, Iterable, List, Tuple

import msgspec

DIGEST_SIZE = 16
"""128 bits name a key in the touched set: with 10**10 keys the chance of one collision is below 10**-18."""


class ReadKind(str, enum.Enum):
    SCAN = "scan"
    STREAM = "stream"


class LaneBatch(msgspec.Struct, array_like=True, tag=1, gc=False):
    """Entries of one table for one lane, in the order they were read.

    `digests[i]` names the key of entry i; `bodies[i]` is the whole item as DynamoDB JSON or, where
    `deletes[i]`, the key attributes alone. `generation` counts the scans of this table: a batch of an
    older generation than the lane has seen is stale. `provenance` says where the entries came from, for
    dead letters ("segment 3 of 8", "shard shardId-1 from 1234").
    """

    kind: ReadKind
    table: str
    generation: int
    provenance: str
    digests: List[bytes]
    bodies: List[bytes]
    deletes: List[bool]

    def size(self) -> int:
        return sum(map(len, self.bodies)) + 64 * len(self.bodies)


def digest_of(table: str, key: bytes) -> bytes:
    """Name of a primary key; `key` is its canonical form (see model.keys)."""
    return Namer(table).name(key)


class Namer:
    """`digest_of` for many keys of one table: a copy of the table's state costs half of a new one."""

    def __init__(self, table: str) -> None:
        self._copy = blake2b(digest_size=DIGEST_SIZE, key=table.encode()[-64:]).copy

    def name(self, key: bytes) -> bytes:
        named = self._copy()
        named.update(key)
        return named.digest()


def lane_of(digest: bytes, lanes: int) -> int:
    return int.from_bytes(digest[:4], "little") % lanes


Entry = Tuple[bytes, bytes, bool]
"""digest, body, is a delete"""


def partition(
    kind: ReadKind, table: str, generation: int, provenance: str, entries: Iterable[Entry], lanes: int
) -> Dict[int, LaneBatch]:
    """Sort one page's entries into a batch per lane, each in the page's order."""
    loads: Dict[int, LaneBatch] = {}
    for digest, body, delete in entries:
        lane = lane_of(digest, lanes)
        found = loads.get(lane)
        if found is None:
            found = loads[lane] = LaneBatch(kind, table, generation, provenance, [], [], [])
        found.digests.append(digest)
        found.bodies.append(body)
        found.deletes.append(delete)
    return loads
