"""Decoded messages, written as the output plugin test_decoding writes them."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional

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
_BITS, _BOOLEAN = frozenset((1560, 1562)), 16


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
        found = []
        for column, value in zip(columns, row):
            if value is not None or nulls:
                found.append(
                    f" {self._ident(column.name)}[{self._types[column.type]}]:{_literal(column, value)}"
                )
        return "".join(found)

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
