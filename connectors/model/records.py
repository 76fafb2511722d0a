"""What readers send to lanes: one record carries whatever a reader has for one lane at that moment."""

from __future__ import annotations

from typing import Dict, List, Union

import msgspec

from connectors.model.keys import Schema
from connectors.model.lane_batch import LaneBatch


class SegmentDone(msgspec.Struct, array_like=True, tag=2, gc=False):
    """A part of a table's scan has been emitted to its end. Goes to every lane, behind the part's items."""

    table: str
    generation: int
    part: int
    """0..parts-1"""
    parts: int


class Heartbeat(msgspec.Struct, array_like=True, tag=3, gc=False):
    """How far a reader slot has read each table's stream. Goes to every lane, behind what was read."""

    slot: int
    sent: float
    """When it was sent: epoch seconds, the reader's clock."""
    lags: Dict[str, float]
    """Seconds by which the slot's reading of a table's shards was behind the source at that time."""


class LaneNotice(msgspec.Struct, array_like=True, tag=4, gc=False):
    """A text for the job's output. Goes to every lane: each answers with the scans it has seen end."""

    text: str


class Fingerprints(msgspec.Struct, array_like=True, tag=5, gc=False):
    """Of one page of one side, the items that belong to one lane, for the check: no item travels.

    `blob` holds RECORD bytes an item: the digest of its key, then the digest of its contents. A page is cut
    into runs of `run` items; `counts[i]` items of the blob lie in run i, behind the key `bounds[i]` and up
    to `bounds[i + 1]` inclusive, so that an item can be read again at the cost of its run. Bounds are what
    the side's pages go on behind, mostly keys; an empty one is the segment's beginning, or its end.
    """

    table: str
    schema: Schema
    of_target: bool
    segment: int
    total: int
    units: float
    """Read capacity units of the page; 0 in the parts for all lanes but one."""
    run: int
    blob: bytes
    counts: List[int]
    bounds: List[bytes]

    def size(self) -> int:
        return len(self.blob) + sum(map(len, self.bounds)) + 64


class LookupKeys(msgspec.Struct, array_like=True, tag=6, gc=False):
    """Keys of one table, DynamoDB JSON, that the check looks up one by one: chosen ones, or a sample."""

    table: str
    schema: Schema
    of_target: bool
    units: float
    keys: List[bytes]

    def size(self) -> int:
        return sum(map(len, self.keys)) + 64


class Mark(msgspec.Struct, array_like=True, tag=9, frozen=True, gc=False):
    """A place in what a replication slot's reader has handed over. Goes to every lane: each acknowledges it
    once all before it is durable.

    `serial` counts within a session, which is one replication connection; several marks may stand at one
    position.
    """

    slot: str
    session: str
    serial: int
    lsn: int


Load = Union[LaneBatch, Fingerprints, LookupKeys]
"""What a page holds for one lane."""
Part = Union[Load, SegmentDone, Heartbeat, LaneNotice, Mark]


class LaneRecord(msgspec.Struct, array_like=True, gc=False):
    parts: List[Part]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(LaneRecord).decode


def encode(parts: List[Part]) -> bytes:
    return _encode(LaneRecord(parts))


def decode(data: bytes) -> List[Part]:
    return _decode(data).parts
