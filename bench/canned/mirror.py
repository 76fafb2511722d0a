"""A target with the same contents as the source, for the check, which only reads."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import msgspec

from bench.canned.errors import Refusal
from bench.canned.items import index_of
from bench.canned.source import Operations, Parts, Source

MOST_KEYS = 100
"""Keys of a BatchGetItem (service limit)."""


class _Keys(msgspec.Struct):
    Keys: List[Dict[str, Any]]


class BatchGet(msgspec.Struct):
    RequestItems: Dict[str, _Keys]


_decode = msgspec.json.Decoder(BatchGet).decode


def operations(source: Source, units: bool) -> Operations:
    """The source's operations, and BatchGetItem. `units`: return the consumed capacity of each read."""

    def batch_get(body: bytes) -> Parts:
        found: List[bytes] = []
        count = 0
        for table, wanted in _decode(body).RequestItems.items():
            count += len(wanted.Keys)
            if not 0 < count <= MOST_KEYS:
                raise Refusal("ValidationException", f"1 to {MOST_KEYS} keys are allowed")
            places = [index_of(key) for key in wanted.Keys]
            items = [source.items(table, place, place + 1) for place in places if place is not None]
            found.append(json.dumps(table).encode() + b":[" + b",".join(items) + b"]")
        # Eventually consistent: half a unit for each started 4 KB of each item.
        source.spend(count / 2)
        told = b',"ConsumedCapacity":[{"CapacityUnits":%.1f}]' % (count / 2) if units else b""
        return (b'{"Responses":{', b",".join(found), b'},"UnprocessedKeys":{}' + told + b"}")

    return {**source.operations(), "BatchGetItem": batch_get}
