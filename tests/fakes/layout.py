"""Relations of DynamoDB tables for `Layout`, and changes of their rows as pgoutput would send them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, Callable, Collection, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from connectors.model.keys import KeyAttribute, KeySchema
from connectors.postgres.layout.assignment import AssignmentRules
from connectors.postgres.layout.layout import Catalog, Layout, LayoutMemory, LayoutRules, Tables
from connectors.postgres.layout.overrides import Overrides
from connectors.postgres.layout.proof import Sample
from connectors.postgres.layout.relations import ColumnFacts, RelationFacts
from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Column,
    Delete,
    Insert,
    Relation,
    Row,
    Update,
    Value,
)

DOCUMENT = "polardb_document"
OIDS = {"S": 25, "N": 1700, "B": 17, "jsonb": 3802}
KeyValue = Union[str, bytes]
"""A str for types S and N, bytes for B."""


class FakeTables(Tables):
    def __init__(self, tables: Dict[str, KeySchema]) -> None:
        self.tables = tables
        self.asked: List[str] = []

    def names(self) -> Collection[str]:
        return list(self.tables)

    def key_schema(self, name: str) -> Optional[KeySchema]:
        self.asked.append(name)
        return self.tables.get(name)


class FakeCatalog(Catalog):
    """Without relations, it is as if each had been dropped since it was announced."""

    def __init__(self, *relations: RelationFacts) -> None:
        self.known = list(relations)
        self.rows: Dict[int, List[Sample]] = {}

    def relations(self, oid: int) -> Sequence[RelationFacts]:
        return self.known

    def sample(self, relation: RelationFacts, document: str, columns: Sequence[str]) -> List[Sample]:
        return self.rows.get(relation.oid, [])


def everything(name: str) -> bool:
    return True


def layout_of(
    tables: Tables,
    overrides: Optional[Overrides] = None,
    truncate: str = "fail",
    allows: Callable[[str], bool] = everything,
    catalog: Optional[Catalog] = None,
    memory: Optional[LayoutMemory] = None,
    dropped_fails: bool = True,
) -> Layout:
    rules = LayoutRules(AssignmentRules(overrides or {}, allows), truncate, dropped_fails)
    return Layout(tables, catalog or FakeCatalog(), rules, memory or LayoutMemory())


def facts(
    name: str,
    *keys: str,
    identity: str = "d",
    document: Optional[str] = "polardb_document",
    namespace: str = "public",
    oid: int = 1,
    types: Sequence[int] = (),
    **others: Any,
) -> RelationFacts:
    """A relation whose key columns have the types `types`, by default text, and then the document."""
    columns = [ColumnFacts(key, type_, type_) for key, type_ in zip(keys, [*types, *[25] * len(keys)])]
    if document:
        columns.append(ColumnFacts(document, 3802, 3802))
    key = keys if identity in "di" else ()
    return RelationFacts(oid, namespace, name, identity, key, tuple(columns), **others)


def schema(*attributes: Tuple[str, str]) -> KeySchema:
    return KeySchema(*(KeyAttribute(*each) for each in attributes))


def relation(
    *keys: Tuple[str, str],
    name: str = "users",
    identity: str = "d",
    oid: int = 1,
    namespace: str = "public",
    document: Optional[str] = DOCUMENT,
) -> Relation:
    """A relation. `keys`: columns and their DynamoDB types; the column of the document is last."""
    whole = identity == "f"
    columns = [Column(column, OIDS[type_], -1, identity != "n") for column, type_ in keys]
    if document:
        columns.append(Column(document, OIDS["jsonb"], -1, whole))
    return Relation(oid, namespace, name, identity, tuple(columns))


def attribute(type_: str, value: KeyValue) -> Dict[str, str]:
    return {type_: b64encode(value).decode() if isinstance(value, bytes) else value}


def column(value: KeyValue) -> bytes:
    return b"\\x" + value.hex().encode() if isinstance(value, bytes) else value.encode()


def item(key: Dict[str, Dict[str, str]], **others: Any) -> bytes:
    return json.dumps({**key, **others}).encode()


class Server(NamedTuple):
    """The messages that PostgreSQL sends for changes of a relation whose last column is a document."""

    relation: Relation

    def insert(self, row: Row) -> Insert:
        return Insert(self.relation.id, row)

    def update(self, old: Row, new: Row, toasted: bool) -> Update:
        """An update. `toasted`: the document is stored outside of the row, so it is sent only if it
        changes."""
        sent: List[Value] = list(new)
        if toasted and old[-1] == new[-1]:
            sent[-1] = UNCHANGED
        if self.relation.identity == "f":
            return Update(self.relation.id, sent, old=old)
        return Update(self.relation.id, sent, key=self._key(old) if old[:-1] != new[:-1] else None)

    def delete(self, old: Row) -> Delete:
        if self.relation.identity == "f":
            return Delete(self.relation.id, old=old)
        return Delete(self.relation.id, key=self._key(old))

    def _key(self, row: Row) -> Row:
        return [*row[:-1], None]
