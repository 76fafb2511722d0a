"""Small tables that a client creates: the board and the origin marks. Their key is one attribute."""

from __future__ import annotations

from typing import Any, Dict, KeysView, List

from bench.canned.errors import Refusal, no_such_table
from bench.canned.source import table_arn

Item = Dict[str, Any]


class OwnTables:
    def __init__(self) -> None:
        self._descriptions: Dict[str, Dict[str, Any]] = {}
        self._rows: Dict[str, Dict[str, Item]] = {}

    @property
    def names(self) -> KeysView[str]:
        return self._rows.keys()

    def create(self, request: Dict[str, Any]) -> Dict[str, Any]:
        name = request["TableName"]
        if name in self._rows:
            raise Refusal("ResourceInUseException", f"Table already exists: {name}")
        kept = ("TableName", "KeySchema", "AttributeDefinitions")
        self._descriptions[name] = {key: request[key] for key in kept}
        self._descriptions[name].update(
            TableArn=table_arn(name), TableStatus="ACTIVE", ItemCount=0, TableSizeBytes=0
        )
        self._rows[name] = {}
        return {"TableDescription": self._descriptions[name]}

    def describe(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return {"Table": self._descriptions[request["TableName"]]}

    def put(self, table: str, item: Item) -> Dict[str, Any]:
        self._table(table)[self._key(table, item)] = item
        return {}

    def delete(self, table: str, key: Item) -> Dict[str, Any]:
        self._table(table).pop(self._key(table, key), None)
        return {}

    def get(self, table: str, keys: List[Item]) -> List[Item]:
        rows = self._table(table)
        return [rows[key] for key in (self._key(table, item) for item in keys) if key in rows]

    def _table(self, table: str) -> Dict[str, Item]:
        if table not in self._rows:
            raise no_such_table(table)
        return self._rows[table]

    def _key(self, table: str, item: Item) -> str:
        [attribute] = self._descriptions[table]["KeySchema"]
        return str(item[attribute["AttributeName"]])
