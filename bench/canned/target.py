"""The target's answers: tables that count writes and discard them. The job's own table keeps its rows."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional

import msgspec

from bench.canned.errors import Refusal, no_such_table
from bench.canned.items import KEY_IN_BODY, place
from bench.canned.own_tables import OwnTables
from bench.canned.source import Operations, Parts, as_json, table_arn
from bench.canned.stats import Stats
from connectors.model.origin import TABLE as ORIGIN

BATCH_LIMIT = 25
"""Requests of a BatchWriteItem (service limit)."""
_DONE = (b'{"UnprocessedItems":{}}',)


class BatchWrite(msgspec.Struct):
    RequestItems: Dict[str, List[msgspec.Raw]]


class SingleWrite(msgspec.Struct):
    TableName: str


class Target:
    def __init__(self, stats: Stats, verify: bool) -> None:
        """`verify`: also count distinct keys, which takes the server about 20 us per batch."""
        self._stats, self._verify = stats, verify
        self._tables: Dict[str, Dict[str, Any]] = {}
        self._own = OwnTables()
        self._seen: Dict[str, bytearray] = {}
        self._read_batch = msgspec.json.Decoder(BatchWrite).decode
        self._read_single = msgspec.json.Decoder(SingleWrite).decode
        stats.distinct = self._distinct

    def operations(self) -> Operations:
        return {
            "BatchWriteItem": self.batch_write,
            "BatchGetItem": as_json(self._batch_get),
            "PutItem": self._single,
            "DeleteItem": self._single,
            "Scan": as_json(lambda request: {"Items": [], "Count": 0, "ScannedCount": 0}),
            "ListTables": as_json(lambda request: {"TableNames": sorted(self._tables)}),
            "CreateTable": as_json(self._create),
            "DeleteTable": as_json(self._drop),
            "UpdateTable": as_json(lambda request: {"TableDescription": self._known(request)}),
            "DescribeTable": as_json(lambda request: {"Table": self._known(request)}),
            "UpdateTimeToLive": as_json(
                lambda request: {"TimeToLiveSpecification": request["TimeToLiveSpecification"]}
            ),
            "DescribeTimeToLive": as_json(
                lambda request: {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
            ),
        }

    def batch_write(self, body: bytes) -> Parts:
        batch = self._read_batch(body).RequestItems
        if not 0 < sum(map(len, batch.values())) <= BATCH_LIMIT:
            raise Refusal("ValidationException", "1 validation error: 1 to 25 requests are allowed")
        for table, writes in batch.items():
            if table not in self._tables:
                raise no_such_table(table)
            if table == ORIGIN:
                self._keep(writes)
                continue
            self._count(table, len(writes))
            if self._verify:
                self._see(table, writes)
        return _DONE

    def _keep(self, writes: List[msgspec.Raw]) -> None:
        for write in writes:
            self._own.put(ORIGIN, json.loads(bytes(write))["PutRequest"]["Item"])

    def _batch_get(self, request: Dict[str, Any]) -> Dict[str, Any]:
        rows = {
            table: self._own.get(table, wanted["Keys"]) for table, wanted in request["RequestItems"].items()
        }
        return {"Responses": rows, "UnprocessedKeys": {}}

    def _single(self, body: bytes) -> Parts:
        table = self._read_single(body).TableName
        if table not in self._tables:
            raise no_such_table(table)
        self._count(table, 1)
        if self._verify:
            self._see(table, [msgspec.Raw(body)])
        return (b"{}",)

    def _count(self, table: str, writes: int) -> None:
        self._stats.written[table] = self._stats.written.get(table, 0) + writes
        self._stats.last_write_at = time.time()

    def _see(self, table: str, writes: List[msgspec.Raw]) -> None:
        seen = self._seen.setdefault(table, bytearray())
        for write in writes:
            found = KEY_IN_BODY.search(write)
            index = place(found.groups()) if found else 0
            if index >= len(seen):
                seen.extend(bytes(index + 1 - len(seen)))
            seen[index] = 1

    def _distinct(self) -> Optional[Dict[str, int]]:
        return {table: sum(seen) for table, seen in self._seen.items()} if self._verify else None

    def _known(self, request: Dict[str, Any]) -> Dict[str, Any]:
        if request["TableName"] not in self._tables:
            raise no_such_table(request["TableName"])
        return self._tables[request["TableName"]]

    def _create(self, request: Dict[str, Any]) -> Dict[str, Any]:
        name = request["TableName"]
        if name in self._tables:
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        if name == ORIGIN:
            self._own.create(request)
        kept = ("TableName", "KeySchema", "AttributeDefinitions", "StreamSpecification")
        description = {key: request[key] for key in kept if key in request}
        description.update(TableArn=table_arn(name), TableStatus="ACTIVE", ItemCount=0, TableSizeBytes=0)
        self._tables[name] = description
        return {"TableDescription": description}

    def _drop(self, request: Dict[str, Any]) -> Dict[str, Any]:
        description = self._known(request)
        del self._tables[request["TableName"]]
        return {"TableDescription": description}
