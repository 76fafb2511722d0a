"""deploy/sql/reverse.sql gives the reverse job's role the rights that it needs, and no others."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path
from typing import Iterator, NamedTuple

import psycopg2
import pytest
from psycopg2 import errors, sql
from psycopg2.extras import LogicalReplicationConnection

from tests.harness.slots import wait_free

SCRIPT = Path(__file__).parents[3] / "deploy" / "sql" / "reverse.sql"


class Granted(NamedTuple):
    admin: str
    """DSN of the privileged account."""
    role: str
    """DSN of the role."""
    names: dict


def statements(script: str, names: dict) -> Iterator[str]:
    """The statements of the file, with psql's variables replaced."""
    for name, value in names.items():
        script = script.replace(f':"{name}"', f'"{value}"').replace(f":'{name}'", f"'{value}'")
    bare = re.sub(r"--.*", "", script)
    return (each for each in bare.split(";") if each.strip())


def run(dsn: str, *commands):
    """Run commands, and return the rows of the last one."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True  # a slot cannot be made in a transaction that has written
    try:
        with connection.cursor() as cursor:
            for command in commands:
                cursor.execute(command)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def granted(postgres) -> Iterator[Granted]:
    mark = secrets.token_hex(4)
    names = {"database": f"d{mark}", "role": f"r{mark}", "slot": f"s{mark}", "publication": f"p{mark}"}
    server = f"host=127.0.0.1 port={postgres.port}"
    owner = f"{server} user=postgres password={postgres.password.reveal()}"
    password = secrets.token_hex(8)
    run(
        f"{owner} dbname=postgres",
        sql.SQL("CREATE ROLE {} PASSWORD {}").format(sql.Identifier(names["role"]), sql.Literal(password)),
        f"CREATE DATABASE {names['database']}",
    )
    admin = f"{owner} dbname={names['database']}"
    run(admin, "CREATE TABLE orders (id text PRIMARY KEY, polardb_document jsonb)")
    run(admin, *statements(SCRIPT.read_text(), names))
    yield Granted(
        admin, f"{server} user={names['role']} password={password} dbname={names['database']}", names
    )
    wait_free(admin, names["slot"])
    run(admin, f"SELECT pg_drop_replication_slot('{names['slot']}')")
    run(f"{owner} dbname=postgres", f"DROP DATABASE {names['database']}", f"DROP ROLE {names['role']}")


def first_change(granted: Granted) -> bytes:
    """The first insert message of pgoutput."""
    connection = psycopg2.connect(granted.role, connection_factory=LogicalReplicationConnection)
    try:
        with connection.cursor() as cursor:
            options = {"proto_version": "1", "publication_names": granted.names["publication"]}
            cursor.start_replication(slot_name=granted.names["slot"], decode=False, options=options)
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                message = cursor.read_message()
                if message is not None and message.payload[:1] == b"I":
                    return bytes(message.payload)
                time.sleep(0.01)
    finally:
        connection.close()
    raise AssertionError("no insert came within 30 s")


def test_the_role_receives_changes_by_replication(granted):
    run(granted.admin, """INSERT INTO orders VALUES ('1', '{"id": {"S": "1"}}')""")
    assert b'{"id": {"S": "1"}}' in first_change(granted)


def test_the_role_reads_and_writes_no_table(granted):
    for forbidden in ("SELECT * FROM orders", "DELETE FROM orders"):
        with pytest.raises(errors.InsufficientPrivilege):
            run(granted.role, forbidden)


def test_tables_whose_updates_would_fail_are_listed(granted):
    run(
        granted.admin,
        "CREATE TABLE bare (a int)",
        "CREATE TABLE whole (a int)",
        "ALTER TABLE whole REPLICA IDENTITY FULL",
    )
    listing = next(
        each for each in statements(SCRIPT.read_text(), granted.names) if "without_replica_identity" in each
    )
    assert run(granted.admin, listing) == [("bare",)]
