"""Whether all items have arrived in PostgreSQL, with queries that cost little."""

from __future__ import annotations

import time
from typing import Optional

import psycopg2
from psycopg2 import sql

from local.stack.postgres import Postgres
from local.standin.database import DATABASE

LOOK_SECONDS = 0.2


class Arrivals:
    """Counts the rows of one table that receives only inserts. Counts when its file no longer grows."""

    def __init__(self, postgres: Postgres, table: str, count: int) -> None:
        self._dsn = psycopg2.extensions.make_dsn(postgres.dsn, dbname=DATABASE)
        self._table, self._count = sql.Identifier(table), count
        self._next, self._size = 0.0, 0
        self._connection: Optional[psycopg2.extensions.connection] = None

    def whole(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + LOOK_SECONDS
        size = self._ask("SELECT pg_relation_size(to_regclass(quote_ident({name})))")
        before, self._size = self._size, size
        return size == before > 0 and self._ask("SELECT count(*) FROM {table}") == self._count

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _ask(self, question: str) -> int:
        if self._connection is None:
            self._connection = psycopg2.connect(self._dsn)
            self._connection.autocommit = True
        named = sql.SQL(question).format(table=self._table, name=sql.Literal(self._table.string))
        with self._connection.cursor() as cursor:
            cursor.execute(named)
            return int((cursor.fetchone() or (0,))[0] or 0)
