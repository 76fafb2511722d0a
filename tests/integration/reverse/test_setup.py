"""Before the job starts: what is refused, and what --setup makes of it."""

import uuid

import psycopg2
import pytest

from connectors.base.errors import PreflightError, TransientError
from connectors.reverse.validate import set_up, tear_down, validate
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived

ROOT = "WITH (publish_via_partition_root = true)"


@pytest.fixture
def role(pair):
    """A role that may log in, and nothing else."""
    name, password = f"role_{pair.prefix}", uuid.uuid4().hex
    pair.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    pair.sql(f"GRANT ALL ON SCHEMA public TO {name}")
    yield name, password
    pair.sql(f"DROP OWNED BY {name}")
    pair.sql(f"DROP ROLE {name}")


def logged_in(chosen, role):
    from dataclasses import replace

    from connectors.base.secret import Secret
    from connectors.config import Login

    login = Login(Secret(role[0]), Secret(role[1]))
    return replace(chosen, polardb=replace(chosen.polardb, login=login))


def test_setup_makes_publication_and_slot_in_this_order_and_says_so(pair, settings, job):
    table = pair.make()
    said = []
    set_up(settings(pair), said.append)
    assert said == [
        f'CREATE PUBLICATION "{pair.publication}" FOR ALL TABLES {ROOT};',
        f"SELECT pg_create_logical_replication_slot('{pair.slot}', 'pgoutput');",
    ]
    assert validate(settings(pair), resumed=False) == 0
    running = job(pair)
    pair.put(table, item("a", v="1"))
    arrived(pair, running, table)


def test_setup_and_teardown_may_be_repeated(pair, settings):
    pair.make()
    chosen = settings(pair)
    set_up(chosen, print)
    said = []
    set_up(chosen, said.append)
    assert said == []
    tear_down(chosen, said.append)
    assert said == [
        f"SELECT pg_drop_replication_slot('{pair.slot}');",
        f'DROP PUBLICATION "{pair.publication}";',
    ]
    tear_down(chosen, said.append)
    assert len(said) == 2


def test_teardown_leaves_a_slot_alone_that_is_in_use(pair, settings, job):
    pair.make()
    pair.publish()
    running = job(pair)
    running.run_until(lambda: pair.holder() is not None)
    with pytest.raises(PreflightError, match=f"{pair.slot} is in use by pid {pair.holder()}"):
        tear_down(settings(pair), print)
    assert pair.holder() is not None


def test_a_table_without_a_replica_identity_is_not_published_for_all(pair, settings):
    table = pair.make()
    pair.sql("CREATE TABLE notes (n int)")
    said = []
    set_up(settings(pair), said.append)
    assert said[0] == f'CREATE PUBLICATION "{pair.publication}" FOR TABLE "public"."{table}" {ROOT};'
    pair.sql("INSERT INTO notes VALUES (1)")
    pair.sql("UPDATE notes SET n = 2")


def test_a_dynamodb_table_without_a_replica_identity_is_refused_by_setup_and_by_the_job(pair, settings):
    bare = f"{pair.prefix}_Bare"
    pair.sql(f'CREATE TABLE "{bare}" (id text, polardb_document jsonb)')
    pair.make_dynamodb(bare)
    mending = f'ALTER TABLE "public"."{bare}" REPLICA IDENTITY FULL;'
    with pytest.raises(PreflightError, match=mending):
        set_up(settings(pair), print)
    pair.publish()
    with pytest.raises(PreflightError, match=mending):
        validate(settings(pair), resumed=False)
    pair.sql(mending)
    assert validate(settings(pair), resumed=False) == 0


def test_a_table_made_later_is_added_by_setup(pair, settings):
    first = pair.make("first")
    pair.sql("CREATE TABLE notes (n int)")
    set_up(settings(pair), print)
    later = pair.make("later")
    with pytest.raises(PreflightError, match=later):
        validate(settings(pair), resumed=False)
    said = []
    set_up(settings(pair), said.append)
    assert said[0] == f'ALTER PUBLICATION "{pair.publication}" ADD TABLE "public"."{later}";'
    assert said[1].startswith("-- what was written to these tables before is in no slot")
    assert first not in said[0]


def test_a_role_that_may_not_replicate_is_refused_and_setup_says_what_it_lacks(pair, settings, role):
    pair.publish()
    chosen = logged_in(settings(pair), role)
    with pytest.raises(PreflightError, match="the role may not replicate: ALTER ROLE"):
        validate(chosen, resumed=False)
    with pytest.raises(PreflightError, match="role"):
        set_up(chosen, print)
    pair.sql(f"ALTER ROLE {role[0]} WITH REPLICATION")
    assert validate(chosen, resumed=False) == 0


def test_an_owner_that_is_no_superuser_gets_a_publication_of_its_tables(pair, settings, role, job):
    pair.sql(f"ALTER ROLE {role[0]} WITH REPLICATION")
    pair.sql(f"GRANT CREATE ON DATABASE {pair.database} TO {role[0]}")
    table = pair.make()
    pair.sql(f'ALTER TABLE "{table}" OWNER TO {role[0]}')
    said = []
    set_up(logged_in(settings(pair), role), said.append)
    assert said[0].startswith("-- refused, requires a superuser: CREATE PUBLICATION")
    assert said[1] == f'CREATE PUBLICATION "{pair.publication}" FOR TABLE "public"."{table}" {ROOT};'


def test_wrong_logins_databases_and_servers_are_told_apart_and_no_secret_is_shown(pair, settings, role):
    pair.publish()
    wrong = logged_in(settings(pair), ("somebody_else", "not-the-password"))
    with pytest.raises(PreflightError, match="--polardbpassword") as refused:
        validate(wrong, resumed=False)
    assert "somebody_else" not in str(refused.value)
    assert "not-the-password" not in str(refused.value)
    with pytest.raises(PreflightError, match=r"polardb\.database"):
        validate(settings(pair, polardb__database="there_is_none"), resumed=False)
    with pytest.raises(TransientError, match="Connection refused"):
        validate(settings(pair, polardb__port=1), resumed=False)
    with pytest.raises(PreflightError, match=f"belongs to database {pair.database}"):
        validate(settings(pair, polardb__database="postgres"), resumed=False)


def test_a_server_without_logical_replication_is_refused(home, dynamodb, settings):
    from local.stack.postgres import Postgres
    from tests.integration.reverse.pair import DatabasePair

    name = f"low{uuid.uuid4().hex[:6]}"
    with Postgres(home, settings={"fsync": "off", "wal_level": "replica"}, name=name) as server:
        pair = DatabasePair(server, dynamodb, name)
        for look in (lambda: validate(settings(pair), False), lambda: set_up(settings(pair), print)):
            with pytest.raises(
                PreflightError, match="wal_level is replica and must be logical: ALTER SYSTEM"
            ):
                look()


def test_a_lost_connection_during_setup_is_reported(pair, settings, monkeypatch):
    def cut(*arguments):
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("connectors.postgres.replication.setup.read_database", cut)
    with pytest.raises(TransientError, match="setting up: server closed"):
        set_up(settings(pair), print)
