"""Whether what the job reads is still the same as before: relations, publications, DynamoDB tables. Pure.

A table may be dropped and created again, and a publication may leave out a table for a second. Afterwards
both look as before, but changes are missing. PostgreSQL does not report this. A comparison of identities
shows it.

1. A relation is its oid, a DynamoDB table its TableId. Another identity under the same name is another table.
2. A publication is its oid, and the transaction that wrote its row last: ALTER PUBLICATION ... SET writes it.
   Each of its tables has its own row, with an oid and a transaction.
3. A table that joins a publication in another transaction than the one that created it may have been written
   to before.
4. A partition is its oid, and the transaction that attached it. A partition that was attached in another
   transaction than the one that created it may have rows that were never sent.
5. The state keeps what was seen first. A difference ends the job, and the state is not changed. So after a
   restart the job ends again, until the user decides: a start without the state accepts what is there now.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

import msgspec

from connectors.postgres.layout.assignment import Assigned, TableAssignment
from connectors.postgres.layout.errors import START_AND_COPY, dropped, dropped_partitions, skipping
from connectors.postgres.layout.relations import RelationFacts

_COPY = "Start the job without its savepoint, and then copy the tables in full."
"""In this order: see START_AND_COPY."""


class PublicationIdentity(msgspec.Struct, array_like=True, frozen=True):
    oid: str = ""
    version: str = ""
    """The transaction that wrote its row last."""
    members: Dict[str, str] = {}
    """Relation's oid -> the identity of its row in the publication."""
    schemas: Dict[str, str] = {}
    """Schema -> the identity of its row in the publication: FOR TABLES IN SCHEMA."""

    def member(self, relation: RelationFacts) -> Optional[str]:
        """The row by which it is published. None: not at all, or FOR ALL TABLES."""
        return self.members.get(str(relation.oid)) or self.schemas.get(relation.namespace)


class PartitionIdentity(msgspec.Struct, array_like=True, frozen=True):
    name: str
    attached: str
    """See Partition."""
    toast: int = 0
    file: str = ""


class TableIdentity(msgspec.Struct, array_like=True, frozen=True):
    relation: int
    """Its oid."""
    name: str
    """The relation's qualified name, for messages."""
    table_id: str = ""
    """DynamoDB's TableId; empty: not known."""
    partitions: Dict[str, PartitionIdentity] = {}
    """By oid."""
    toast: int = 0
    """See RelationFacts."""


class KnownIdentities(msgspec.Struct, array_like=True, frozen=True):
    """What the state keeps."""

    tables: Dict[str, TableIdentity] = {}
    """By name of the DynamoDB table."""
    publications: Dict[str, PublicationIdentity] = {}


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(KnownIdentities).decode


class Seen(NamedTuple):
    """The current state of both sides."""

    assignment: TableAssignment
    publications: Mapping[str, PublicationIdentity]
    ids: Mapping[str, str]
    """DynamoDB table -> TableId, as far as it was asked."""

    @property
    def tables(self) -> Dict[str, Assigned]:
        return {each.table: each for each in self.assignment.included}


def dropped_tables(known: KnownIdentities, seen: Seen) -> Dict[str, str]:
    """DynamoDB table -> the problem, for tables whose relation or one of whose partitions is gone, or whose
    relation is another one."""
    now = seen.tables
    problems: Dict[str, str] = {}
    for table, before in sorted(known.tables.items()):
        if table not in now:
            problems[table] = dropped(table)
        elif before.relation != now[table].relation.oid:
            problems[table] = dropped(table, now[table].relation.qualified)
        else:
            present = {str(partition.oid) for partition in now[table].relation.partitions}
            gone = [each.name for oid, each in before.partitions.items() if oid not in present]
            if gone:
                problems[table] = dropped_partitions(table, gone)
    return problems


def gaps(known: KnownIdentities, seen: Seen) -> List[str]:
    """The problems that no setting accepts."""
    return [
        *_other_tables(known, seen),
        *_publications(known, seen),
        *_partitions(known, seen),
    ]


def merged(known: KnownIdentities, seen: Seen) -> KnownIdentities:
    """The new state."""
    tables = {
        table: TableIdentity(
            each.relation.oid,
            each.relation.qualified,
            seen.ids.get(table) or _id(known, table),
            {
                str(p.oid): PartitionIdentity(p.quoted, p.attached, p.toast, p.file)
                for p in each.relation.partitions
            },
            each.relation.toast,
        )
        for table, each in seen.tables.items()
    }
    return KnownIdentities(tables, dict(seen.publications))


def _id(known: KnownIdentities, table: str) -> str:
    before = known.tables.get(table)
    return before.table_id if before else ""


def _other_tables(known: KnownIdentities, seen: Seen) -> Iterator[str]:
    for table, each in seen.tables.items():
        before, now = _id(known, table), seen.ids.get(table, "")
        if before and not each.exists:
            yield f"table {table}: was deleted in DynamoDB. Create it again. {_COPY}"
        elif before and now and before != now:
            yield (
                f"table {table}: was deleted and created again in DynamoDB (another TableId), so it lacks "
                f"the items from before. {_COPY}"
            )


def _partitions(known: KnownIdentities, seen: Seen) -> Iterator[str]:
    for table, each in seen.tables.items():
        before = known.tables.get(table)
        if before is None or before.relation != each.relation.oid:
            continue
        for partition in each.relation.partitions:
            was = before.partitions.get(str(partition.oid))
            if was is None and not partition.created_attached:
                yield (
                    f"table {table}: partition {partition.quoted} was attached after it was created: rows "
                    f"that it had before are in no slot, or were sent under its own name. Set "
                    f"{skipping(partition.qualified)}. {START_AND_COPY} To avoid this, create partitions "
                    f"with CREATE TABLE ... PARTITION OF."
                )
            elif was is not None and was.attached != partition.attached:
                yield (
                    f"table {table}: partition {partition.quoted} was detached and attached again: changes "
                    f"made meanwhile may be missing. {_COPY}"
                )


def _publications(known: KnownIdentities, seen: Seen) -> Iterator[str]:
    for name, before in known.publications.items():
        now = seen.publications.get(name)
        if now is None:
            continue  # reported as missing
        if (before.oid, before.version) != (now.oid, now.version):
            yield (
                f"publication {name} was changed or created again since the job read it: changes made "
                f"meanwhile may be missing. {_COPY}"
            )
        else:
            yield from _members(name, before, now, seen.assignment.included)


def _members(
    name: str, before: PublicationIdentity, now: PublicationIdentity, tables: Sequence[Assigned]
) -> Iterator[str]:
    for each in tables:
        relation = each.relation
        was, member = before.member(relation), now.member(relation)
        if member is None or was == member:
            continue
        if was is not None:
            yield (
                f"table {relation.quoted} was taken out of publication {name} and added again: changes made "
                f"meanwhile are missing. {_COPY}"
            )
        elif member.partition("/")[2] != relation.created:
            yield (
                f"table {relation.quoted} was added to publication {name} after it was created: what was "
                f"written to it before is in no slot. {START_AND_COPY} To avoid this, create and add a table "
                f"in one transaction."
            )
