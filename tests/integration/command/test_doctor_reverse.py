"""Every red line of the doctor for the reverse job, caused by a real PostgreSQL."""

from __future__ import annotations

import uuid

import pytest

from connectors.base.secret import Secret
from connectors.postgres.replication.connect import Address
from connectors.postgres.replication.slot import SlotSource, Taken
from local.stack.home import free_port
from local.stack.postgres import Postgres
from tests.integration.command.conftest import ask
from tests.integration.reverse.pair import DatabasePair


@pytest.fixture
def look(sets, environ):
    """A function that runs the doctor. It takes a DatabasePair and keys of application.yaml;
    `login`: of another role."""

    def ask_about(pair, login=None, **more):
        user, password = login or (pair.postgres.user, pair.postgres.password.reveal())
        wanted = {
            **sets,
            "polardb.hostname": pair.postgres.host,
            "polardb.port": pair.postgres.port,
            "polardb.database": pair.database,
            "polardb.slotName": pair.slot,
            "polardb.publication": pair.publication,
            **{name.replace("__", "."): value for name, value in more.items()},
        }
        known = {**environ, "POLARSHAKE_POLARDB_USERNAME": user, "POLARSHAKE_POLARDB_PASSWORD": password}
        return ask(["--job=reverse", "--patience=5"], wanted, known)

    return ask_about


@pytest.fixture
def ready(pair):
    """Both sides, which meet the job's requirements."""
    pair.table = pair.make()
    pair.publish()
    return pair


def test_both_sides_meet_the_jobs_requirements(look, ready):
    report = look(ready)
    assert report.exit_code == 0, report.output
    assert f"publication {ready.publication}: 1 tables, 1 of them with a replica identity" in report.green
    assert any(text.startswith(f"slot {ready.slot}: retains ") for text in report.green)
    assert {"wal_level is logical", "the role has REPLICATION"} <= set(report.green)
    assert any(text.startswith(f"{ready.table}: key id (S, HASH)") for text in report.green)
    assert "dynamodb:DescribeTable: allowed" in report.green


def test_no_publication_and_no_slot(look, pair):
    pair.make()
    no_publication, no_slot = look(pair).red
    assert f"publication {pair.publication} does not exist" in no_publication
    assert "CREATE PUBLICATION" in no_publication
    assert f"replication slot {pair.slot} does not exist" in no_slot
    assert "pg_create_logical_replication_slot" in no_slot


def test_a_publication_without_deletes(look, ready):
    ready.sql(f"ALTER PUBLICATION {ready.publication} SET (publish = 'insert, update')")
    (red,) = look(ready).red
    assert "does not include delete, truncate: ALTER PUBLICATION" in red


def test_a_table_in_no_publication(look, pair):
    pair.make("first")
    pair.sql(f'CREATE PUBLICATION {pair.publication} FOR TABLE "{pair.prefix}_first"')
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    later = pair.make("later")
    (red,) = look(pair).red
    assert f'table "public"."{later}" is not in any publication' in red
    assert "ADD TABLE" in red


def test_no_replica_identity(look, ready):
    ready.sql(f'ALTER TABLE "{ready.table}" REPLICA IDENTITY NOTHING')
    (red,) = look(ready).red
    assert f'ALTER TABLE "public"."{ready.table}" REPLICA IDENTITY FULL;' in red


def test_a_slot_of_another_kind_or_database(look, pair):
    pair.make()
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES")
    pair.sql("SELECT pg_create_physical_replication_slot(%s)", pair.slot)
    (red,) = look(pair).red
    assert "has the wrong type" in red
    assert "pg_drop_replication_slot" in red
    pair.sql("SELECT pg_drop_replication_slot(%s)", pair.slot)
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    assert any(
        f"belongs to database {pair.database}" in red for red in look(pair, polardb__database="postgres").red
    )


def test_a_role_without_replication_and_a_wrong_password(look, ready):
    name, password = f"role_{ready.prefix}", uuid.uuid4().hex
    ready.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    try:
        report = look(ready, login=(name, password))
        assert any("the role may not replicate: ALTER ROLE" in red for red in report.red)
        assert "the role has REPLICATION" not in report.green
        (red,) = look(ready, login=(name, "not-the-password")).red
        assert "Check --polardbusername and --polardbpassword" in red
        assert name not in red
    finally:
        ready.sql(f"DROP ROLE {name}")


def test_a_database_that_cannot_be_reached_or_does_not_exist(look, ready):
    (red,) = look(ready, polardb__port=free_port()).red
    assert "Connection refused" in red
    assert "Check polardb.hostname and polardb.port" in red
    (red,) = look(ready, polardb__database="there_is_none").red
    assert "Set polardb.database" in red


def test_a_dynamodb_that_cannot_be_reached(look, ready):
    (red,) = look(ready, dynamodb__endpoint=f"http://127.0.0.1:{free_port()}").red
    assert red.startswith("dynamodb.endpoint cannot be reached. Check it")


def test_a_table_that_dynamodb_lacks(look, pair):
    table = pair.make(dynamodb=False)
    pair.publish()
    (red,) = look(pair).red
    assert red.startswith(f"table {table}: does not exist in DynamoDB. Set reverse.missingTable")


def test_a_slot_that_is_held_and_one_that_keeps_much(look, ready):
    server = ready.postgres
    address = Address(server.host, server.port, ready.database, Secret(server.user), server.password)
    holder = SlotSource(address, ready.slot, ready.publication, Taken(5, False)).connect()
    try:
        report = look(ready)
        assert report.exit_code == 0
        assert any(f"slot {ready.slot} is held by pid {ready.holder()}" in text for text in report.yellow)
    finally:
        holder.wire.close()
    ready.sql("CREATE TABLE wal AS SELECT md5(n::text) AS t FROM generate_series(1, 40000) n")
    report = look(ready, reverse__walWarningBytes=1 << 20)
    assert any("above reverse.walWarningBytes" in text for text in report.yellow)


def test_a_server_without_logical_replication(look, home, sides):
    name = f"low{uuid.uuid4().hex[:6]}"
    with Postgres(home, settings={"fsync": "off", "wal_level": "replica"}, name=name) as server:
        report = look(DatabasePair(server, sides.source, name))
    assert any("wal_level is replica and must be logical: ALTER SYSTEM" in red for red in report.red)
    assert "wal_level is logical" not in report.green
