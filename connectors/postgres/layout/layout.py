"""The relations of one replication session, and the meaning of their messages for DynamoDB."""

from __future__ import annotations

from typing import Collection, Dict, NamedTuple, Optional, Protocol, Sequence, Tuple

import msgspec

from connectors.base.errors import ConfigError
from connectors.model.keys import KeySchema
from connectors.model.lane_batch import Entry
from connectors.postgres.layout.errors import LayoutError, TruncateError
from connectors.postgres.layout.keymap import KeyColumn, key_columns
from connectors.postgres.layout.names import same_name
from connectors.postgres.layout.overrides import DOCUMENT, Override, Overrides
from connectors.postgres.layout.rows import Rows
from connectors.postgres.pgoutput.messages import Change, Delete, Insert, Relation, Truncate

_NONE: Tuple[str, Sequence[Entry]] = ("", ())
_BY_KEY = ("d", "i")
"""Replica identities with which an old row contains only its key columns."""
TRUNCATES = ("fail", "delete")


class Tables(Protocol):
    """The DynamoDB tables, as far as the job may write to them."""

    def names(self) -> Collection[str]:
        """The names of all tables; needed only where `key_schema` returns None. Includes the tables that the
        filter excludes: otherwise their rows would go to a table whose name differs only in case."""

    def key_schema(self, name: str) -> Optional[KeySchema]:
        """None: the table does not exist, or the filter excludes it; its rows are skipped."""


class Truncated(NamedTuple):
    """All items of these tables are to be deleted before any later change is written. `lsn`: for logs."""

    tables: Tuple[str, ...]
    lsn: int


class Layout:
    """The relations by oid. One Layout per session: the server announces the relations again in each.

    A relation with the document column is a table; every other one is skipped. `lsn` is the position of the
    message, for errors.
    """

    def __init__(self, tables: Tables, overrides: Overrides, truncate: str = "fail") -> None:
        """`truncate`: fail or delete. Raises ConfigError for any other value."""
        if truncate not in TRUNCATES:
            raise ConfigError("layout", "truncate", f"{truncate!r} is not known", TRUNCATES)
        self._tables, self._overrides, self._deletes = tables, overrides, truncate == "delete"
        self._rows: Dict[int, Optional[Rows]] = {}
        self._mapped: Dict[str, str] = {}
        """Qualified name -> table, for every relation that was mapped to one."""
        self._notices: Dict[str, str] = {}

    def relation(self, message: Relation, lsn: int) -> Optional[str]:
        """Record the relation's definition from here on. Returns a notice for the user, once for each
        relation.

        Raises LayoutError when a table's key cannot be mapped, when a relation is no longer a table, and when
        two relations would be mapped to the same table.
        """
        message = msgspec.structs.replace(message, xid=0)
        known = self._rows.get(message.id)
        if known is not None and known.relation == message:
            return None
        name = f"{message.namespace}.{message.name}"
        document = self._document(message, name, lsn)
        rows = None
        if document is None:
            notice = f"relation {name} has no column {DOCUMENT}: it is not a DynamoDB table and is skipped"
        else:
            rows = self._mapping(message, name, document, lsn)
            notice = _mapping_text(name, rows)
        self._rows[message.id] = rows
        return self._once(name, notice)

    def entries(self, message: Change, lsn: int) -> Tuple[str, Sequence[Entry]]:
        """The table and its puts and deletes. ("", ()) for a relation that is skipped.

        Raises LayoutError for a row that cannot be mapped, or whose relation was not announced.
        """
        rows = self._of(message.relation, lsn)
        if rows is None:
            return _NONE
        if isinstance(message, Insert):
            return rows.table, rows.insert(message, lsn)
        if isinstance(message, Delete):
            return rows.table, rows.delete(message, lsn)
        return rows.table, rows.update(message, lsn)

    def truncate(self, message: Truncate, lsn: int) -> Optional[Truncated]:
        """Returns None where only skipped relations were emptied. Raises TruncateError unless configured to
        delete."""
        truncated = {rows.table for rows in (self._of(each, lsn) for each in message.relations) if rows}
        tables = tuple(sorted(truncated))
        if tables and not self._deletes:
            raise TruncateError(tables, lsn)
        return Truncated(tables, lsn) if tables else None

    def _of(self, relation: int, lsn: int) -> Optional[Rows]:
        try:
            return self._rows[relation]
        except KeyError:
            raise LayoutError(
                f"with oid {relation}", lsn, "it was not announced in this session. Restart the job"
            ) from None

    def _document(self, message: Relation, name: str, lsn: int) -> Optional[int]:
        """Place of the document column; None for a relation that is not a table."""
        wanted = self._override(name).document
        names = [column.name for column in message.columns]
        if (wanted or DOCUMENT) in names:
            return names.index(wanted or DOCUMENT)
        if wanted:
            raise LayoutError(name, lsn, f"it has no column {wanted}, which the configuration names: {names}")
        if name in self._mapped:
            raise LayoutError(
                name,
                lsn,
                f"it was DynamoDB table {self._mapped[name]} and no longer has its column {DOCUMENT}. Remove "
                f"it from the publication, or configure the column that holds the document",
            )
        return None

    def _mapping(self, message: Relation, name: str, document: int, lsn: int) -> Optional[Rows]:
        table, schema = self._target(message.name, self._override(name))
        if schema is None:
            return None
        other = next((o for o, t in self._mapped.items() if t == table and o != name), None)
        if other and not (self._override(name).table and self._override(other).table):
            raise LayoutError(
                name, lsn, f"{other} is DynamoDB table {table} already. Set table for both relations"
            )
        keys = self._keys(message, name, document, schema, lsn)
        self._mapped[name] = table
        return Rows(message, table, schema, document, keys)

    def _target(self, relation: str, override: Override) -> Tuple[str, Optional[KeySchema]]:
        name = override.table or relation
        schema = self._tables.key_schema(name)
        if schema is not None or override.table:
            return name, schema
        match = same_name(name, self._tables.names())
        return (match, self._tables.key_schema(match)) if match else (name, None)

    def _keys(
        self, message: Relation, name: str, document: int, schema: KeySchema, lsn: int
    ) -> Sequence[KeyColumn]:
        """The key columns. Needed only where an old row consists of its key: with FULL, the old document
        contains the key."""
        if message.identity not in _BY_KEY or not any(column.key for column in message.columns):
            return ()
        try:
            return key_columns(message, document, schema, self._override(name).keys)
        except ValueError as error:
            raise LayoutError(name, lsn, str(error)) from None

    def _override(self, name: str) -> Override:
        return self._overrides.get(name) or Override()

    def _once(self, name: str, text: str) -> Optional[str]:
        if self._notices.get(name) == text:
            return None
        self._notices[name] = text
        return text


def _mapping_text(name: str, rows: Optional[Rows]) -> str:
    if rows is None:
        return f"relation {name} has no DynamoDB table to write to: its rows are skipped"
    return f"relation {name} is DynamoDB table {rows.table}, {rows.described()}"
