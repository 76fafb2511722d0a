"""Creates the publications and slots that the reverse job reads, in the right order, and drops them. Safe to
repeat.

The publication comes first: decoding with a slot that is older than its publication can fail with
"publication does not exist".
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Sequence

from psycopg2 import errors

from connectors.base.errors import PreflightError
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.replication.connect import Address, connected
from connectors.postgres.replication.facts import Facts, RelationFacts, look
from connectors.postgres.replication.problems import SlotConfig, create_slot, wal_level
from connectors.postgres.sql import identifier, literal, table_name

Say = Callable[[str], None]


def setup(address: Address, feeds: Sequence[SlotConfig], allows: Callable[[str], bool], say: Say) -> None:
    """`say` receives each statement that was run. Raises PreflightError for problems that it cannot fix."""
    with connected(address, "setup", "setting up") as connection:
        facts = look(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
        _refuse(facts, allows)
        if not facts.replication:
            _run(connection, "ALTER ROLE CURRENT_USER WITH REPLICATION", say)
        _publish(connection, facts, [name for _, name in feeds], allows, say)
        for slot, _ in feeds:
            if slot not in facts.slots:
                _run(connection, create_slot(slot), say)


def teardown(address: Address, feeds: Sequence[SlotConfig], say: Say) -> None:
    """Drop the slots first: a slot that remains keeps the log until the disk is full."""
    with connected(address, "teardown", "dropping slots and publications") as connection:
        facts = look(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
        for slot in facts.slots.values():
            if slot.active_pid is not None:
                raise PreflightError(
                    f"replication slot {slot.name} is in use by pid {slot.active_pid}: stop the reverse job "
                    f"first."
                )
            _run(connection, f"SELECT pg_drop_replication_slot({literal(slot.name)})", say)
        for name in facts.publications:
            _run(connection, f"DROP PUBLICATION {identifier(name)}", say)


def divided(
    relations: Sequence[RelationFacts], publications: Sequence[str]
) -> Dict[str, List[RelationFacts]]:
    """Distribute the tables over the publications, in turn: each table is in one."""
    shares: Dict[str, List[RelationFacts]] = {name: [] for name in publications}
    for place, relation in enumerate(relations):
        shares[publications[place % len(publications)]].append(relation)
    return shares


def _refuse(facts: Facts, allows: Callable[[str], bool]) -> None:
    for problem in wal_level(facts):
        raise PreflightError(problem)
    unidentified = [relation for relation in _wanted(facts, allows) if not relation.identified]
    if unidentified:
        fix = " ".join(f"ALTER TABLE {_named(table)} REPLICA IDENTITY FULL;" for table in unidentified)
        raise PreflightError(f"UPDATE and DELETE would fail on tables without a replica identity: {fix}")


def _publish(
    connection: Any, facts: Facts, names: Sequence[str], allows: Callable[[str], bool], say: Say
) -> None:
    missing = [name for name in names if name not in facts.publications]
    published = {table for publication in facts.publications.values() for table in publication.tables}
    left = [
        relation
        for relation in _wanted(facts, allows)
        if (relation.namespace, relation.name) not in published and relation.name != ORIGIN
    ]
    if missing == list(names) and len(names) == 1 and all(table.identified for table in facts.relations):
        statement = f"CREATE PUBLICATION {identifier(names[0])} FOR ALL TABLES"
        try:
            _run(connection, statement, say)
            return
        except errors.InsufficientPrivilege:
            say(f"-- refused, requires a superuser: {statement}")
    shares = divided(left, missing or names)
    for name in names:
        known = facts.publications[name].tables if name in facts.publications else ()
        marks = [r for r in facts.relations if r.name == ORIGIN and (r.namespace, r.name) not in known]
        for statement in _statements(name, [*shares.get(name, ()), *marks], name in missing):
            _run(connection, statement, say)


def _statements(name: str, tables: Sequence[RelationFacts], create: bool) -> Iterator[str]:
    listed = ", ".join(map(_named, tables))
    if create:
        yield f"CREATE PUBLICATION {identifier(name)}" + (f" FOR TABLE {listed}" if tables else "")
    elif tables:
        yield f"ALTER PUBLICATION {identifier(name)} ADD TABLE {listed}"


def _wanted(facts: Facts, allows: Callable[[str], bool]) -> List[RelationFacts]:
    return [relation for relation in facts.relations if relation.document and allows(relation.name)]


def _named(relation: RelationFacts) -> str:
    return table_name(relation.namespace, relation.name)


def _run(connection: Any, statement: str, say: Say) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    say(statement.rstrip(";") + ";")
