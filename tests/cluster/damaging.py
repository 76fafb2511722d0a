"""Damages items at a migration's target without the job's knowledge, in the form in which the target stores
them."""

from __future__ import annotations

import base64
from typing import Any, Callable, Dict, Protocol

from bson import Decimal128, Int64

from local.traffic import Client
from local.traffic.plan import Table
from local.verify import Documents
from local.verify.documents import plain
from local.verify.side import Target

Item = Dict[str, Any]


class Damaging(Protocol):
    def has(self, table: Table, item: Item) -> bool: ...

    def remove(self, table: Table, item: Item) -> None: ...

    def add(self, table: Table, item: Item) -> None: ...

    def alter(self, table: Table, item: Item) -> None: ...


def damaging(target: Target) -> Damaging:
    if isinstance(target, Documents):
        return InDocuments(target)
    assert isinstance(target, Client)
    return InItems(target)


class InItems:
    def __init__(self, client: Client) -> None:
        self._client = client

    def has(self, table: Table, item: Item) -> bool:
        return "Item" in self._ask("GetItem", table, Key=_key(table, item))

    def remove(self, table: Table, item: Item) -> None:
        self._ask("DeleteItem", table, Key=_key(table, item))

    def add(self, table: Table, item: Item) -> None:
        self._ask("PutItem", table, Item=item)

    def alter(self, table: Table, item: Item) -> None:
        self.add(table, {**item, "damaged": {"N": "0." + "0" * 36 + "1"}})

    def _ask(self, operation: str, table: Table, **request: Item) -> Item:
        answer: Item = self._client.ask(operation, {"TableName": table.name, **request})
        return answer


class InDocuments:
    """With `convert: change`."""

    def __init__(self, documents: Documents) -> None:
        self._database = documents.database

    def has(self, table: Table, item: Item) -> bool:
        return self._database[table.name].count_documents(_stored(table, item)) == 1

    def remove(self, table: Table, item: Item) -> None:
        assert self._database[table.name].delete_one(_stored(table, item)).deleted_count == 1

    def add(self, table: Table, item: Item) -> None:
        self._database[table.name].insert_one(_stored(table, item))

    def alter(self, table: Table, item: Item) -> None:
        damage = {"$set": {"damaged": Decimal128("0." + "0" * 36 + "1")}}
        assert self._database[table.name].update_one(_stored(table, item), damage).modified_count == 1


def _key(table: Table, item: Item) -> Item:
    return {name: item[name] for name in table.key_names}


def _stored(table: Table, item: Item) -> Item:
    return {name: _plain(item[name]) for name in table.key_names}


def _plain(typed: Item) -> Any:
    kind, form = plain(typed)
    if kind == "binary":
        return base64.b64decode(form)
    constructors: Dict[str, Callable[[str], Any]] = {"long": _long, "decimal": Decimal128, "string": str}
    return constructors[kind](form)


def _long(form: str) -> Int64:
    return Int64(int(form))
