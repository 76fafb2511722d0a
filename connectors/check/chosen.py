"""Chosen keys: the file that contains them, and the split that sends them to their lanes."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Mapping, Optional, Protocol

import msgspec

from connectors.base.errors import ConfigError
from connectors.model.digests import lane_of
from connectors.model.keys import KEY_TYPES, KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.records import Load, LookupKeys
from connectors.model.splits import Batch, Split

LOT = 1000
"""Keys in one batch."""


class _Line(msgspec.Struct):
    table: str
    key: msgspec.Raw


LEFT_OUT = "check.keys: {} line{} by _id, without a key of the table, and cannot be looked up"

_decode = msgspec.json.Decoder(_Line).decode
_attributes = msgspec.json.Decoder(Dict[str, Any]).decode


def read_keys(path: str) -> Dict[str, List[bytes]]:
    """Keys by table, from lines such as `{"table": "orders", "key": {"id": {"S": "a"}}}`. Other members of a
    line are ignored, so the file can be a report.jsonl. Raises ConfigError."""
    keys: Dict[str, List[bytes]] = {}
    by_id = 0
    try:
        with open(path, "rb") as file:
            for number, text in enumerate(file, 1):  # noqa: B007
                if text.strip():
                    line = _decode(text)
                    if is_document_id(line.key):
                        by_id += 1
                    else:
                        keys.setdefault(line.table, []).append(bytes(line.key))
    except OSError as error:
        raise ConfigError(path, "check.keys", f"cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = f"line {number} is not like " + '{"table": "orders", "key": {"id": {"S": "a"}}}'
        raise ConfigError(path, "check.keys", problem) from None
    if by_id:
        print(
            LEFT_OUT.format(by_id, "s name documents" if by_id > 1 else " names a document"), file=sys.stderr
        )
    if not keys:
        raise ConfigError(path, "check.keys", "contains no key")
    return keys


def is_document_id(key: msgspec.Raw) -> bool:
    """Whether a key is an _id, which the report uses for documents of MongoDB without the key attributes of
    their table. Raises msgspec.DecodeError."""
    attributes = _attributes(key)
    value = attributes.get("_id")
    return list(attributes) == ["_id"] and not (isinstance(value, dict) and value.keys() & set(KEY_TYPES))


class Keyed(Protocol):
    """Interface of KeyReader and Form."""

    def digest(self, item: bytes) -> bytes: ...

    def key_json(self, item: bytes) -> bytes: ...


def by_lane(
    order: SegmentOrder, form: Keyed, items: List[bytes], lanes: int, units: float = 0.0
) -> Mapping[int, Load]:
    """The keys of items, by lane. Lane 0 always gets a part, which contains the consumed read units."""
    sorted_: Dict[int, List[bytes]] = {0: []}
    for item in items:
        # Only the key attributes, in this project's own notation.
        sorted_.setdefault(lane_of(form.digest(item), lanes), []).append(form.key_json(item))
    return {
        lane: LookupKeys(order.table, order.schema, order.of_target, 0.0 if lane else units, keys)
        for lane, keys in sorted_.items()
    }


class ChosenSplit(Split):
    """A split of known keys. Its position is the number of keys that were read."""

    def __init__(self, order: SegmentOrder, keys: List[bytes], lanes: int, saved: Optional[bytes]) -> None:
        self.split_id = order.split_id
        self._order, self._keys, self._lanes = order, keys, lanes
        self._reader = KeyReader(order.table, key_schema(order.schema))
        self._sent = int(saved) if saved else 0

    def next_batch(self) -> Optional[Batch]:
        lot = self._keys[self._sent : self._sent + LOT]
        self._sent += len(lot)
        loads = by_lane(self._order, self._reader, lot, self._lanes)
        size = sum(load.size() for load in loads.values())
        return Batch(loads, size, len(lot), self._sent >= len(self._keys))

    def next_awake(self) -> float:
        return 0.0

    def snapshot(self) -> bytes:
        return b"%d" % self._sent

    def close(self) -> None:
        pass
