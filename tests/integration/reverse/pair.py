"""A PostgreSQL database, and the DynamoDB tables to which the reverse job replicates it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Set, Tuple

import psycopg2
from psycopg2.extras import execute_values

from connectors.model.origin import TABLE as ORIGIN
from local.stack.postgres import Postgres
from local.traffic import Client
from tests.harness.sampler import Sampler
from tests.harness.slots import wait_free

Item = Dict[str, Any]


def item(key: str, **attributes: str) -> Item:
    return {"id": {"S": key}, **{name: {"S": value} for name, value in attributes.items()}}


class DatabasePair:
    """`prefix` keeps this test's slots and DynamoDB tables apart."""

    def __init__(self, postgres: Postgres, dynamodb: Client, prefix: str, encoding: str = "UTF8") -> None:
        self.postgres, self.dynamodb, self.prefix = postgres, dynamodb, prefix
        self.database = f"db_{prefix}"
        self.slot, self.publication = f"slot_{prefix}", f"pub_{prefix}"
        self._connection: Optional[Any] = None
        options = f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"
        self.sql(f"CREATE DATABASE {self.database} {options}", database="postgres")

    def connect(self, database: Optional[str] = None) -> Any:
        """With settings of its own, whatever the database has."""
        connection = psycopg2.connect(
            self.postgres.dsn,
            dbname=database or self.database,
            client_encoding="UTF8",
            options="-c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0",
        )
        connection.autocommit = True
        return connection

    def sql(self, statement: str, *values: Any, database: Optional[str] = None) -> List[Tuple[Any, ...]]:
        """In a connection of its own for another database, so that none outlives a kill of the server."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def make(self, name: str = "items", dynamodb: bool = True, identity: str = "DEFAULT") -> str:
        """A table on both sides, its key `id` of type S."""
        table = f"{self.prefix}_{name}"
        self.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)')
        if identity != "DEFAULT":
            self.sql(f'ALTER TABLE "{table}" REPLICA IDENTITY {identity}')
        if dynamodb:
            self.make_dynamodb(table)
        return table

    def make_marks(self) -> str:
        """The forward job's own table."""
        self.sql(f'CREATE TABLE "{ORIGIN}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)')
        return ORIGIN

    def defer(self, table: str) -> None:
        """The table's key is checked at the commit only, from now on."""
        self.sql(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey"')
        self.sql(f'ALTER TABLE "{table}" ADD PRIMARY KEY (id) DEFERRABLE')

    def make_dynamodb(self, table: str) -> None:
        self.dynamodb.ask(
            "CreateTable",
            {
                "TableName": table,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )

    def publish(self) -> None:
        self.sql(f"CREATE PUBLICATION {self.publication} FOR ALL TABLES")
        self.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", self.slot)

    def put(self, table: str, *items: Item, connection: Any = None) -> None:
        """One transaction, unless a connection with one open is given."""
        own = connection or self.connect()
        statement = (
            f'INSERT INTO "{table}" VALUES %s ON CONFLICT (id) DO UPDATE '
            f"SET polardb_document = excluded.polardb_document"
        )
        with own.cursor() as cursor:
            rows = [(each["id"]["S"], json.dumps(each, ensure_ascii=False)) for each in items]
            execute_values(cursor, statement, rows, page_size=100_000)
        if connection is None:
            own.close()

    def put_new(self, table: str, *items: Item) -> None:
        """Into a table whose key is deferrable: ON CONFLICT takes no such key."""
        for each in items:
            self.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', each["id"]["S"], json.dumps(each))

    def delete(self, table: str, *keys: str, connection: Any = None) -> None:
        own = connection or self.connect()
        with own.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table}" WHERE id = ANY(%s)', (list(keys),))
        if connection is None:
            own.close()

    def rows(self, table: str) -> Dict[str, Item]:
        return dict(self.sql(f'SELECT id, polardb_document FROM "{table}"'))

    def items(self, table: str) -> Dict[str, Item]:
        by_key: Dict[str, Item] = {}
        request: Dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        while True:
            page = self.dynamodb.ask("Scan", request)
            by_key.update({each["id"]["S"]: each for each in page["Items"]})
            if "LastEvaluatedKey" not in page:
                return by_key
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def item(self, table: str, key: str) -> Optional[Item]:
        request = {"TableName": table, "ConsistentRead": True, "Key": {"id": {"S": key}}}
        stored: Optional[Item] = self.dynamodb.ask("GetItem", request).get("Item")
        return stored

    def equal(self, *tables: str) -> bool:
        return all(self.rows(table) == self.items(table) for table in tables)

    def lsn(self) -> int:
        return int(self.sql("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0])

    def confirmed(self) -> int:
        rows = self.sql(
            "SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s",
            self.slot,
        )
        return int(rows[0][0])

    def holder(self) -> Optional[int]:
        rows = self.sql("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", self.slot)
        return rows[0][0] if rows else None

    def sampler(self, table: str, crashes: bool = False) -> Sampler:
        return Sampler(self.lsn, self.confirmed, lambda: set(self.items(table)), crashes=crashes)

    def sampler_of(self, table: str, *keys: str) -> Sampler:
        """For tables that take long to scan: the one server's time is the job's too."""

        def present() -> Set[str]:
            return {key for key in keys if self.item(table, key) is not None}

        return Sampler(self.lsn, self.confirmed, present)

    def drop(self) -> None:
        mine = "SELECT slot_name FROM pg_replication_slots WHERE database = %s"
        for (slot,) in self.sql(mine, self.database, database="postgres"):
            self.drop_slot(slot)
        self.sql(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)", database="postgres")

    def drop_slot(self, slot: str) -> None:
        wait_free(self.postgres.dsn, slot)
        self.sql("SELECT pg_drop_replication_slot(%s)", slot, database="postgres")
