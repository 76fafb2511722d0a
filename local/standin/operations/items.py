"""PutItem, GetItem, DeleteItem and UpdateItem."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import asyncpg
import msgspec

from local.standin import requests
from local.standin.catalog import Catalog
from local.standin.expressions import Expression, Update, read_update
from local.standin.faults import invalid
from local.standin.keys import Key, bare_key_of
from local.standin.store import Store
from local.standin.switches import Switches
from local.standin.tables import Table
from local.standin.values import Item, check_value, holds_nul, read_item

EMPTY = b"{}"
ATTRIBUTES = msgspec.json.Decoder(Dict[str, msgspec.Raw])


class Items:
    def __init__(self, catalog: Catalog, store: Store, switches: Switches) -> None:
        self._catalog, self._store, self._switches = catalog, store, switches

    async def put_item(self, body: bytes) -> bytes:
        request = requests.read(requests.PutItem, body, self._switches)
        _check_return_values(request.ReturnValues, ("NONE", "ALL_OLD"))
        table = await self._catalog.get(request.TableName)
        document = bytes(request.Item)
        key, _ = table.read(document)
        put = (*as_arrays([key]), [document.decode()])
        if request.ReturnValues == "NONE":
            await self._store.execute(table.sql.put, *put)
            return EMPTY

        async def work(connection: asyncpg.Connection) -> Optional[str]:
            old = await _locked(connection, table, key)
            await connection.execute(table.sql.put, *put)
            return old

        return _attributes(await self._store.transaction(work))

    async def get_item(self, body: bytes) -> bytes:
        request = requests.read(requests.GetItem, body, self._switches)
        requests.refuse_consistent_read(request.ConsistentRead, self._switches)
        table = await self._catalog.get(request.TableName)
        key = bare_key_of(table.columns, request.Key)
        rows = await self._store.fetch(table.sql.get, *as_arrays([key]))
        return b'{"Item":%s}' % rows[0][1].encode() if rows else EMPTY

    async def delete_item(self, body: bytes) -> bytes:
        request = requests.read(requests.DeleteItem, body, self._switches)
        _check_return_values(request.ReturnValues, ("NONE", "ALL_OLD"))
        table = await self._catalog.get(request.TableName)
        key = bare_key_of(table.columns, request.Key)
        if request.ReturnValues == "NONE":
            await self._store.execute(table.sql.delete, *as_arrays([key]))
            return EMPTY

        async def work(connection: asyncpg.Connection) -> Optional[str]:
            old = await _locked(connection, table, key)
            await connection.execute(table.sql.delete, *as_arrays([key]))
            return old

        return _attributes(await self._store.transaction(work))

    async def update_item(self, body: bytes) -> bytes:
        request = requests.read(requests.UpdateItem, body, self._switches)
        _check_return_values(
            request.ReturnValues, ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
        )
        table = await self._catalog.get(request.TableName)
        key = bare_key_of(table.columns, request.Key)
        update = _update_of(request, table)

        async def work(connection: asyncpg.Connection) -> bytes:
            old = await _locked(connection, table, key)
            rows = await connection.fetch(table.sql.merge, *as_arrays([key]), *_merge(update, request.Key))
            new: str = rows[0][0]
            table.read(new.encode())  # A merge can exceed 400 KB. An exception here rolls it back.
            return _returned(request.ReturnValues, update, old, new)

        return await self._store.transaction(work)


def as_arrays(keys: Sequence[Key]) -> List[List[Any]]:
    """One array per key column, as the statements require."""
    return [list(column) for column in zip(*(key.parameters for key in keys))]


async def _locked(connection: asyncpg.Connection, table: Table, key: Key) -> Optional[str]:
    """The current document, locked until the transaction ends."""
    await connection.execute(table.sql.lock, *as_arrays([key]))
    rows = await connection.fetch(table.sql.get, *as_arrays([key]))
    return rows[0][1] if rows else None


def _update_of(request: requests.UpdateItem, table: Table) -> Update:
    if request.UpdateExpression is None:
        return Update({}, [])
    for value in request.ExpressionAttributeValues.values():
        check_value(value)
    if holds_nul(request.ExpressionAttributeValues) or holds_nul(request.ExpressionAttributeNames):
        read_item(msgspec.json.encode(request.ExpressionAttributeValues))
        raise invalid("An attribute name contains the NUL character, which this endpoint cannot hold")
    expression = Expression(
        "UpdateExpression",
        request.UpdateExpression,
        request.ExpressionAttributeNames,
        request.ExpressionAttributeValues,
    )
    return read_update(expression, table.columns)


def _merge(update: Update, key: Item) -> List[Any]:
    attributes = msgspec.json.encode(update.set).decode()
    return [update.remove, attributes, msgspec.json.encode({**key, **update.set}).decode()]


def _returned(wanted: str, update: Update, old: Optional[str], new: str) -> bytes:
    if wanted == "NONE":
        return EMPTY
    document = new if wanted.endswith("NEW") else old
    if document is None or wanted.startswith("ALL"):
        return _attributes(document)
    touched = {*update.set, *update.remove}
    attributes = ATTRIBUTES.decode(document)
    return msgspec.json.encode({"Attributes": {n: v for n, v in attributes.items() if n in touched}})


def _attributes(document: Optional[str]) -> bytes:
    return EMPTY if document is None else b'{"Attributes":%s}' % document.encode()


def _check_return_values(value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise invalid(f"ReturnValues {value!r} is not one of {', '.join(allowed)}")
