"""Scan and Query."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import msgspec

from local.standin import requests
from local.standin.catalog import Catalog
from local.standin.expressions import Expression, KeyCondition, read_key_condition
from local.standin.faults import invalid
from local.standin.keys import Key, bare_key_of, key_attributes, key_of, read_part
from local.standin.paging import Page, hash_range, page_limit, read_page
from local.standin.statements import query_statement, scan_statement
from local.standin.store import Store
from local.standin.switches import Switches
from local.standin.tables import Table

DOCUMENT = msgspec.json.Decoder(Dict[str, Any])
Statement = Callable[[Optional[Key], int], List[Any]]
"""The SQL and its parameters for the next n rows after a key."""


class Reads:
    def __init__(self, catalog: Catalog, store: Store, switches: Switches) -> None:
        self._catalog, self._store, self._switches = catalog, store, switches

    async def scan(self, body: bytes) -> bytes:
        request = requests.read(requests.Scan, body, self._switches)
        segment = hash_range(request.Segment, request.TotalSegments)
        table = await self._checked(request)

        def statement(after: Optional[Key], count: int) -> List[Any]:
            sql = scan_statement(table.name, table.columns, after is not None)
            return [sql, *segment, *(after.parameters if after else ()), count]

        return await self._answer(request, table, statement, _start_of(request, table))

    async def query(self, body: bytes) -> bytes:
        request = requests.read(requests.Query, body, self._switches)
        table = await self._checked(request)
        condition = _condition_of(request, table)
        start = _start_of(request, table)
        hash_part, hash_parameter = read_part(table.columns[0], condition.hash_value)
        if start and start.order[0] != hash_part:
            raise invalid(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        operands = [read_part(table.columns[1], value)[1] for value in condition.operands]

        def statement(after: Optional[Key], count: int) -> List[Any]:
            ranged = len(table.columns) > 1
            sql = query_statement(
                table.name,
                table.columns,
                condition.operator,
                resumed=after is not None and ranged,
                forward=request.ScanIndexForward,
            )
            # Without a range key there is only one item, so nothing follows it.
            rows = 0 if after and not ranged else count
            return [sql, hash_parameter, *operands, *(after.parameters[1:] if after else ()), rows]

        return await self._answer(request, table, statement, start)

    async def _checked(self, request: requests.PageRequest) -> Table:
        requests.refuse_consistent_read(request.ConsistentRead, self._switches)
        if request.Select not in ("ALL_ATTRIBUTES", "COUNT"):
            raise invalid(f"Select {request.Select!r} is not one of ALL_ATTRIBUTES, COUNT")
        return await self._catalog.get(request.TableName)

    async def _answer(
        self, request: requests.PageRequest, table: Table, statement: Statement, start: Optional[Key]
    ) -> bytes:
        async def fetch(after: Optional[bytes], count: int) -> List[bytes]:
            key = start if after is None else key_of(table.columns, DOCUMENT.decode(after))
            rows = await self._store.fetch(*statement(key, count))
            return [text.encode() for (text,) in rows]

        limit = page_limit(request.Limit, self._switches.short_pages)
        return page_body(await read_page(fetch, limit), table, request.Select == "COUNT")


def page_body(page: Page, table: Table, count_only: bool) -> bytes:
    """The body of an answer. Documents are copied into it as PostgreSQL returns them, without decoding."""
    count = len(page.documents)
    body = b'{"Count":%d,"ScannedCount":%d' % (count, count)
    if not count_only:
        body += b',"Items":[%s]' % b",".join(page.documents)
    if page.last is not None:
        key = key_attributes(table.columns, DOCUMENT.decode(page.last))
        body += b',"LastEvaluatedKey":' + msgspec.json.encode(key)
    return body + b"}"


def _start_of(request: requests.PageRequest, table: Table) -> Optional[Key]:
    if request.ExclusiveStartKey is None:
        return None
    return bare_key_of(table.columns, request.ExclusiveStartKey)


def _condition_of(request: requests.Query, table: Table) -> KeyCondition:
    if request.KeyConditionExpression is None:
        raise invalid("Query needs a KeyConditionExpression")
    expression = Expression(
        "KeyConditionExpression",
        request.KeyConditionExpression,
        request.ExpressionAttributeNames,
        request.ExpressionAttributeValues,
    )
    return read_key_condition(expression, table.columns)
