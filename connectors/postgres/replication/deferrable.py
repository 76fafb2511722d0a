"""Tables with a deferrable unique key: one that may be checked at the commit only. Asks the server about one
relation at a time, over separate connections."""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar

from psycopg2 import errors

from connectors.base.errors import TransientError
from connectors.postgres.pgoutput.messages import Relation, Row
from connectors.postgres.replication.connect import Address, connected
from connectors.postgres.sql import identifier, table_name

log = logging.getLogger(__name__)

T = TypeVar("T")
PAUSE_SECONDS = 1.0
_QUESTION = "SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = %s AND indisunique AND NOT indimmediate)"
_KEYS = """
SELECT n.nspname, c.relname, i.indimmediate, k.columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indrelid = c.oid
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname::text ORDER BY u.place), bool_and(a.attnotnull)
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(attnum, place)
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attnum
    WHERE u.place <= i.indnkeyatts) k(columns, filled)
WHERE c.oid = %s AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.filled
ORDER BY i.indimmediate DESC, i.indisprimary DESC
"""


class Deferrable:
    """Raises TransientError and PreflightError."""

    def __init__(
        self, address: Address, patience: float, sleep: Optional[Callable[[float], None]] = None
    ) -> None:
        """`patience`: seconds to wait for an unavailable server."""
        self._address, self._patience, self._sleep = address, patience, sleep or time.sleep

    def __call__(self, relation: int) -> bool:
        """Whether the relation of this oid is such a table. Asked once per session for each relation with
        REPLICA IDENTITY FULL."""
        return self._patiently(lambda connection: _one(connection, _QUESTION, relation))

    def occupied(self, relation: Relation, row: Row) -> bool:
        """Whether the table now has a row with the unique key of `row`, whose values are all known.

        True also where that cannot be asked: the role lacks SELECT, or the table has changed since.
        """
        values = {column.name: value for column, value in zip(relation.columns, row)}
        return self._patiently(lambda connection: _occupied(connection, relation.id, values))

    def _patiently(self, ask: Callable[[Any], T]) -> T:
        until = time.monotonic() + self._patience
        while True:
            try:
                with connected(self._address, "inspect", "reading a table's keys") as connection:
                    return ask(connection)
            except TransientError as error:
                if time.monotonic() > until:
                    raise
                log.warning("retrying: %s", error)
                self._sleep(PAUSE_SECONDS)


class _UniqueKey(NamedTuple):
    table: str
    immediate: bool
    columns: List[str]


def _occupied(connection: Any, oid: int, values: Dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, (oid,))
        keys = [_UniqueKey(table_name(row[0], row[1]), row[2], row[3]) for row in cursor.fetchall()]
    if any(key.immediate for key in keys):
        return False  # two rows are never equal in all columns, not even until the commit
    if not keys or any(not isinstance(values.get(name), bytes) for name in keys[0].columns):
        return True
    wanted = " AND ".join(f"{identifier(name)} = %s" for name in keys[0].columns)
    texts = tuple(values[name].decode() for name in keys[0].columns)
    try:
        return _one(connection, f"SELECT EXISTS (SELECT FROM {keys[0].table} WHERE {wanted})", *texts)
    except (errors.InsufficientPrivilege, errors.UndefinedColumn, errors.UndefinedTable):
        return True


def _one(connection: Any, statement: str, *values: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.fetchone()[0])
