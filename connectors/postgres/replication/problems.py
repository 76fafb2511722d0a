"""The problems that prevent replication, each with the SQL that fixes it. Pure."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Sequence, Set, Tuple

from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.replication.facts import Facts, Publication, SlotFacts
from connectors.postgres.sql import identifier, literal, table_name

SlotConfig = Tuple[str, str]
"""A slot and its publication."""
OPERATIONS = ("insert", "update", "delete", "truncate")
PLUGIN = "pgoutput"


def problems(facts: Facts, feeds: Sequence[SlotConfig], allows: Callable[[str], bool]) -> List[str]:
    """All problems, before the start. `allows`: whether a table of this name is to be replicated."""
    published = [facts.publications[name] for _, name in feeds if name in facts.publications]
    unidentified = [problem for publication in published for problem in _unidentified(facts, publication)]
    twice = _twice(facts, [publication.name for publication in published])
    return [*server_problems(facts), *unidentified, *twice, *standing_problems(facts, feeds, allows)]


def standing_problems(facts: Facts, feeds: Sequence[SlotConfig], allows: Callable[[str], bool]) -> List[str]:
    """The problems that also end a running job: changes are missed, or will be."""
    existing: List[str] = []
    for slot, publication in feeds:
        existing += [*_publication(facts, publication), *_slot(facts, slot)]
    return [*existing, *_unpublished(facts, [publication for _, publication in feeds], allows)]


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


def _publication(facts: Facts, name: str) -> Iterator[str]:
    publication = facts.publications.get(name)
    if publication is None:
        yield (
            f"publication {name} does not exist in database {facts.database}: "
            f"{create_publication(facts, name)} It must exist before the slot is created: python -m "
            f"jobs.reverse --setup creates both in the right order."
        )
        return
    missing = [operation for operation, has in zip(OPERATIONS, publication.operations) if not has]
    if missing:
        yield (
            f"publication {name} does not include {', '.join(missing)}: ALTER PUBLICATION {identifier(name)} "
            f"SET (publish = '{', '.join(OPERATIONS)}');"
        )


def _unidentified(facts: Facts, publication: Publication) -> Iterator[str]:
    """Tables without replica identity: PostgreSQL refuses UPDATE and DELETE on them while published."""
    published = set(publication.tables)
    for relation in facts.relations:
        if (relation.namespace, relation.name) in published and not relation.identified:
            name = table_name(relation.namespace, relation.name)
            yield (
                f"table {name} has no replica identity, so UPDATE and DELETE on it fail while it is "
                f"published: ALTER TABLE {name} REPLICA IDENTITY FULL; or give it a primary key."
            )


def _unpublished(facts: Facts, publications: Sequence[str], allows: Callable[[str], bool]) -> Iterator[str]:
    """DynamoDB tables whose changes would be missed silently."""
    known = [facts.publications[name] for name in publications if name in facts.publications]
    if len(known) < len(publications):
        return
    published: Set[Tuple[str, str]] = {table for publication in known for table in publication.tables}
    for relation in facts.relations:
        table = (relation.namespace, relation.name)
        name = table_name(*table)
        if relation.name == ORIGIN and relation.document:
            for publication in known:
                if table not in publication.tables:
                    yield (
                        f"table {name} is not in publication {publication.name}, so the changes that the "
                        f"forward job writes would be sent back: ALTER PUBLICATION "
                        f"{identifier(publication.name)} ADD TABLE {name};"
                    )
        elif relation.document and allows(relation.name) and table not in published:
            yield (
                f"table {name} is not in any publication, so its changes would be missed: ALTER "
                f"PUBLICATION {identifier(known[0].name)} ADD TABLE {name}; or exclude it with "
                f"filter.blackTableSet."
            )


def _slot(facts: Facts, name: str) -> Iterator[str]:
    slot = facts.slots.get(name)
    if slot is None:
        yield (
            f"replication slot {name} does not exist. {create_slot(name)} A new slot contains only the "
            f"changes that are made after it was created."
        )
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


def create_slot(name: str) -> str:
    return f"SELECT pg_create_logical_replication_slot({literal(name)}, '{PLUGIN}');"


def create_publication(facts: Facts, name: str) -> str:
    """The statement. FOR ALL TABLES only where UPDATE and DELETE keep working on every table."""
    if all(relation.identified for relation in facts.relations):
        return f"CREATE PUBLICATION {identifier(name)} FOR ALL TABLES;"
    named = [table_name(r.namespace, r.name) for r in facts.relations if r.document and r.identified]
    return f"CREATE PUBLICATION {identifier(name)} FOR TABLE {', '.join(named) or '...'};"
