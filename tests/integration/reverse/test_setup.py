"""Before the job starts: what is refused, and what --setup makes of it."""

import uuid

import psycopg2
import pytest

from connectors.base.errors import PreflightError, TransientError
from connectors.reverse.validate import set_up, tear_down, validate
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import item

ROOT = "WITH (publish_via_partition_root = true)"


@pytest.fixture
def role(way):
    """A role that may log in, and nothing else."""
    name, password = f"role_{way.prefix}", uuid.uuid4().hex
    way.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    way.sql(f"GRANT ALL ON SCHEMA public TO {name}")
    yield name, password
    way.sql(f"DROP OWNED BY {name}")
    way.sql(f"DROP ROLE {name}")


def logged_in(chosen, role):
    from dataclasses import replace

    from connectors.base.secret import Secret
    from connectors.config import Login

    login = Login(Secret(role[0]), Secret(role[1]))
    return replace(chosen, polardb=replace(chosen.polardb, login=login))


def test_setup_makes_publication_and_slot_in_this_order_and_says_so(way, settings, job):
    table = way.make()
    said = []
    set_up(settings(way), said.append)
    assert said == [
        f'CREATE PUBLICATION "{way.publication}" FOR ALL TABLES {ROOT};',
        f"SELECT pg_create_logical_replication_slot('{way.slot}', 'pgoutput');",
    ]
    assert validate(settings(way), resumed=False) == 0
    running = job(way)
    way.put(table, item("a", v="1"))
    arrived(way, running, table)


def test_setup_and_teardown_may_be_repeated(way, settings):
    way.make()
    chosen = settings(way)
    set_up(chosen, print)
    said = []
    set_up(chosen, said.append)
    assert said == []
    tear_down(chosen, said.append)
    assert said == [
        f"SELECT pg_drop_replication_slot('{way.slot}');",
        f'DROP PUBLICATION "{way.publication}";',
    ]
    tear_down(chosen, said.append)
    assert len(said) == 2


def test_teardown_leaves_a_slot_alone_that_is_in_use(way, settings, job):
    way.make()
    way.publish()
    running = job(way)
    running.run_until(lambda: way.holder() is not None)
    with pytest.raises(PreflightError, match=f"{way.slot} is in use by pid {way.holder()}"):
        tear_down(settings(way), print)
    assert way.holder() is not None


def test_a_table_without_a_replica_identity_is_not_published_for_all(way, settings):
    table = way.make()
    way.sql("CREATE TABLE notes (n int)")
    said = []
    set_up(settings(way), said.append)
    assert said[0] == f'CREATE PUBLICATION "{way.publication}" FOR TABLE "public"."{table}" {ROOT};'
    way.sql("INSERT INTO notes VALUES (1)")
    way.sql("UPDATE notes SET n = 2")


def test_a_dynamodb_table_without_a_replica_identity_is_refused_by_setup_and_by_the_job(way, settings):
    bare = f"{way.prefix}_Bare"
    way.sql(f'CREATE TABLE "{bare}" (id text, polardb_document jsonb)')
    way.make_dynamodb(bare)
    mending = f'ALTER TABLE "public"."{bare}" REPLICA IDENTITY FULL;'
    with pytest.raises(PreflightError, match=mending):
        set_up(settings(way), print)
    way.publish()
    with pytest.raises(PreflightError, match=mending):
        validate(settings(way), resumed=False)
    way.sql(mending)
    assert validate(settings(way), resumed=False) == 0


def test_a_table_made_later_is_added_by_setup(way, settings):
    first = way.make("first")
    way.sql("CREATE TABLE notes (n int)")
    set_up(settings(way), print)
    later = way.make("later")
    with pytest.raises(PreflightError, match=later):
        validate(settings(way), resumed=False)
    said = []
    set_up(settings(way), said.append)
    assert said[0] == f'ALTER PUBLICATION "{way.publication}" ADD TABLE "public"."{later}";'
    assert said[1].startswith("-- what was written to these tables before is in no slot")
    assert first not in said[0]


def test_a_role_that_may_not_replicate_is_refused_and_setup_says_what_it_lacks(way, settings, role):
    way.publish()
    chosen = logged_in(settings(way), role)
    with pytest.raises(PreflightError, match="the role may not replicate: ALTER ROLE"):
        validate(chosen, resumed=False)
    with pytest.raises(PreflightError, match="role"):
        set_up(chosen, print)
    way.sql(f"ALTER ROLE {role[0]} WITH REPLICATION")
    assert validate(chosen, resumed=False) == 0


def test_an_owner_that_is_no_superuser_gets_a_publication_of_its_tables(way, settings, role, job):
    way.sql(f"ALTER ROLE {role[0]} WITH REPLICATION")
    way.sql(f"GRANT CREATE ON DATABASE {way.database} TO {role[0]}")
    table = way.make()
    way.sql(f'ALTER TABLE "{table}" OWNER TO {role[0]}')
    said = []
    set_up(logged_in(settings(way), role), said.append)
    assert said[0].startswith("-- refused, requires a superuser: CREATE PUBLICATION")
    assert said[1] == f'CREATE PUBLICATION "{way.publication}" FOR TABLE "public"."{table}" {ROOT};'


def test_wrong_logins_databases_and_servers_are_distinguished_and_no_secret_is_shown(way, settings, role):
    way.publish()
    wrong = logged_in(settings(way), ("somebody_else", "not-the-password"))
    with pytest.raises(PreflightError, match="--polardbpassword") as refused:
        validate(wrong, resumed=False)
    assert "somebody_else" not in str(refused.value)
    assert "not-the-password" not in str(refused.value)
    with pytest.raises(PreflightError, match=r"polardb\.database"):
        validate(settings(way, polardb__database="there_is_none"), resumed=False)
    with pytest.raises(TransientError, match="Connection refused"):
        validate(settings(way, polardb__port=1), resumed=False)
    with pytest.raises(PreflightError, match=f"belongs to database {way.database}"):
        validate(settings(way, polardb__database="postgres"), resumed=False)


def test_a_server_without_logical_replication_is_refused(home, dynamodb, settings):
    from local.stack.postgres import Postgres
    from tests.integration.reverse.way import Way

    name = f"low{uuid.uuid4().hex[:6]}"
    with Postgres(home, settings={"fsync": "off", "wal_level": "replica"}, name=name) as server:
        way = Way(server, dynamodb, name)
        for look in (lambda: validate(settings(way), False), lambda: set_up(settings(way), print)):
            with pytest.raises(
                PreflightError, match="wal_level is replica and must be logical: ALTER SYSTEM"
            ):
                look()


def test_a_lost_connection_during_setup_is_reported(way, settings, monkeypatch):
    def cut(*arguments):
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("connectors.postgres.replication.setup.look", cut)
    with pytest.raises(TransientError, match="setting up: server closed"):
        set_up(settings(way), print)
