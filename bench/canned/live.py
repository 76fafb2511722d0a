"""Prepared tables whose items can be replaced, so that traffic can be served beside millions of items that
take no memory. A client can also create small tables of its own, for the board and the origin marks."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

import msgspec

from bench.canned.errors import Refusal
from bench.canned.items import KEY_IN_BODY, PAGE, index_of, place
from bench.canned.mirror import BatchGet
from bench.canned.own_tables import OwnTables
from bench.canned.source import Operations, Parts, Source, as_json
from bench.canned.stats import Stats

Written = Callable[[str, int, bytes], None]
"""Called with table, place and item after each write to a prepared table."""


class _Put(msgspec.Struct):
    Item: msgspec.Raw


class _Write(msgspec.Struct):
    PutRequest: Optional[_Put] = None


class _BatchWrite(msgspec.Struct):
    RequestItems: Dict[str, List[_Write]]


_batch_write = msgspec.json.Decoder(_BatchWrite).decode
_batch_get = msgspec.json.Decoder(BatchGet).decode


class LiveSource(Source):
    """A source that reads replaced items instead of the prepared ones."""

    def __init__(self, tables: int, items: int, stats: Stats, name: str = "source") -> None:
        super().__init__(tables, items, stats, name)
        self.replaced: Dict[str, Dict[int, Dict[int, bytes]]] = {}
        """Table -> page -> slot -> item."""

    def replace(self, table: str, index: int, item: bytes) -> None:
        page, slot = divmod(index, PAGE)
        self.replaced.setdefault(table, {}).setdefault(page, {})[slot] = item

    def items(self, table: str, start: int, stop: int) -> bytes:
        pieces, at = [], start
        for index, item in self._replaced(table, start, stop):
            pieces += [super().items(table, at, index)] if index > at else []
            pieces.append(item)
            at = index + 1
        pieces += [super().items(table, at, stop)] if stop > at else []
        return b",".join(pieces)

    def _replaced(self, table: str, start: int, stop: int) -> List[Tuple[int, bytes]]:
        pages = self.replaced.get(table, {})
        return [
            (page * PAGE + slot, item)
            for page in range(start // PAGE, -(-stop // PAGE))
            for slot, item in sorted(pages.get(page, {}).items())
            if start <= page * PAGE + slot < stop
        ]


class LiveTables:
    """The operations of one side. `written` learns of each write."""

    def __init__(self, source: LiveSource, written: Written = lambda table, index, item: None) -> None:
        self._source, self._written = source, written
        self._own = OwnTables()

    def operations(self) -> Operations:
        prepared = self._source.operations()
        return {
            **prepared,
            "BatchWriteItem": self._batch_write,
            "BatchGetItem": self._batch_get,
            "PutItem": as_json(lambda request: self._own.put(request["TableName"], request["Item"])),
            "DeleteItem": as_json(lambda request: self._own.delete(request["TableName"], request["Key"])),
            "CreateTable": as_json(self._own.create),
            "DescribeTable": self._either(prepared["DescribeTable"], self._own.describe),
            "ListTables": as_json(lambda request: {"TableNames": [*self._source.names, *self._own.names]}),
        }

    def _either(self, prepared: Callable[[bytes], Parts], own: Callable[..., Dict[str, Any]]) -> Any:
        def answer(body: bytes) -> Parts:
            request = json.loads(body)
            is_own = request["TableName"] in self._own.names
            return (json.dumps(own(request)).encode(),) if is_own else prepared(body)

        return answer

    def _batch_write(self, body: bytes) -> Parts:
        for table, writes in _batch_write(body).RequestItems.items():
            for write in writes:
                if write.PutRequest is None:
                    raise Refusal("ValidationException", "only puts are served")
                self._put(table, bytes(write.PutRequest.Item))
        return (b'{"UnprocessedItems":{}}',)

    def _put(self, table: str, item: bytes) -> None:
        if table not in self._source.names:
            self._own.put(table, json.loads(item))
            return
        key = KEY_IN_BODY.search(item)
        if key is None:
            raise Refusal("ValidationException", "only keys of prepared items are served")
        index = place(key.groups())
        self._source.replace(table, index, item)
        self._written(table, index, item)

    def _batch_get(self, body: bytes) -> Parts:
        answers = [
            json.dumps(table).encode() + b":[" + self._items(table, wanted.Keys) + b"]"
            for table, wanted in _batch_get(body).RequestItems.items()
        ]
        return (b'{"Responses":{', b",".join(answers), b'},"UnprocessedKeys":{}}')

    def _items(self, table: str, keys: List[Dict[str, Any]]) -> bytes:
        if table not in self._source.names:
            return b",".join(json.dumps(item).encode() for item in self._own.get(table, keys))
        places = [index for index in map(index_of, keys) if index is not None]
        return b",".join(self._source.items(table, index, index + 1) for index in places)


def differing(source: LiveSource, target: LiveSource) -> int:
    """The number of items in which the two sides differ."""
    return sum(
        source.items(table, index, index + 1) != target.items(table, index, index + 1)
        for table in source.names
        for index in _places(source, table) | _places(target, table)
    )


def _places(side: LiveSource, table: str) -> Set[int]:
    return {page * PAGE + slot for page, slots in side.replaced.get(table, {}).items() for slot in slots}
