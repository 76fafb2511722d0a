"""Making what the reverse job reads, in the right order, and taking it away again. Safe to repeat.

The publication comes first: changes decoded by a slot that is older than its publication can fail with
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
    """`say` gets each statement that was run. Raises PreflightError for what it cannot mend."""
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
    """The slots first: a slot left behind keeps the log until the disk is full."""
    with connected(address, "teardown", "taking away") as connection:
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
    """Tables over publications, in turn: each table is in one."""
    shares: Dict[str, List[RelationFacts]] = {name: [] for name in publications}
    for place, relation in enumerate(relations):
        shares[publications[place % len(publications)]].append(relation)
    return shares


def _refuse(facts: Facts, allows: Callable[[str], bool]) -> None:
    for problem in wal_level(facts):
        raise PreflightError(problem)
    bare = [one for one in _wanted(facts, allows) if not one.identified]
    if bare:
        mending = " ".join(f"ALTER TABLE {_named(one)} REPLICA IDENTITY FULL;" for one in bare)
        raise PreflightError(f"UPDATE and DELETE would fail on tables without a replica identity: {mending}")


def _publish(
    connection: Any, facts: Facts, names: Sequence[str], allows: Callable[[str], bool], say: Say
) -> None:
    missing = [name for name in names if name not in facts.publications]
    published = {table for one in facts.publications.values() for table in one.tables}
    left = [
        one
        for one in _wanted(facts, allows)
        if (one.namespace, one.name) not in published and one.name != ORIGIN
    ]
    if missing == list(names) and len(names) == 1 and all(one.identified for one in facts.relations):
        statement = f"CREATE PUBLICATION {identifier(names[0])} FOR ALL TABLES"
        try:
            _run(connection, statement, say)
            return
        except errors.InsufficientPrivilege:
            say(f"-- refused, it needs a superuser: {statement}")
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
    return [one for one in facts.relations if one.document and allows(one.name)]


def _named(relation: RelationFacts) -> str:
    return table_name(relation.namespace, relation.name)


def _run(connection: Any, statement: str, say: Say) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    say(statement.rstrip(";") + ";")
