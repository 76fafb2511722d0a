"""The relations of a database, as far as the job depends on them: names, columns, replica identity. Pure."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from connectors.postgres.layout.overrides import DOCUMENT, Override
from connectors.postgres.pgoutput.messages import Relation
from connectors.postgres.sql import table_name

_INTEGERS = frozenset((20, 21, 23))
_MODIFIABLE = frozenset((1043, 1700))
"""varchar, numeric."""


class ColumnFacts(NamedTuple):
    name: str
    type: int
    """The oid of its type, as in Relation messages."""
    base: int
    """The same, or for a domain the oid of the type below it."""
    generated: bool = False
    modifier: int = -1
    """Its type modifier, such as the length of varchar(n); -1: none."""

    @property
    def narrows(self) -> bool:
        """Whether it may round a value or cut blanks off: integers, numeric(p, s), varchar(n), and domains,
        which may have a modifier of their own. Each row then shows whether it did."""
        return self.base in _INTEGERS or (
            self.base in _MODIFIABLE and (self.type != self.base or self.modifier != -1)
        )


class Partition(NamedTuple):
    oid: int
    namespace: str
    name: str
    identity: str
    attached: str = ""
    """The transactions that attached it, and each partitioned table between it and the root."""
    created_attached: bool = True
    """Each of them was attached by the transaction that created it, so it had no rows before."""
    toast: int = 0
    """As of a relation."""
    file: str = ""
    """The file with its rows: TABLESPACE/FILE. See postgres.replication.rewrites."""
    uncounted: bool = False
    """Its rows have not been counted since it was created, emptied by TRUNCATE or rewritten by ALTER TABLE.
    VACUUM, ANALYZE and CLUSTER count them."""
    unlogged: bool = False

    @property
    def qualified(self) -> str:
        """As in reverse.relations."""
        return f"{self.namespace}.{self.name}"

    @property
    def quoted(self) -> str:
        return table_name(self.namespace, self.name)


class RelationFacts(NamedTuple):
    """An ordinary or partitioned table. A partition is part of its root, and not a relation of its own."""

    oid: int
    namespace: str
    name: str
    identity: str
    """pg_class.relreplident: d (primary key), n (nothing), f (whole row) or i (an index)."""
    key: Tuple[str, ...]
    """The columns of the index that is the replica identity, in the index's order. Empty: there is none."""
    columns: Tuple[ColumnFacts, ...]
    partitioned: bool = False
    unlogged: bool = False
    created: str = ""
    """The transaction that created it."""
    partitions: Tuple[Partition, ...] = ()
    toast: int = 0
    """The oid of its TOAST table; 0: none. An ALTER TABLE that rewrites all rows gives it another one."""

    @property
    def identified(self) -> bool:
        """Whether UPDATE and DELETE work on it while it is published."""
        return self.identity == "f" or (self.identity in "di" and bool(self.key))

    @property
    def qualified(self) -> str:
        """As in reverse.relations."""
        return f"{self.namespace}.{self.name}"

    @property
    def quoted(self) -> str:
        return table_name(self.namespace, self.name)

    @property
    def place(self) -> Tuple[str, str]:
        """As publications list it."""
        return self.namespace, self.name

    def partition(self, oid: int) -> Optional[Partition]:
        return next((partition for partition in self.partitions if partition.oid == oid), None)

    def column(self, name: str) -> Optional[ColumnFacts]:
        return next((column for column in self.columns if column.name == name), None)


def document_of(relation: RelationFacts, override: Override) -> Optional[str]:
    """The column with the item; None for a relation that is not a DynamoDB table."""
    if override.skip:
        return None
    wanted = override.document or DOCUMENT
    return wanted if relation.column(wanted) else None


def announced(message: Relation, current: Optional[RelationFacts]) -> RelationFacts:
    """The relation as a message announces it. The message may be older than `current`, the same relation in
    the catalog: the message decides, and the catalog adds what messages lack. None: it has been dropped
    since.
    """
    known: Dict[str, ColumnFacts] = {c.name: c for c in current.columns} if current else {}
    order = {name: place for place, name in enumerate(current.key)} if current else {}
    columns = []
    for column in message.columns:
        same = known.get(column.name)
        base = same.base if same is not None and same.type == column.type else column.type
        columns.append(ColumnFacts(column.name, column.type, base, False, column.modifier))
    flagged = [column.name for column in message.columns if column.key and message.identity in "di"]
    key = tuple(sorted(flagged, key=lambda name: order.get(name, len(order))))
    return RelationFacts(message.id, message.namespace, message.name, message.identity, key, tuple(columns))
