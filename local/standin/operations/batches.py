"""BatchWriteItem and BatchGetItem."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import asyncpg
import msgspec

from local.standin import requests
from local.standin.catalog import Catalog
from local.standin.faults import ApiError, invalid
from local.standin.keys import Key, bare_key_of
from local.standin.operations.items import as_arrays
from local.standin.requests import WriteRequest
from local.standin.store import Store
from local.standin.switches import Switches
from local.standin.tables import Table

MOST_WRITES = 25
MOST_GETS = 100
MOST_ANSWER_BYTES = 16 * 1024 * 1024


class Change(NamedTuple):
    key: Key
    document: Optional[str]
    """The whole item as JSON, or None for a delete."""
    request: WriteRequest


TableChanges = Tuple[Table, List[Change]]


class Batches:
    def __init__(self, catalog: Catalog, store: Store, switches: Switches) -> None:
        self._catalog, self._store, self._switches = catalog, store, switches

    async def batch_write_item(self, body: bytes) -> bytes:
        request = requests.read(requests.BatchWriteItem, body, self._switches)
        _check_count(sum(map(len, request.RequestItems.values())), MOST_WRITES, request.RequestItems)
        # Tables are locked in the order of their names. Otherwise two batches on two tables could deadlock.
        batch = [
            (table, changes_of(table, request.RequestItems[name]))
            for name in sorted(request.RequestItems)
            for table in [await self._catalog.get(name)]
        ]
        if self._switches.atomic_batches:
            await self._apply(batch)
            return b'{"UnprocessedItems":{}}'
        return msgspec.json.encode({"UnprocessedItems": await self._apply_each(batch)})

    async def _apply(self, batch: Sequence[TableChanges]) -> None:
        if len(batch) == 1:
            table, changes = batch[0]
            statements = statements_for(table, changes)
            if len(statements) == 1:
                # A single statement is a transaction by itself, which saves two round trips.
                await self._store.execute(*statements[0])
                return

        async def work(connection: asyncpg.Connection) -> None:
            for table, changes in batch:
                for statement in statements_for(table, changes):
                    await connection.execute(*statement)

        await self._store.transaction(work)

    async def _apply_each(self, batch: Sequence[TableChanges]) -> Dict[str, List[WriteRequest]]:
        """Apply each change separately. Changes that PostgreSQL cannot store are unprocessed. Raises if all
        are."""
        singles = [(table, change) for table, changes in batch for change in changes]
        outcomes = await asyncio.gather(
            *(self._apply([(table, [change])]) for table, change in singles), return_exceptions=True
        )
        unprocessed: Dict[str, List[WriteRequest]] = {}
        for (table, change), outcome in zip(singles, outcomes):
            if isinstance(outcome, ApiError):
                unprocessed.setdefault(table.name, []).append(change.request)
            elif isinstance(outcome, BaseException):
                raise outcome
        if sum(map(len, unprocessed.values())) == len(singles):
            raise next(outcome for outcome in outcomes if isinstance(outcome, ApiError))
        return unprocessed

    async def batch_get_item(self, body: bytes) -> bytes:
        request = requests.read(requests.BatchGetItem, body, self._switches)
        wanted = request.RequestItems
        _check_count(sum(len(keys.Keys) for keys in wanted.values()), MOST_GETS, wanted)
        for keys in wanted.values():
            requests.refuse_old_parameters(keys, self._switches)
            requests.refuse_consistent_read(keys.ConsistentRead, self._switches)
        budget = MOST_ANSWER_BYTES
        responses, unprocessed = [], {}
        for name, keys in wanted.items():
            documents, left = await self._get(await self._catalog.get(name), keys.Keys, budget)
            budget -= sum(map(len, documents))
            responses.append(msgspec.json.encode(name) + b":[" + b",".join(documents) + b"]")
            if left:
                unprocessed[name] = {"Keys": left}
        member = b"UnprocessedItems" if self._switches.misname_unprocessed_keys else b"UnprocessedKeys"
        return b'{"Responses":{%s},"%s":%s}' % (
            b",".join(responses),
            member,
            msgspec.json.encode(unprocessed),
        )

    async def _get(self, table: Table, keys: List[Any], budget: int) -> Tuple[List[bytes], List[Any]]:
        parsed = [bare_key_of(table.columns, key) for key in keys]
        _check_distinct(parsed)
        rows = await self._store.fetch(table.sql.get, *as_arrays(parsed))
        return within_budget([(keys[position - 1], text.encode()) for position, text in rows], budget)


def within_budget(rows: Sequence[Tuple[Any, bytes]], budget: int) -> Tuple[List[bytes], List[Any]]:
    """Documents that fit into `budget` bytes, and the keys of the rest."""
    documents: List[bytes] = []
    for i, (_, document) in enumerate(rows):
        budget -= len(document)
        if budget < 0:
            return documents, [key for key, _ in rows[i:]]
        documents.append(document)
    return documents, []


def changes_of(table: Table, wanted: Sequence[WriteRequest]) -> List[Change]:
    """The changes in the order of their keys, which is the order of the locks. Raises ApiError."""
    changes = [_change_of(table, request) for request in wanted]
    _check_distinct([change.key for change in changes])
    changes.sort(key=lambda change: change.key.order)
    return changes


def _change_of(table: Table, request: WriteRequest) -> Change:
    put, delete = request.PutRequest, request.DeleteRequest
    if put is not None and delete is None:
        document = bytes(put.Item)
        return Change(table.read(document)[0], document.decode(), request)
    if delete is not None and put is None:
        return Change(bare_key_of(table.columns, delete.Key), None, request)
    raise invalid("Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")


def statements_for(table: Table, changes: Sequence[Change]) -> List[Tuple[Any, ...]]:
    """Statements with their parameters: one for each sequence of puts or of deletes in key order.

    One statement for all puts and one for all deletes would not be correct: a row that does not exist cannot
    be locked in advance, so two mixed batches avoid a deadlock only if both write in key order.
    """
    statements: List[Tuple[Any, ...]] = []
    for delete, run in groupby(changes, key=lambda change: change.document is None):
        together = list(run)
        keys = as_arrays([change.key for change in together])
        documents = [] if delete else [[change.document for change in together]]
        statements.append((table.sql.delete if delete else table.sql.put, *keys, *documents))
    return statements


def _check_distinct(keys: Sequence[Key]) -> None:
    if len({key.order for key in keys}) != len(keys):
        raise invalid("Provided list of item keys contains duplicates")


def _check_count(count: int, most: int, by_table: Mapping[str, Any]) -> None:
    if not by_table or not count:
        raise invalid("The batch request must contain at least one request per table")
    if count > most:
        raise invalid(f"Too many items requested for the batch call: {count}, at most {most}")
