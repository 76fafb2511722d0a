"""Decoded messages, written as the output plugins test_decoding and wal2json write them."""

from __future__ import annotations

import json
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Union

from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Column,
    Delete,
    Insert,
    Message,
    Relation,
    Row,
    Truncate,
    Update,
)
from tests.integration.postgres.capture import Capture

_BARE = frozenset((20, 21, 23, 26, 700, 701, 1700))
_BITS, _BOOLEAN, _BYTEA = frozenset((1560, 1562)), 16, 17
_NOT_IN_JSON = ("NaN", "Infinity", "-Infinity")


class Rendering:
    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._types: Dict[int, str] = dict(
            capture.query("SELECT oid::int8, format_type(oid, NULL) FROM pg_type")
        )
        self._quoted: Dict[str, str] = {}
        self._relations: Dict[int, Relation] = {}

    def lines(self, messages: Iterable[Message]) -> Iterator[str]:
        """One for each change."""
        for message in messages:
            if isinstance(message, Relation):
                self._relations[message.id] = message
            elif isinstance(message, Truncate):
                yield self._truncate(message)
            elif isinstance(message, (Insert, Update, Delete)):
                relation = self._relations[message.relation]
                yield f"table {self._name(relation)}: {self._change(message, relation.columns)}"

    def _truncate(self, message: Truncate) -> str:
        names = ", ".join(self._name(self._relations[oid]) for oid in message.relations)
        flags = [" restart_seqs"] * message.restart_identity + [" cascade"] * message.cascade
        return f"table {names}: TRUNCATE:{''.join(flags) or ' (no-flags)'}"

    def _change(self, message: Message, columns: Iterable[Column]) -> str:
        columns = list(columns)
        if isinstance(message, Insert):
            return f"INSERT:{self._row(columns, message.new, True)}"
        if isinstance(message, Delete):
            return f"DELETE:{self._row(columns, message.key or message.old or [], False)}"
        assert isinstance(message, Update)
        old = message.key or message.old
        new = self._row(columns, message.new, True)
        return f"UPDATE: old-key:{self._row(columns, old, False)} new-tuple:{new}" if old else f"UPDATE:{new}"

    def _row(self, columns: List[Column], row: Row, nulls: bool) -> str:
        cells = []
        for column, value in zip(columns, row):
            if value is not None or nulls:
                cells.append(
                    f" {self._ident(column.name)}[{self._types[column.type]}]:{_literal(column, value)}"
                )
        return "".join(cells)

    def _name(self, relation: Relation) -> str:
        return f"{self._ident(relation.namespace)}.{self._ident(relation.name)}"

    def _ident(self, name: str) -> str:
        if name not in self._quoted:
            literal = name.replace("'", "''")
            ((self._quoted[name],),) = self._capture.query(f"SELECT quote_ident('{literal}')")
        return self._quoted[name]


def _literal(column: Column, value: Optional[object]) -> str:
    if value is None:
        return "null"
    if value is UNCHANGED:
        return "unchanged-toast-datum"
    assert isinstance(value, bytes)
    text = value.decode()
    if column.type in _BARE:
        return text
    if column.type == _BOOLEAN:
        return "true" if text == "t" else "false"
    if column.type in _BITS:
        return f"B'{text}'"
    return "'" + text.replace("'", "''") + "'"


JsonValue = Union[str, bool, None]
JsonRow = Dict[str, JsonValue]
"""Numbers as the text that they have in the JSON."""


class JsonChange(NamedTuple):
    """A line of wal2json's format version 2."""

    action: str
    schema: str
    table: str
    columns: JsonRow
    """Without unchanged TOASTed values."""
    identity: JsonRow
    """Without NULLs."""


def json_change(line: str) -> JsonChange:
    change = json.loads(line, parse_int=str, parse_float=str)
    columns, identity = (
        {each["name"]: each["value"] for each in change.get(part, ())} for part in ("columns", "identity")
    )
    return JsonChange(change["action"], change["schema"], change["table"], columns, _without_nulls(identity))


def json_changes(messages: Iterable[Message]) -> Iterator[JsonChange]:
    """One for each change, and for each table of a TRUNCATE."""
    relations: Dict[int, Relation] = {}
    for message in messages:
        if isinstance(message, Relation):
            relations[message.id] = message
        elif isinstance(message, Truncate):
            for oid in message.relations:
                yield JsonChange("T", relations[oid].namespace, relations[oid].name, {}, {})
        elif isinstance(message, (Insert, Update, Delete)):
            relation = relations[message.relation]
            new = [] if isinstance(message, Delete) else message.new
            old: Row = [] if isinstance(message, Insert) else message.old or message.key or message.new
            yield JsonChange(
                type(message).__name__[0],
                relation.namespace,
                relation.name,
                _json_row(relation.columns, new),
                _without_nulls(_json_row(relation.columns, old, keys=True)),
            )


def _json_row(columns: Iterable[Column], row: Row, keys: bool = False) -> JsonRow:
    """`keys`: only the columns of the replica identity."""
    return {
        column.name: _json_value(column, value)
        for column, value in zip(columns, row)
        if value is not UNCHANGED and (column.key or not keys)
    }


def _json_value(column: Column, value: Optional[object]) -> JsonValue:
    if value is None:
        return None
    assert isinstance(value, bytes)
    text = value.decode()
    if column.type == _BOOLEAN:
        return text == "t"
    if column.type == _BYTEA:
        return text[len("\\x") :]
    return None if column.type in _BARE and text in _NOT_IN_JSON else text


def _without_nulls(row: JsonRow) -> JsonRow:
    return {name: value for name, value in row.items() if value is not None}
