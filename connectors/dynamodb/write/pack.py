"""Writes -> BatchWriteItem requests, without decoding an item."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

import msgspec

from connectors.model.writes import Write

Request = Tuple[Write, ...]
"""Of any tables, no key twice."""

MAX_WRITES = 25
MAX_BYTES = 12_000_000
"""The service takes 16 MB after its own way of counting; 25 items of 400 KB fit."""

OVERHEAD = 64
"""Bytes around one item: {"PutRequest":{"Item":}}, commas, and its share of the table's name."""


def pack(writes: Iterable[Write], most: int = MAX_WRITES) -> Iterator[Request]:
    """Cut into requests of up to `most` writes, in order.

    An item larger than the limit travels alone, for the service to refuse.
    """
    request: List[Write] = []
    size = 0
    for write in writes:
        weight = len(write.body) + OVERHEAD
        if request and (len(request) == most or size + weight > MAX_BYTES):
            yield tuple(request)
            request, size = [], 0
        request.append(write)
        size += weight
    if request:
        yield tuple(request)


def body_of(request: Sequence[Write]) -> bytes:
    """`{"RequestItems":{TABLE:[{"PutRequest":{"Item":...}},{"DeleteRequest":{"Key":...}}]}}`."""
    tables: Dict[str, List[bytes]] = {}
    for write in request:
        wrapped = (
            b'{"DeleteRequest":{"Key":%b}}' if write.delete else b'{"PutRequest":{"Item":%b}}'
        ) % write.body
        tables.setdefault(write.table, []).append(wrapped)
    lists = [msgspec.json.encode(table) + b":[" + b",".join(parts) + b"]" for table, parts in tables.items()]
    return b'{"RequestItems":{' + b",".join(lists) + b"}}"


def units_of(write: Write) -> int:
    """Write capacity units: one per started kilobyte. DynamoDB JSON is never shorter than the item counts."""
    return max(1, -(-len(write.body) // 1024))
