"""The SQL of one table. A key is sent as text or bytea and cast to its column's type."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Tuple

from local.standin.keys import KeyColumn
from local.standin.schema import DOCUMENT

COLUMN_TYPES = {"S": 'text COLLATE "C"', "N": "numeric", "B": "bytea"}
PARAMETER_TYPES = {"S": "text", "N": "text", "B": "bytea"}
HASHES = {
    # Only these hash functions can be called from SQL in every version; before 18 there is none for bytea.
    "S": "hashtextextended({0}, 0)",
    "N": "hash_numeric_extended({0}, 0)",
    "B": "hashtextextended(encode({0}, 'hex'), 0)",
}


class Statements(NamedTuple):
    """The statements. Each has one array parameter per key column, and those below that say so have more."""

    create: Tuple[str, ...]
    drop: str
    put: str
    """Parameters: keys, documents. Inserts or replaces, in the given order."""
    delete: str
    """Parameters: keys. Locks the rows in key order before it deletes them."""
    lock: str
    """Parameters: keys. Locks the rows that exist, in key order."""
    get: str
    """Parameters: keys. Returns rows of (position from 1, document)."""
    merge: str
    """Parameters: keys, names to remove, attributes to set, the whole document if it is new. Implements
    UpdateItem and returns the document."""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def statements_of(table: str, columns: Sequence[KeyColumn]) -> Statements:
    name = f"public.{quoted(table)}"
    keys = ", ".join(quoted(column.name) for column in columns)
    aliases = [f"k{i}" for i in range(len(columns))]
    casts = ", ".join(_cast(f"k.{alias}", column) for alias, column in zip(aliases, columns))
    arrays = ", ".join(f"${i}::{PARAMETER_TYPES[column.kind]}[]" for i, column in enumerate(columns, 1))
    next_parameter = len(columns) + 1
    match = " AND ".join(
        f"t.{quoted(column.name)} = {_cast(f'k.{alias}', column)}" for alias, column in zip(aliases, columns)
    )
    qualified = ", ".join(f"t.{quoted(column.name)}" for column in columns)
    given = f"unnest({arrays}) AS k({', '.join(aliases)})"
    lock = f"SELECT {qualified} FROM {given} JOIN {name} t ON {match} ORDER BY {qualified} FOR UPDATE OF t"
    same = " AND ".join(f"t.{quoted(column.name)} = locked.{quoted(column.name)}" for column in columns)
    insert = f"INSERT INTO {name} AS t ({keys}, {DOCUMENT}) SELECT {casts},"
    conflict = f"ON CONFLICT ({keys}) DO UPDATE SET {DOCUMENT} ="
    return Statements(
        create=_create(table, columns),
        drop=f"DROP TABLE {name}",
        put=f"{insert} k.d::jsonb FROM unnest({arrays}, ${next_parameter}::text[]) "
        f"AS k({', '.join(aliases)}, d) {conflict} EXCLUDED.{DOCUMENT}",
        delete=f"WITH locked AS MATERIALIZED ({lock}) DELETE FROM {name} t USING locked WHERE {same}",
        lock=lock,
        get=f"SELECT k.i, t.{DOCUMENT}::text FROM unnest({arrays}) WITH ORDINALITY "
        f"AS k({', '.join(aliases)}, i) JOIN {name} t ON {match}",
        merge=f"{insert} ${next_parameter + 2}::jsonb FROM {given} {conflict} "
        f"(t.{DOCUMENT} - ${next_parameter}::text[]) || ${next_parameter + 1}::jsonb "
        f"RETURNING {DOCUMENT}::text",
    )


def scan_statement(table: str, columns: Sequence[KeyColumn], resumed: bool) -> str:
    """Parameters: first and last hash of the segment, the key after which it resumes, the number of rows."""
    hashed = hash_of(columns[0], quoted(columns[0].name))
    order = ", ".join((hashed, *(quoted(column.name) for column in columns)))
    where = f"{hashed} BETWEEN $1 AND $2"
    limit = 3
    if resumed:
        after = [_cast(f"${i}::{PARAMETER_TYPES[c.kind]}", c) for i, c in enumerate(columns, 3)]
        where += f" AND ({order}) > ({', '.join((hash_of(columns[0], after[0]), *after))})"
        limit += len(columns)
    return (
        f"SELECT {DOCUMENT}::text FROM public.{quoted(table)} WHERE {where} ORDER BY {order} LIMIT ${limit}"
    )


def query_statement(
    table: str, columns: Sequence[KeyColumn], condition: Optional[str], resumed: bool, forward: bool
) -> str:
    """Parameters: the hash key, those of the condition, the range key after which it resumes, the number of
    rows.

    `condition` is one of RANGE_CONDITIONS. `condition` and `resumed` need a range key.
    """
    hash_column, range_column = columns[0], columns[-1]
    name, kind = quoted(range_column.name), PARAMETER_TYPES[range_column.kind]
    where = [f"{quoted(hash_column.name)} = {_cast(f'$1::{PARAMETER_TYPES[hash_column.kind]}', hash_column)}"]
    used = 1
    if condition is not None:
        count = 2 if condition == "BETWEEN" else 1
        operands = [_cast(f"${i}::{kind}", range_column) for i in range(2, 2 + count)]
        where.append(RANGE_CONDITIONS[condition, range_column.kind == "B"].format(name, *operands))
        used += count
    if resumed:
        used += 1
        where.append(f"{name} {'>' if forward else '<'} {_cast(f'${used}::{kind}', range_column)}")
    return (
        f"SELECT {DOCUMENT}::text FROM public.{quoted(table)} WHERE {' AND '.join(where)} "
        f"ORDER BY {name} {'ASC' if forward else 'DESC'} LIMIT ${used + 1}"
    )


RANGE_CONDITIONS = {
    **{(op, binary): f"{{0}} {op} {{1}}" for op in ("=", "<", "<=", ">", ">=") for binary in (False, True)},
    ("BETWEEN", False): "{0} BETWEEN {1} AND {2}",
    ("BETWEEN", True): "{0} BETWEEN {1} AND {2}",
    ("begins_with", False): "{0} >= {1} AND starts_with({0}, {1})",
    ("begins_with", True): "{0} >= {1} AND substring({0} FROM 1 FOR octet_length({1})) = {1}",
}
"""Conditions by operator and whether the key is binary. The column is {0}, the operands are {1} and {2}."""


def hash_of(column: KeyColumn, expression: str) -> str:
    return HASHES[column.kind].format(expression)


def _create(table: str, columns: Sequence[KeyColumn]) -> Tuple[str, str]:
    name = f"public.{quoted(table)}"
    keys = ", ".join(quoted(column.name) for column in columns)
    types = ", ".join(f"{quoted(column.name)} {COLUMN_TYPES[column.kind]}" for column in columns)
    hashed = hash_of(columns[0], quoted(columns[0].name))
    return (
        f"CREATE TABLE {name} ({types}, {DOCUMENT} jsonb NOT NULL, PRIMARY KEY ({keys}))",
        # A segment of a Scan is a range of this index, whatever TotalSegments is.
        f"CREATE INDEX ON {name} ({hashed}, {keys})",
    )


def _cast(expression: str, column: KeyColumn) -> str:
    return f"{expression}::numeric" if column.kind == "N" else expression
