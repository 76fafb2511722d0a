"""Records from readers to lanes. A record contains everything that a reader has for one lane at that
moment."""

from __future__ import annotations

from typing import List, Union

import msgspec

from connectors.model.keys import Schema


class SegmentDone(msgspec.Struct, array_like=True, tag=2, gc=False):
    """A part of a table's scan has been emitted completely. Sent to every lane, after the part's items."""

    table: str
    generation: int
    part: int
    """0..parts-1"""
    parts: int


class LaneNotice(msgspec.Struct, array_like=True, tag=4, gc=False):
    """A text for the job's output. Sent to every lane; each lane responds with the scans whose end it has
    seen."""

    text: str


class Fingerprints(msgspec.Struct, array_like=True, tag=5, gc=False):
    """Digests of the items of one page that belong to one lane, for the check. Items are not sent.

    `blob` contains RECORD bytes per item: the digest of its key, then the digest of its contents. A page is
    divided into runs of `run` items, so that an item can be read again at the cost of its run. `counts[i]`
    items of the blob belong to run i: after the key `bounds[i]`, up to and including `bounds[i + 1]`. A bound
    is an exclusive start of a page, usually a key. An empty bound is the start or the end of the segment.
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
    """Keys of one table, DynamoDB JSON, that the check looks up one by one: chosen keys or a sample."""

    table: str
    schema: Schema
    of_target: bool
    units: float
    keys: List[bytes]

    def size(self) -> int:
        return sum(map(len, self.keys)) + 64


Load = Union[Fingerprints, LookupKeys]
"""The content of a page for one lane."""
Part = Union[Load, SegmentDone, LaneNotice]


class LaneRecord(msgspec.Struct, array_like=True, gc=False):
    parts: List[Part]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(LaneRecord).decode


def encode(parts: List[Part]) -> bytes:
    return _encode(LaneRecord(parts))


def decode(data: bytes) -> List[Part]:
    return _decode(data).parts
