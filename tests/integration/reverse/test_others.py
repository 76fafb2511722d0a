"""More names, identities, publications, settings and encodings of the kinds that the other files test."""

import contextlib
import json
import uuid
from base64 import b64encode

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.reverse.validate import set_up, validate
from tests.integration.reverse.advice import Advised
from tests.integration.reverse.pair import DatabasePair, item
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.test_publications import partitioned, publish
from tests.integration.reverse.test_relations import DROPPED, followed


def test_two_tables_that_swap_their_names_stop_the_job(pair, job):
    table, other = pair.make(), pair.make("other")
    pair.publish()
    running = followed(pair, job, table)
    pair.sql(
        f'BEGIN; ALTER TABLE "{table}" RENAME TO between; ALTER TABLE "{other}" RENAME TO "{table}"; '
        f'ALTER TABLE between RENAME TO "{other}"; COMMIT'
    )
    pair.put(table, item("x", v="of the other"))
    for _ in range(2):
        with pytest.raises(TerminalError, match=DROPPED.format(f"{pair.prefix}_(items|other)")):
            running.run_until_it_raises()
        running.crash()
    assert "x" not in pair.items(table)


def test_a_table_that_moves_to_another_schema_is_still_the_same(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    pair.sql(f'CREATE SCHEMA elsewhere; ALTER TABLE "{table}" SET SCHEMA elsewhere')
    pair.sql(f"DELETE FROM elsewhere.\"{table}\" WHERE id = 'a'")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"b"}
    running.run_for(6)  # the database is polled every five seconds
    running.checkpoint()
    running.crash()
    running.run_for(1)


@pytest.mark.parametrize("name", ["With.Dots-and_more", "UPPER", "x" * 100])
def test_tables_of_every_name_that_dynamodb_allows_arrive(pair, settings, job, name):
    table = f"{pair.prefix}_{name}"
    stored = table[:63]
    pair.make_dynamodb(table)
    pair.sql(f'CREATE TABLE "{stored}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)')
    set_up(settings(pair, filter__whiteTableSet=table), print)
    assert validate(settings(pair, filter__whiteTableSet=table), resumed=False) == 0
    running = job(pair, filter__whiteTableSet=table)
    pair.put(stored, item("a", v="1"), item("b", v="1"))
    pair.delete(stored, "a")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert pair.items(table) == pair.rows(stored)


def test_an_identity_that_leaves_out_the_key_from_now_on_is_refused_while_the_job_runs(pair, job):
    table = f"{pair.prefix}_keys"
    pair.make_dynamodb(table)
    pair.sql(
        f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb, '
        f"email text NOT NULL DEFAULT gen_random_uuid()::text UNIQUE)"
    )
    pair.publish()
    running = job(pair)
    for key in "ab":
        pair.sql(
            f'INSERT INTO "{table}" VALUES (%s, %s, %s)',
            key,
            json.dumps(item(key)),
            {"a": "b", "b": "a"}[key],
        )
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    pair.sql(f'ALTER TABLE "{table}" REPLICA IDENTITY USING INDEX "{table}_email_key"')
    pair.sql(f"DELETE FROM \"{table}\" WHERE id = 'a'")
    with pytest.raises(TerminalError, match="leaves out column id"):
        running.run_until_it_raises()
    assert set(pair.items(table)) == {"a", "b"}


def test_a_key_column_that_gets_another_name_is_found_by_the_rows(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    pair.sql(f'ALTER TABLE "{table}" RENAME COLUMN id TO hash_key')
    pair.sql(f"DELETE FROM \"{table}\" WHERE hash_key = 'a'")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"b"}


def test_a_schema_that_is_published_covers_its_later_tables(pair, settings, job):
    table = pair.make()
    if pair.connect().server_version < 150000:
        pytest.skip("FOR TABLES IN SCHEMA came with PostgreSQL 15")
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR TABLES IN SCHEMA public")
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    assert validate(settings(pair), resumed=False) == 0
    running = followed(pair, job, table)
    late = pair.make("late")
    pair.put(late, item("a", v="1"))
    arrived(pair, running, table, late)
    running.run_until(lambda: late in running.phases())
    pair.sql(f"ALTER PUBLICATION {pair.publication} DROP TABLES IN SCHEMA public")
    pair.sql(f"ALTER PUBLICATION {pair.publication} ADD TABLES IN SCHEMA public")
    with pytest.raises(TerminalError, match=f"was taken out of publication {pair.publication}"):
        running.run_until_it_raises()


def test_a_publication_with_another_ones_name_is_another_one(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    running.close()
    pair.sql(f"ALTER PUBLICATION {pair.publication} RENAME TO aside")
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES")
    running.crash()
    with pytest.raises(TerminalError, match=f"publication {pair.publication} was changed or created again"):
        running.run_until_it_raises()


def test_a_row_filter_that_is_added_while_the_job_runs_stops_it(pair, job):
    table = pair.make()
    if pair.connect().server_version < 150000:
        pytest.skip("row filters came with PostgreSQL 15")
    publish(pair, f'"{table}"')
    running = followed(pair, job, table)
    pair.sql(f"ALTER PUBLICATION {pair.publication} SET TABLE \"{table}\" WHERE (id < 'm')")
    with pytest.raises(TerminalError, match="has a row filter for table"):
        running.run_until_it_raises()


def test_a_partition_that_is_unlogged_is_refused_before_and_while_the_job_runs(pair, settings, job):
    table = partitioned(pair)
    set_up(settings(pair), print)
    running = followed(pair, job, table)
    pair.sql(f'CREATE UNLOGGED TABLE "{table}_c" PARTITION OF "{table}" FOR VALUES IN (\'c\')')
    pair.put(table, item("c", v="in no log"))
    with pytest.raises(TerminalError, match=f'table "public"."{table}_c" is UNLOGGED'):
        running.run_until_it_raises()
    with pytest.raises(PreflightError, match=f'ALTER TABLE "public"."{table}_c" SET LOGGED') as refused:
        validate(settings(pair), resumed=False)
    running.close()
    with contextlib.closing(Advised(pair, settings)) as advised:
        running = advised.follow(str(refused.value), table)
        assert pair.equal(table)
        pair.put(table, item("c", v="2"))
        arrived(pair, running, table)


def test_a_prepared_transaction_arrives_when_it_is_committed(own_pair, job):
    pair = own_pair(max_prepared_transactions="5")
    table = pair.make()
    pair.publish()
    running = job(pair)
    connection = pair.connect()
    with connection.cursor() as cursor:
        for name, key in (("kept", "a"), ("dropped", "b")):
            cursor.execute("BEGIN")
            cursor.execute(f'INSERT INTO "{table}" VALUES (%s, %s)', (key, json.dumps(item(key))))
            cursor.execute(f"PREPARE TRANSACTION '{name}'")
    connection.close()
    pair.put(table, item("between"))
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"between"}
    pair.sql("COMMIT PREPARED 'kept'")
    pair.sql("ROLLBACK PREPARED 'dropped'")
    arrived(pair, running, table)


def test_a_truncate_that_cascades_is_followed_in_each_table(pair, job):
    table = pair.make()
    child = f"{pair.prefix}_child"
    pair.make_dynamodb(child)
    pair.sql(
        f'CREATE TABLE "{child}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL, '
        f'parent text REFERENCES "{table}")'
    )
    pair.publish()
    running = job(pair, reverse__truncate="delete")
    pair.put(table, item("a", v="1"))
    pair.sql(f'INSERT INTO "{child}" VALUES (%s, %s, %s)', "c", json.dumps(item("c")), "a")
    arrived(pair, running, table, child)
    pair.sql(f'TRUNCATE "{table}" CASCADE')
    pair.put(table, item("b", v="1"))
    arrived(pair, running, table, child)
    assert set(pair.items(table)) | set(pair.items(child)) == {"b"}


SETTINGS = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable",
    "standard_conforming_strings": "off",
    "search_path": "nowhere",
    "datestyle": "SQL, DMY",
    "bytea_output": "escape",
    "extra_float_digits": "-10",
    "synchronous_commit": "off",
    "row_security": "off",
}


def test_settings_of_the_database_that_change_how_sessions_speak_change_nothing(pair, settings, job):
    table = f"{pair.prefix}_bytes"
    pair.dynamodb.ask(
        "CreateTable",
        {
            "TableName": table,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "B"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    pair.sql(f'CREATE TABLE "{table}" (id bytea PRIMARY KEY, polardb_document jsonb NOT NULL)')
    pair.publish()
    connection = pair.connect()
    for name, value in SETTINGS.items():
        pair.sql(f"ALTER DATABASE {pair.database} SET {name} = '{value}'", database="postgres")
    if connection.server_version >= 170000:
        pair.sql(f"ALTER DATABASE {pair.database} SET transaction_timeout = '1s'", database="postgres")
    assert validate(settings(pair), resumed=False) == 0
    running = job(pair)
    with connection.cursor() as cursor:
        for key in (b"\\x00\xff", b"\x00\x01"):
            document = json.dumps({"id": {"B": b64encode(key).decode()}})
            cursor.execute(f'INSERT INTO public."{table}" VALUES (%s, %s)', (key, document))
        cursor.execute(f'DELETE FROM public."{table}" WHERE id = %s', (b"\\x00\xff",))
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        end = int(cursor.fetchone()[0])
    connection.close()
    running.run_until(lambda: pair.confirmed() >= end)
    running.run_for(6)  # the database is polled every five seconds
    items = pair.dynamodb.ask("Scan", {"TableName": table, "ConsistentRead": True})["Items"]
    assert items == [{"id": {"B": "AAE="}}]


@pytest.mark.parametrize(
    ("encoding", "text"), [("WIN1252", "\u20ac"), ("EUC_JP", "\u8def"), ("KOI8R", "\u0416")]
)
def test_documents_of_still_other_encodings_arrive_as_they_are(postgres, dynamodb, job, encoding, text):
    pair = DatabasePair(postgres, dynamodb, f"enc{uuid.uuid4().hex[:6]}", encoding)
    running = job(pair)
    try:
        table = pair.make()
        pair.publish()
        pair.put(table, item("a", v=text))
        arrived(pair, running, table)
        assert pair.items(table) == {"a": item("a", v=text)}
    finally:
        running.close()
        pair.drop()
