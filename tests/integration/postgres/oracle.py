"""Random transactions in PostgreSQL, what the tables were after each of them, and the same from messages."""

from __future__ import annotations

import random
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Commit,
    Delete,
    Insert,
    LogicalMessage,
    Message,
    Relation,
    Row,
    Truncate,
    Update,
)
from tests.integration.postgres.capture import Capture

TextRow = Dict[str, Optional[str]]
Tables = Dict[int, List[TextRow]]
"""Relation's oid -> its rows, with the text form of each column."""
COLUMNS = {
    "t": ("text", ["'a'", "'it''s \"x\\'", "''", "'路\U0001f600'", "NULL"]),
    "n": ("numeric", ["0", "-1.50", "12345678901234567890.123", "'NaN'", "NULL"]),
    "i": ("bigint", ["7", "-9223372036854775808", "NULL"]),
    "b": ("bytea", ["'\\x00ff'", "''", "NULL"]),
    "j": ("jsonb", ['\'{"id": {"S": "a"}, "n": [1, null, "\\u00e9"]}\'', "NULL"]),
    "flag": ("boolean", ["true", "false", "NULL"]),
    "real": ("double precision", ["0.1", "'-Infinity'", "1e300", "NULL"]),
    "dom": ("short_text", ["'d'", "NULL"]),
    "mood": ("mood", ["'sad'", "'glad'", "NULL"]),
    "big": ("text", ["repeat(md5(random()::text), 200)", "'small'", "NULL"]),
}
EXTRA = {
    "at": "timestamptz DEFAULT '2026-01-02 03:04:05.678+00'",
    "many": "int[] DEFAULT '{1,NULL,3}'",
    "bits": "bit(3) DEFAULT B'101'",
}
"""They keep their defaults, and may be dropped."""
NAMES = ("plain", "Mixed Case", 'quo"te', "select", "名前")
IDENTITIES = ("DEFAULT", "FULL", "INDEX")
TURN = "turn"
"""Prefix of the message with the number of a transaction."""


class Oracle:
    """Writes through the one connection of a Capture."""

    def __init__(self, capture: Capture, seed: int) -> None:
        self._capture, self._rng, self._added = capture, random.Random(seed), 0
        self.snapshots: Dict[int, Tables] = {}
        """After each committed transaction, by its number."""
        self._tables = [quoted(name) for name in NAMES]
        capture.run("CREATE DOMAIN short_text AS varchar(20)", "CREATE TYPE mood AS ENUM ('sad', 'glad')")
        capture.publish(*(statement for name in NAMES for statement in self._made(name)))

    def run(self, transactions: int) -> None:
        for number in range(transactions):
            mark = f"SELECT pg_logical_emit_message(true, '{TURN}', '{number}')"
            body = list(self._body(0))
            commits = self._rng.random() < 0.85 or any(each.startswith("TRUNCATE") for each in body)
            self._capture.run("BEGIN", *body, mark, "COMMIT" if commits else "ROLLBACK")
            if commits:
                self.snapshots[number] = self._snapshot()
        self._capture.end()

    def _made(self, name: str) -> Iterator[str]:
        table, identity = quoted(name), self._rng.choice(IDENTITIES)
        key = self._rng.choice(['"Id"', '"Id", k2', 'k2, "Id"'])
        columns = [f"{column} {type_}" for column, (type_, _) in COLUMNS.items()]
        columns += [f"{column} {definition}" for column, definition in EXTRA.items()]
        yield f'CREATE TABLE {table} ("Id" text, k2 int NOT NULL, {", ".join(columns)}, PRIMARY KEY ({key}))'
        yield f"ALTER TABLE {table} ALTER big SET STORAGE EXTERNAL"
        if identity == "INDEX":
            yield f"CREATE UNIQUE INDEX {quoted(name + ' by id')} ON {table} ({key})"
            yield f"ALTER TABLE {table} REPLICA IDENTITY USING INDEX {quoted(name + ' by id')}"
        elif identity == "FULL":
            yield f"ALTER TABLE {table} REPLICA IDENTITY FULL"

    def _body(self, depth: int) -> Iterator[str]:
        for _ in range(self._rng.randint(1, 5)):
            if depth < 3 and self._rng.random() < 0.3:
                yield f"SAVEPOINT s{depth}"
                yield from self._body(depth + 1)
                yield self._rng.choice((f"RELEASE s{depth}", f"ROLLBACK TO s{depth}"))
            else:
                yield self._statement(depth)

    def _statement(self, depth: int) -> str:
        table, key, kind = self._rng.choice(self._tables), self._rng.choice("abcdef"), self._rng.random()
        if kind < 0.45:
            names = self._rng.sample(sorted(COLUMNS), 4)
            values = [f"'{key}'", str(self._rng.randint(1, 3)), *map(self._value, names)]
            listed = ", ".join(['"Id"', "k2", *names])
            return f"INSERT INTO {table} ({listed}) VALUES ({', '.join(values)}) ON CONFLICT DO NOTHING"
        if kind < 0.53:  # large enough to be streamed before it commits
            rows = "SELECT '{}' || g, 1, repeat(md5(random()::text), 200) FROM generate_series(1, 15) g"
            return f'INSERT INTO {table} ("Id", k2, big) {rows.format(key)} ON CONFLICT DO NOTHING'
        if kind < 0.65:
            name = self._rng.choice(sorted(COLUMNS))
            return f"UPDATE {table} SET {name} = {self._value(name)} WHERE \"Id\" LIKE '{key}%'"
        if kind < 0.75:  # the key changes, and a TOASTed value stays
            moved = f"'{key}' || \"Id\""
            taken = f'EXISTS (SELECT FROM {table} o WHERE o."Id" = \'{key}\' || {table}."Id")'
            return f'UPDATE {table} SET "Id" = {moved} WHERE length("Id") < 9 AND NOT {taken}'
        if kind < 0.87 or (depth and kind < 0.9):
            return f"DELETE FROM {table} WHERE \"Id\" LIKE '{key}%'"
        if kind < 0.9:
            # PostgreSQL 15 cannot stream a TRUNCATE that is rolled back: "could not map filenode".
            others = ", ".join(self._rng.sample(self._tables, self._rng.randint(1, 2)))
            return f"TRUNCATE {others}{self._rng.choice(('', ' RESTART IDENTITY CASCADE'))}"
        if kind < 0.94:
            self._added += 1
            return f"ALTER TABLE {table} ADD COLUMN \"New {self._added}\" text DEFAULT 'n{self._added}'"
        if kind < 0.96:
            return f"ALTER TABLE {table} DROP COLUMN IF EXISTS {self._rng.choice(sorted(EXTRA))}"
        return f"UPDATE {table} SET n = coalesce(n, 0) + 1"

    def _value(self, name: str) -> str:
        return self._rng.choice(COLUMNS[name][1])

    def _snapshot(self) -> Tables:
        snapshot: Tables = {}
        for table in self._tables:
            literal = table.replace("'", "''")
            ((oid,),) = self._capture.query(f"SELECT '{literal}'::regclass::oid::int8")
            columns = self._capture.query(
                f"SELECT attname, quote_ident(attname) FROM pg_attribute WHERE attrelid = {oid} AND "
                f"attnum > 0 AND NOT attisdropped ORDER BY attnum"
            )
            # format() writes a value as replication does; a cast to text writes true in place of t.
            texts = ", ".join(f"CASE WHEN {c} IS NOT NULL THEN format('%s', {c}) END" for _, c in columns)
            names = [name for name, _ in columns]
            rows = self._capture.query(f"SELECT {texts} FROM {table}")
            snapshot[oid] = [dict(zip(names, row)) for row in rows]
        return snapshot


class Folding:
    """The tables, from the messages of committed transactions."""

    def __init__(self) -> None:
        self.tables: Tables = {}
        self._relations: Dict[int, Relation] = {}

    def feed(self, messages: Iterable[Message]) -> Iterator[Tuple[int, Tables]]:
        """The number of each transaction at its commit, and the tables by then."""
        turn: Optional[int] = None
        for message in messages:
            if isinstance(message, LogicalMessage) and message.prefix == TURN:
                turn = int(message.content)
            elif isinstance(message, Commit):
                if turn is not None:
                    yield turn, self.tables
                turn = None
            else:
                self._take(message)

    def _take(self, message: Message) -> None:
        if isinstance(message, Relation):
            self._relations[message.id] = message
        elif isinstance(message, Truncate):
            for oid in message.relations:
                self.tables[oid] = []
        elif isinstance(message, Insert):
            self._rows(message.relation).append(self._named(message.relation, message.new))
        elif isinstance(message, Delete):
            self._remove(message.relation, message.old or message.key or [], message.old is None)
        elif isinstance(message, Update):
            self._update(message)

    def _update(self, message: Update) -> None:
        before = message.old or message.key or message.new
        old = self._remove(message.relation, before, message.old is None)
        columns = self._relations[message.relation].columns
        new = [
            old[column.name].encode() if value is UNCHANGED and old[column.name] is not None else value
            for column, value in zip(columns, message.new)
        ]
        self._rows(message.relation).append(self._named(message.relation, new))

    def _rows(self, oid: int) -> List[TextRow]:
        return self.tables.setdefault(oid, [])

    def _remove(self, oid: int, row: Row, key_only: bool) -> TextRow:
        """Exactly one row has these values."""
        columns = self._relations[oid].columns
        wanted = {
            column.name: text(value)
            for column, value in zip(columns, row)
            if (column.key or not key_only) and value is not UNCHANGED
        }
        rows = self._rows(oid)
        [removed] = [each for each in rows if all(each.get(n, v) == v for n, v in wanted.items())]
        rows.remove(removed)
        return {**{column.name: None for column in columns}, **removed}

    def _named(self, oid: int, row: Row) -> TextRow:
        columns = self._relations[oid].columns
        assert len(columns) == len(row)
        return {column.name: text(value) for column, value in zip(columns, row)}


def text(value: object) -> Optional[str]:
    assert value is None or isinstance(value, bytes), value
    return None if value is None else value.decode()


def same(folded: Tables, snapshot: Tables) -> None:
    """Equal in every column that both have: a column that was added has values that nothing sent."""
    for oid, rows in snapshot.items():
        now = {(row["Id"], row["k2"]): row for row in rows}
        then = {(row["Id"], row["k2"]): row for row in folded.get(oid, ())}
        assert len(then) == len(folded.get(oid, ()))
        assert set(then) == set(now)
        for key, row in then.items():
            assert {n: v for n, v in row.items() if n in now[key]} == {
                n: now[key][n] for n in row if n in now[key]
            }


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
