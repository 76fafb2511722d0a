"""Creates the publications and slots that the reverse job reads, in the right order, and drops them. Safe to
repeat.

The publication comes first: decoding with a slot that is older than its publication can fail with
"publication does not exist".
"""

from __future__ import annotations

from typing import Any, Callable, Collection, Dict, Iterator, List, Sequence

from psycopg2 import errors

from connectors.base.errors import PreflightError
from connectors.postgres.layout.assignment import AssignmentRules, TableAssignment, assign
from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.replication.connect import Address, connected
from connectors.postgres.replication.facts import Facts, read_database
from connectors.postgres.replication.problems import (
    VIA_ROOT,
    SlotConfig,
    create_slot,
    publish_via_root,
    unknown_relations,
    unlogged,
    via_partitions,
    wal_level,
    without_identity,
)
from connectors.postgres.replication.waiting import reported
from connectors.postgres.sql import identifier, literal

Say = Callable[[str], None]


def setup(
    address: Address,
    feeds: Sequence[SlotConfig],
    rules: AssignmentRules,
    names: Collection[str],
    say: Say,
) -> None:
    """`names`: the tables in DynamoDB. `say` receives each statement that was run, and what it waits for.
    Raises PreflightError for problems that it cannot fix."""
    with connected(address, "setup", "setting up") as connection, reported(address, connection, say):
        facts = read_database(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
        assignment = assign(facts.relations, names, rules)
        _refuse(facts, assignment)
        if not facts.replication:
            _run(connection, "ALTER ROLE CURRENT_USER WITH REPLICATION", say)
        _publish(connection, facts, [name for _, name in feeds], assignment, say)
        for slot, _ in feeds:
            if slot not in facts.slots:
                _run(connection, create_slot(slot), say)


def teardown(address: Address, feeds: Sequence[SlotConfig], say: Say) -> None:
    """Drop the slots first: a slot that remains keeps the log until the disk is full."""
    with connected(address, "teardown", "dropping slots and publications") as connection:
        facts = read_database(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
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


def _refuse(facts: Facts, assignment: TableAssignment) -> None:
    refused = [*wal_level(facts), *unknown_relations(facts, assignment)]
    refused += [f"{problem}." for problem in assignment.problems]
    for each in assignment.wanted:
        refused += [*without_identity(each.relation), *unlogged(each.relation)]
    if refused:
        raise PreflightError("\n".join(refused))


def _publish(
    connection: Any, facts: Facts, names: Sequence[str], assignment: TableAssignment, say: Say
) -> None:
    for name in names:
        publication = facts.publications.get(name)
        if publication and any(via_partitions(publication, each.relation) for each in assignment.wanted):
            _run(connection, publish_via_root(name), say)
    missing = [name for name in names if name not in facts.publications]
    if missing == list(names) and len(names) == 1 and all(table.identified for table in facts.relations):
        statement = f"CREATE PUBLICATION {identifier(names[0])} FOR ALL TABLES WITH ({VIA_ROOT})"
        try:
            _run(connection, statement, say)
            return
        except errors.InsufficientPrivilege:
            say(f"-- refused, requires a superuser: {statement}")
    _publish_by_name(connection, facts, names, assignment, say)


def _publish_by_name(
    connection: Any, facts: Facts, names: Sequence[str], assignment: TableAssignment, say: Say
) -> None:
    existing = facts.publications
    left = [
        each.relation
        for each in assignment.wanted
        if not any(
            each.relation.place in known.tables or via_partitions(known, each.relation)
            for known in existing.values()
        )
    ]
    missing = [name for name in names if name not in existing]
    if missing and len(left) < len(missing):
        raise PreflightError(
            f"{len(left)} tables are left to replicate, and {len(missing)} publications would be created, so "
            f"nothing would ever arrive through one of them. Check filter.whiteTableSet, "
            f"filter.blackTableSet and reverse.relations: they name DynamoDB tables as DynamoDB spells them."
        )
    shares = divided(left, missing or names)
    for name in names:
        known = existing[name].tables if name in existing else ()
        tables = [*shares.get(name, ()), *(mark for mark in assignment.marks if mark.place not in known)]
        for statement in _statements(name, tables, name in missing):
            _run(connection, statement, say)
        if tables and name not in missing:
            say("-- what was written to these tables before is in no slot: copy them in full")


def _statements(name: str, tables: Sequence[RelationFacts], create: bool) -> Iterator[str]:
    listed = ", ".join(relation.quoted for relation in tables)
    if create:
        yield f"CREATE PUBLICATION {identifier(name)} FOR TABLE {listed} WITH ({VIA_ROOT})"
    elif tables:
        yield f"ALTER PUBLICATION {identifier(name)} ADD TABLE {listed}"


def _run(connection: Any, statement: str, say: Say) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    say(statement.rstrip(";") + ";")
