"""What is said: before the start, while the setup waits, and what a connection is encrypted with."""

import contextlib
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg2
import pytest

from connectors.base.errors import PolarshakeError, PreflightError, TerminalError, TransientError
from connectors.command.doctor.replication import PostgresDatabase
from connectors.postgres.replication.connect import address_of, connect, encryption
from connectors.reverse.validate import set_up, tear_down, validate
from local.stack.postgres import Postgres
from tests.harness.slots import wait_free
from tests.integration.reverse.pair import DatabasePair, item
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.test_setup import logged_in


def test_a_dynamodb_that_is_not_there_or_lacks_a_table_is_reported_before_the_start(pair, settings):
    table = pair.make(dynamodb=False)
    pair.publish()
    with pytest.raises(PreflightError, match=rf"table {table}: does not exist in DynamoDB"):
        validate(settings(pair), resumed=False)
    assert validate(settings(pair, reverse__missingTable="skip"), resumed=False) == 0
    nowhere = {
        "dynamodb__endpoint": "http://127.0.0.1:1",
        "write__retrySeconds": 1,
        "write__requestTimeoutSeconds": 1,
    }
    with pytest.raises(PolarshakeError, match=r"127\.0\.0\.1:1"):
        validate(settings(pair, **nowhere), resumed=False)


@pytest.mark.parametrize("name", ["rep", "password"])
def test_a_role_that_may_not_replicate_is_told_so_whatever_its_name_is(pair, settings, name):
    role = f"{name}"
    pair.sql(f"DROP ROLE IF EXISTS {role}")
    pair.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret-{pair.prefix}'")
    try:
        chosen = logged_in(settings(pair), (role, f"secret-{pair.prefix}"))
        with pytest.raises(PreflightError, match="required rights") as refused:
            connect(address_of(chosen), "test", replication=True)
        assert "(SQLSTATE 42501)" in str(refused.value)
        wrong = logged_in(settings(pair), (role, "wrong"))
        with pytest.raises(PreflightError, match="Check --polardbusername and --polardbpassword"):
            connect(address_of(wrong), "test")
    finally:
        pair.sql(f"DROP ROLE {role}")


def test_setup_says_which_transaction_it_waits_for_and_goes_on_when_that_ends(pair, settings):
    table = pair.make()
    open_one = pair.connect()
    open_one.autocommit = False
    pair.put(table, item("a", v="1"), connection=open_one)
    said, waiting = [], threading.Event()

    def say(line):
        said.append(line)
        if line.startswith("-- waiting"):
            waiting.set()

    setting_up = threading.Thread(target=set_up, args=(settings(pair), say))
    setting_up.start()
    try:
        assert waiting.wait(60)
    finally:
        open_one.commit()
        setting_up.join()
        pid = open_one.info.backend_pid
        open_one.close()
    [waited] = [line for line in said if line.startswith("-- waiting")]
    assert f"pid {pid} (no name), whose transaction began" in waited
    assert "its last statement at" in waited
    assert "INSERT" not in waited
    assert validate(settings(pair), resumed=False) == 0


def test_a_slot_with_two_phase_is_refused_by_name_and_the_sql_that_is_shown_mends_it(pair, settings):
    pair.make()
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES")
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput', false, true)", pair.slot)
    with pytest.raises(PreflightError, match=rf"slot {pair.slot} was created with two_phase") as refused:
        validate(settings(pair), resumed=False)
    for statement in str(refused.value).split("meanwhile: ")[1].split(";")[:2]:
        pair.sql(statement)
    assert validate(settings(pair), resumed=False) == 0


@pytest.mark.parametrize("way_out", ["create again", "move past"])
def test_both_ways_out_of_a_slot_that_is_older_than_its_publication_work(pair, settings, job, way_out):
    table = pair.make()
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    pair.put(table, item("early", v="1"))
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES")
    running = job(pair)
    with pytest.raises(
        TerminalError, match=r"older than its publication.*--setup.*pg_replication_slot_advance"
    ):
        running.run_until_it_raises()
    running.close()
    wait_free(pair.postgres.dsn, pair.slot)
    if way_out == "create again":
        tear_down(settings(pair), print)
        set_up(settings(pair), print)
    else:
        pair.sql("SELECT pg_replication_slot_advance(%s, pg_current_wal_lsn())", pair.slot)
    pair.dynamodb.ask("PutItem", {"TableName": table, "Item": item("early", v="1")})  # copied
    mended = job(pair, reverse__slotTaken="free")
    pair.put(table, item("late", v="1"))
    arrived(pair, mended, table)


@pytest.fixture
def certificate(tmp_path):
    """Self-signed, for 127.0.0.1: (certificate, key)."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = tmp_path / "server.crt", tmp_path / "server.key"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    )
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(made[0]), "-keyout", str(made[1])]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return made


class TlsPostgres(Postgres):
    """Lets nobody in without TLS."""

    def use(self, certificate):
        folder = self._folder / "pgdata"
        for source, name in zip(certificate, ("server.crt", "server.key")):
            target = folder / name
            target.write_bytes(Path(source).read_bytes())
            owner = folder.stat()
            shutil.chown(target, owner.st_uid, owner.st_gid)
            target.chmod(0o600)
        hba = folder / "pg_hba.conf"
        lines = [line.replace("host ", "hostssl ", 1) for line in hba.read_text().splitlines()]
        hba.write_text("\n".join(lines) + "\n")
        auto = folder / "postgresql.auto.conf"
        auto.write_text(auto.read_text() + "ssl = on\n")


@pytest.fixture
def tls_pair(home, dynamodb, certificate):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(TlsPostgres(home, settings={"fsync": "off"}, name="tls"))
        with contextlib.closing(psycopg2.connect(server.dsn)) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW ssl_library")
            if not cursor.fetchone()[0]:
                pytest.skip("this PostgreSQL was built without TLS")
        server.use(certificate)
        server.stop()
        server.start()
        server.wait_ready()
        yield DatabasePair(server, dynamodb, "tls")


def test_a_server_that_demands_tls_is_read_and_proven_as_the_settings_say(
    tls_pair, settings, job, certificate
):
    table = tls_pair.make()
    tls_pair.publish()
    with pytest.raises(PreflightError, match=r"polardb\.sslMode"):
        validate(settings(tls_pair, polardb__sslMode="disable"), resumed=False)
    proven = {"polardb__sslMode": "verify-full", "polardb__sslRootCert": str(certificate[0])}
    running = job(tls_pair, **proven)
    tls_pair.put(table, item("a", v="1"))
    arrived(tls_pair, running, table)
    assert PostgresDatabase(settings(tls_pair, **proven)).look().encryption.startswith("TLSv1.")


def test_a_server_with_another_certificate_is_refused(tls_pair, settings, tmp_path, certificate):
    other = tmp_path / "other.crt"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other"
    )
    subprocess.run(
        [*command.split(), "-out", str(other), "-keyout", str(tmp_path / "other.key")],
        check=True,
        capture_output=True,
    )
    sets = {"polardb__sslMode": "verify-ca", "polardb__sslRootCert": str(other)}
    with pytest.raises(TransientError, match="certificate verify failed"):
        connect(address_of(settings(tls_pair, **sets)), "test")


def test_a_connection_without_tls_is_shown_as_such(pair, settings):
    connection = connect(address_of(settings(pair, polardb__sslMode="disable")), "test")
    assert encryption(connection) == ""
    connection.close()
