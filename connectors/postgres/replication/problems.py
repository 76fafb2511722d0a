"""The problems that prevent replication, each with the SQL that fixes it. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Tuple

from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.assignment import Assigned, TableAssignment
from connectors.postgres.layout.errors import START_AND_COPY
from connectors.postgres.layout.overrides import DOCUMENT
from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.replication.facts import Facts, Publication, SlotFacts
from connectors.postgres.sql import identifier, literal, table_name

SlotConfig = Tuple[str, str]
"""A slot and its publication."""
OPERATIONS = ("insert", "update", "delete", "truncate")
PLUGIN = "pgoutput"
VIA_ROOT = "publish_via_partition_root = true"


def problems(facts: Facts, feeds: Sequence[SlotConfig], assignment: TableAssignment) -> List[str]:
    """All problems, before the start."""
    published = [facts.publications[name] for _, name in feeds if name in facts.publications]
    unidentified = [problem for publication in published for problem in _unidentified(facts, publication)]
    twice = _twice(facts, [publication.name for publication in published])
    unknown = [*unknown_relations(facts, assignment), *nothing_included(facts, assignment)]
    lasting = runtime_problems(facts, feeds, assignment)
    return [*server_problems(facts), *unknown, *unidentified, *twice, *lasting]


def runtime_problems(facts: Facts, feeds: Sequence[SlotConfig], assignment: TableAssignment) -> List[str]:
    """The problems that also end a running job: changes are missed, or will be, or may go to a wrong item."""
    existing: List[str] = [f"{problem}." for problem in assignment.problems]
    for slot, publication in feeds:
        existing += [*_publication(facts, publication, assignment), *_slot(facts, slot)]
    existing += [problem for each in assignment.wanted for problem in unlogged(each.relation)]
    return [*existing, *_unpublished(facts, [publication for _, publication in feeds], assignment)]


def absent_problems(facts: Facts, feeds: Sequence[SlotConfig]) -> List[str]:
    """Those of `standing_problems` that say that a publication or a slot does not exist. Before the cut-over
    this is as it should be."""
    problems = [_absent_publication(facts, name) for _, name in feeds if name not in facts.publications]
    return [*problems, *(_absent_slot(slot) for slot, _ in feeds if slot not in facts.slots)]


def _absent_publication(facts: Facts, name: str) -> str:
    return (
        f"publication {name} does not exist in database {facts.database}: "
        f"{create_publication(facts, name)} It must exist before the slot is created: polarshake slot create "
        f"creates both in the right order."
    )


def _absent_slot(name: str) -> str:
    return (
        f"replication slot {name} does not exist. {create_slot(name)} A new slot contains only the "
        f"changes that are made after it was created."
    )


def unknown_relations(facts: Facts, assignment: TableAssignment) -> Iterator[str]:
    """Entries of reverse.relations that have no effect, because of a spelling mistake perhaps."""
    for name in assignment.unknown:
        yield (
            f"reverse.relations names {name}, which is not a table in database {facts.database}: correct the "
            f"name (SCHEMA.TABLE, upper and lower case as PostgreSQL stores it), or remove the entry."
        )


def nothing_included(facts: Facts, assignment: TableAssignment) -> Iterator[str]:
    if assignment.tables and not assignment.included:
        tables = ", ".join(sorted(each.table for each in assignment.tables)[:5])
        yield (
            f"the filter includes none of the DynamoDB tables in database {facts.database}, such as "
            f"{tables}: correct filter.whiteTableSet or filter.blackTableSet, which name tables as DynamoDB "
            f"spells them."
        )


def unlogged(relation: RelationFacts) -> Iterator[str]:
    names = [relation.quoted] if relation.unlogged else []
    for name in (*names, *(each.quoted for each in relation.partitions if each.unlogged)):
        yield (
            f"table {name} is UNLOGGED, so its changes are in no log: ALTER TABLE {name} SET LOGGED; "
            f"{START_AND_COPY}"
        )


def _twice(facts: Facts, names: Sequence[str]) -> Iterator[str]:
    """A table in two publications: changes that are read through two slots have no order."""
    first: Dict[Tuple[str, str], str] = {}
    for name in names:
        publication = facts.publications.get(name)
        for table in publication.tables if publication else ():
            if first.setdefault(table, name) != name and table[1] != ORIGIN:
                text = table_name(*table)
                yield (
                    f"table {text} is in publications {first[table]} and {name}, but may be in only one: "
                    f"ALTER PUBLICATION {identifier(name)} DROP TABLE {text};"
                )


def server_problems(facts: Facts) -> Iterator[str]:
    """Problems of the server and the role."""
    yield from wal_level(facts)
    if facts.in_recovery:
        yield "this server is a standby: set polardb.hostname to the primary's private address."
    if facts.encoding == "SQL_ASCII":
        yield (
            f"database {facts.database} has the encoding SQL_ASCII: PostgreSQL does not know which "
            f"characters its bytes represent, and cannot convert them to UTF-8. Copy it into a database "
            f"with the encoding UTF8."
        )
    if not facts.replication:
        yield "the role may not replicate: ALTER ROLE the role of --polardbusername WITH REPLICATION;"


def wal_level(facts: Facts) -> Iterator[str]:
    if facts.wal_level != "logical":
        yield (
            f"wal_level is {facts.wal_level} and must be logical: ALTER SYSTEM SET wal_level = 'logical'; "
            f"then restart the server. In PolarDB set the cluster's parameter wal_level, which restarts it."
        )


def _publication(facts: Facts, name: str, assignment: TableAssignment) -> Iterator[str]:
    publication = facts.publications.get(name)
    if publication is None:
        yield _absent_publication(facts, name)
        return
    missing = [operation for operation, has in zip(OPERATIONS, publication.operations) if not has]
    if missing:
        yield (
            f"publication {name} does not include {', '.join(missing)}: ALTER PUBLICATION {identifier(name)} "
            f"SET (publish = '{', '.join(OPERATIONS)}');"
        )
    for each in assignment.wanted:
        yield from _partly(publication, each)


def _partly(publication: Publication, each: Assigned) -> Iterator[str]:
    """A publication that sends only a part of a table's changes."""
    relation, name = each.relation, identifier(publication.name)
    columns = publication.columns.get(relation.place)
    if relation.place in publication.filtered:
        yield (
            f"publication {publication.name} has a row filter for table {relation.quoted}, so some of its "
            f"rows would be missing: {_added_again(name, relation)}"
        )
    if columns is not None and not {each.document, *_sent(relation)} <= set(columns):
        yield (
            f"publication {publication.name} has a column list for table {relation.quoted}, which leaves out "
            f"column {each.document} or a key column: {_added_again(name, relation)}"
        )
    if via_partitions(publication, relation):
        yield (
            f"table {relation.quoted} is partitioned, and publication {publication.name} sends its changes "
            f"under the names of its partitions: {publish_via_root(publication.name)};"
        )


def _sent(relation: RelationFacts) -> Tuple[str, ...]:
    columns = {column.name for column in relation.columns if not column.generated}
    return tuple(name for name in relation.key if name in columns)


def _added_again(publication: str, relation: RelationFacts) -> str:
    return (
        f"ALTER PUBLICATION {publication} DROP TABLE {relation.quoted}; ALTER PUBLICATION {publication} ADD "
        f"TABLE {relation.quoted}; {START_AND_COPY}"
    )


def via_partitions(publication: Publication, relation: RelationFacts) -> bool:
    """Whether the publication has the table, but sends its partitions as tables of their own."""
    leaves = {(partition.namespace, partition.name) for partition in relation.partitions}
    return (
        relation.partitioned
        and not publication.via_root
        and (
            publication.all_tables
            or str(relation.oid) in publication.identity.members
            or bool(leaves & set(publication.tables))
        )
    )


def publish_via_root(publication: str) -> str:
    return f"ALTER PUBLICATION {identifier(publication)} SET ({VIA_ROOT})"


def _unidentified(facts: Facts, publication: Publication) -> Iterator[str]:
    """Tables without replica identity: PostgreSQL refuses UPDATE and DELETE on them while published."""
    published = set(publication.tables)
    for relation in facts.relations:
        if relation.place in published or via_partitions(publication, relation):
            yield from without_identity(relation)


def without_identity(relation: RelationFacts) -> Iterator[str]:
    name = relation.quoted
    if not relation.identified:
        yield (
            f"table {name} has no replica identity, so UPDATE and DELETE on it fail while it is "
            f"published: ALTER TABLE {name} REPLICA IDENTITY FULL; or give it a primary key."
        )
    for partition in relation.partitions:
        if partition.identity != relation.identity and "f" in (partition.identity, relation.identity):
            text = partition.quoted
            yield (
                f"partition {text} has another replica identity than its table {name}; PostgreSQL does not "
                f"pass it on to partitions: ALTER TABLE {text} REPLICA IDENTITY "
                f"{'FULL' if relation.identity == 'f' else 'DEFAULT'};"
            )


def _unpublished(facts: Facts, publications: Sequence[str], assignment: TableAssignment) -> Iterator[str]:
    """DynamoDB tables whose changes would be missed silently."""
    known = [facts.publications[name] for name in publications if name in facts.publications]
    if len(known) < len(publications):
        return
    for mark in assignment.marks:
        for publication in known:
            if mark.place not in publication.tables:
                yield (
                    f"table {mark.quoted} is not in publication {publication.name}, so the changes that the "
                    f"forward job writes would be sent back: ALTER PUBLICATION "
                    f"{identifier(publication.name)} ADD TABLE {mark.quoted};"
                )
    for each in assignment.wanted:
        relation = each.relation
        sent = any(relation.place in p.tables or via_partitions(p, relation) for p in known)
        if not sent and not relation.unlogged:
            yield (
                f"table {relation.quoted} is not in any publication, so its changes are missed: ALTER "
                f"PUBLICATION {identifier(known[0].name)} ADD TABLE {relation.quoted}; what was "
                f"written to it before is in no slot. {START_AND_COPY} Or exclude it with "
                f"filter.blackTableSet."
            )


def _slot(facts: Facts, name: str) -> Iterator[str]:
    slot = facts.slots.get(name)
    if slot is None:
        yield _absent_slot(name)
        return
    yield from slot_problems(slot, facts.database)


def slot_problems(slot: SlotFacts, database: str) -> Iterator[str]:
    recreate = f"SELECT pg_drop_replication_slot({literal(slot.name)}); {create_slot(slot.name)}"
    if slot.kind != "logical" or slot.plugin != PLUGIN:
        yield (
            f"replication slot {slot.name} has the wrong type ({slot.kind}, {slot.plugin or 'no plugin'}) "
            f"and must be logical with {PLUGIN}: choose another polardb.slotName, or create the slot again: "
            f"{recreate}"
        )
    elif slot.database != database:
        yield (
            f"replication slot {slot.name} belongs to database {slot.database}, and polardb.database is "
            f"{database}: choose another polardb.slotName or polardb.database."
        )
    elif slot.wal_status == "lost" or slot.conflicting or slot.restart_lsn is None:
        yield (
            f"replication slot {slot.name} is lost: PostgreSQL removed changes that the slot needs, so "
            f"they can no longer be replicated to DynamoDB. Create the slot again, and copy the tables in "
            f"full before you rely on them: {recreate} To keep more of the log, raise "
            f"max_slot_wal_keep_size."
        )
    elif slot.two_phase:
        yield (
            f"replication slot {slot.name} was created with two_phase: it sends prepared transactions before "
            f"it is known whether they commit. Create the slot again without two_phase, and copy what was "
            f"written meanwhile: {recreate}"
        )


def create_slot(name: str) -> str:
    return f"SELECT pg_create_logical_replication_slot({literal(name)}, '{PLUGIN}');"


def create_publication(facts: Facts, name: str) -> str:
    """The statement. FOR ALL TABLES only where UPDATE and DELETE keep working on every table."""
    if all(relation.identified for relation in facts.relations):
        return f"CREATE PUBLICATION {identifier(name)} FOR ALL TABLES WITH ({VIA_ROOT});"
    named = [
        relation.quoted
        for relation in facts.relations
        if relation.column(DOCUMENT) and relation.identified and not relation.unlogged
    ]
    return f"CREATE PUBLICATION {identifier(name)} FOR TABLE {', '.join(named) or '...'} WITH ({VIA_ROOT});"
