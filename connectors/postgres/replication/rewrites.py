"""Whether rows were changed or removed by a statement that logical replication does not send. Pure.

1. An ALTER TABLE that rewrites all rows, such as SET LOGGED after SET UNLOGGED or a new column type, gives
   the table another TOAST table. VACUUM FULL, CLUSTER and TRUNCATE keep it.
2. TRUNCATE of a table is sent. TRUNCATE of one partition is not, and gives the partition another file.
3. VACUUM FULL and CLUSTER also replace the file. They count the rows, and TRUNCATE forgets their number,
   until VACUUM or ANALYZE counts them again. A new file with counted rows may be either.
4. TRUNCATE of a partitioned table gives all its partitions other files. So other files of all partitions
   prove nothing.
5. ALTER TABLE ... SET TABLESPACE replaces the file too, and the file's tablespace shows it.
"""

from __future__ import annotations

from typing import Iterator, List, Tuple

from connectors.postgres.layout.errors import START_AND_COPY
from connectors.postgres.layout.relations import Partition, RelationFacts
from connectors.postgres.replication.continuity import (
    KnownIdentities,
    PartitionIdentity,
    Seen,
    TableIdentity,
)


def unsent(known: KnownIdentities, seen: Seen) -> List[str]:
    """The problems. No setting accepts them."""
    problems: List[str] = []
    for before, relation in _same_relations(known, seen):
        problems += _rewritten(before, relation)
        problems += [_emptied(before, each) for each in _refilled(before, relation) if each.uncounted]
    return problems


def suspicions(known: KnownIdentities, seen: Seen) -> List[str]:
    """What may be a problem, and may be harmless."""
    return [
        f"table {before.name}: partition {partition.quoted} has another file, as after VACUUM FULL or "
        f"CLUSTER, which are harmless. If it was emptied by TRUNCATE, which PostgreSQL does not send for a "
        f"single partition: {START_AND_COPY}"
        for before, relation in _same_relations(known, seen)
        for partition in _refilled(before, relation)
        if not partition.uncounted
    ]


def _rewritten(before: TableIdentity, relation: RelationFacts) -> Iterator[str]:
    compared = [(relation.quoted, before.toast, relation.toast)]
    compared += [(now.quoted, was.toast, now.toast) for was, now in _same_partitions(before, relation)]
    for name, was_toast, toast in compared:
        if was_toast and toast and was_toast != toast:
            yield (
                f"table {name} was rewritten by ALTER TABLE: what a new column type changed, or what was "
                f"written while the table was UNLOGGED, is in no slot. {START_AND_COPY}"
            )


def _emptied(before: TableIdentity, partition: Partition) -> str:
    return (
        f"table {before.name}: partition {partition.quoted} was emptied by TRUNCATE, which PostgreSQL does "
        f"not send for a single partition. {START_AND_COPY} To avoid this, use DELETE."
    )


def _refilled(before: TableIdentity, relation: RelationFacts) -> List[Partition]:
    """The partitions that have another file, for which a TRUNCATE of the whole table is no reason."""
    pairs = list(_same_partitions(before, relation))
    if all(was.file != now.file for was, now in pairs):
        return []
    return [now for was, now in pairs if was.toast == now.toast and _replaced(was.file, now.file)]


def _replaced(before: str, now: str) -> bool:
    """Whether the file was replaced in its tablespace."""
    return before != now and before.partition("/")[0] == now.partition("/")[0]


def _same_relations(known: KnownIdentities, seen: Seen) -> Iterator[Tuple[TableIdentity, RelationFacts]]:
    for table, each in seen.tables.items():
        before = known.tables.get(table)
        if each.wanted and before is not None and before.relation == each.relation.oid:
            yield before, each.relation


def _same_partitions(
    before: TableIdentity, relation: RelationFacts
) -> Iterator[Tuple[PartitionIdentity, Partition]]:
    for partition in relation.partitions:
        was = before.partitions.get(str(partition.oid))
        if was is not None and was.file and partition.file:
            yield was, partition
