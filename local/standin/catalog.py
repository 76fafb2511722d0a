"""The endpoint's tables. Their definitions are stored in PostgreSQL, in a schema of their own."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional, Tuple

import asyncpg
import msgspec

from local.standin.faults import ApiError
from local.standin.schema import Definition
from local.standin.statements import quoted
from local.standin.store import Store
from local.standin.switches import Switches
from local.standin.tables import Table, table_of

# It has a primary key, so that UPDATE works in a publication FOR ALL TABLES. It has no column
# polardb_document, so that it is not taken for a DynamoDB table.
SCHEMA = (
    "CREATE SCHEMA IF NOT EXISTS standin",
    "CREATE TABLE IF NOT EXISTS standin.tables "
    '(name text COLLATE "C" PRIMARY KEY, definition jsonb NOT NULL)',
)


class Catalog:
    """Finds tables by name and stores their definitions. Makes one change at a time."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store, self._switches = store, switches
        self._tables: Dict[str, Table] = {}
        self.changing = asyncio.Lock()

    async def prepare(self) -> None:
        for statement in SCHEMA:
            await self._store.execute(statement)

    async def get(self, name: str) -> Table:
        """The table. Raises the ApiError for a missing one."""
        table = self._tables.get(name) or await self.find(name)
        if table is None:
            raise self.missing(name)
        return table

    async def find(self, name: str) -> Optional[Table]:
        rows = await self._store.fetch("SELECT definition::text FROM standin.tables WHERE name = $1", name)
        if not rows:
            return None
        return self._keep(msgspec.json.decode(rows[0][0], type=Definition))

    async def names(self, after: str, limit: int) -> List[str]:
        rows = await self._store.fetch(
            "SELECT name FROM standin.tables WHERE name > $1 ORDER BY name LIMIT $2", after, limit
        )
        return [name for (name,) in rows]

    async def create(self, definition: Definition) -> Table:
        """Raises ResourceInUseException."""
        table = table_of(definition)
        if await self.find(table.name):
            raise ApiError("ResourceInUseException", f"Table already exists: {table.name}")

        async def work(connection: asyncpg.Connection) -> None:
            for statement in table.sql.create:
                await connection.execute(statement)
            await self._save(connection, definition)

        await self._store.transaction(work)
        return self._keep(definition)

    async def replace(self, definition: Definition) -> Table:
        await self._store.transaction(lambda connection: self._save(connection, definition))
        return self._keep(definition)

    async def drop(self, table: Table) -> None:
        async def work(connection: asyncpg.Connection) -> None:
            await connection.execute("DELETE FROM standin.tables WHERE name = $1", table.name)
            await connection.execute(table.sql.drop)

        self.forget()
        await self._store.transaction(work)

    async def sizes(self, table: Table) -> Tuple[int, int]:
        """The planner's estimate of the rows, and the bytes including indexes. Estimates only, as with
        DynamoDB."""
        rows: List[Any] = await self._store.fetch(
            "SELECT greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) "
            "FROM pg_class WHERE oid = $1::text::regclass",
            f"public.{quoted(table.name)}",
        )
        return rows[0][0], rows[0][1]

    def forget(self) -> None:
        self._tables.clear()

    def missing(self, name: str) -> ApiError:
        code = "TableNotFound" if self._switches.table_not_found else "ResourceNotFoundException"
        return ApiError(code, f"Requested resource not found: Table: {name[:80]} not found")

    def _keep(self, definition: Definition) -> Table:
        table = self._tables[definition.TableName] = table_of(definition)
        return table

    async def _save(self, connection: asyncpg.Connection, definition: Definition) -> None:
        await connection.execute(
            "INSERT INTO standin.tables VALUES ($1, $2::text::jsonb) "
            "ON CONFLICT (name) DO UPDATE SET definition = EXCLUDED.definition",
            definition.TableName,
            msgspec.json.encode(definition).decode(),
        )
