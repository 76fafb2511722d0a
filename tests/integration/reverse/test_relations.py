"""What is a table? Names, copies, keys, and the same name another time."""

import contextlib
import json

import psycopg2
import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.reverse.components import ReverseParts
from connectors.reverse.validate import identities, set_up, validate
from tests.harness.reverse import ReversePipeline
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.way import item

DROPPED = r"table {}: was dropped in PolarDB.*reverse\.droppedTable: ignore"


def made_again(way, table):
    way.sql(f'DROP TABLE "{table}"')
    way.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)')
    way.put(table, item("c", v="new"))


def followed(way, job, table, **sets):
    """A job that has replicated two items and made a checkpoint."""
    running = job(way, **sets)
    way.put(table, item("a", v="1"), item("b", v="1"))
    arrived(way, running, table)
    running.run_until(lambda: table in running.phases())
    running.checkpoint()
    return running


def test_a_table_dropped_and_created_again_within_one_look_stops_the_job_and_stops_it_again(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    made_again(way, table)
    for _ in range(2):
        with pytest.raises(TerminalError, match=DROPPED.format(table)):
            running.run_until_it_raises()
        running.crash()


def test_a_table_dropped_and_created_again_while_the_job_is_stopped_is_refused_until_ignored(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    running.close()
    made_again(way, table)
    running.crash()
    with pytest.raises(TerminalError, match=DROPPED.format(table)):
        running.run_until_it_raises()
    running.close()
    accepting = job(way, reverse__droppedTable="ignore", reverse__slotTaken="free")
    accepting.last_cut = running.last_cut
    accepting.crash()
    end = way.lsn()
    accepting.run_until(lambda: way.confirmed() >= end)
    assert set(way.items(table)) == {"a", "b", "c"}
    accepting.checkpoint()
    accepting.crash()
    accepting.run_for(1)


def test_a_table_created_again_before_the_first_checkpoint_is_noticed_too(way, settings):
    table = way.make()
    way.publish()
    chosen = settings(way)
    known = identities(chosen, resumed=False)
    assert identities(chosen, resumed=True) == b""
    made_again(way, table)
    running = ReversePipeline(chosen, lambda each: ReverseParts(each, 0, known))
    try:
        for _ in range(2):
            with pytest.raises(TerminalError, match=DROPPED.format(table)):
                running.run_until_it_raises()
            running.crash()
    finally:
        running.close()


def test_a_table_that_takes_anothers_name_stops_the_job(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    other = way.make("other", dynamodb=False)
    way.sql(
        f'BEGIN; ALTER TABLE "{table}" RENAME TO "{table}_old"; ALTER TABLE "{other}" RENAME TO "{table}"; '
        f'ALTER TABLE "{table}_old" DROP COLUMN polardb_document; COMMIT'
    )
    with pytest.raises(TerminalError, match=DROPPED.format(table)):
        running.run_until_it_raises()


def test_a_copy_in_another_schema_is_refused_before_anything_is_written_after_a_restart_too(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    way.sql(f'CREATE SCHEMA bak; CREATE TABLE bak."{table}" (LIKE public."{table}" INCLUDING ALL)')
    way.sql(
        f'INSERT INTO bak."{table}" SELECT id, \'{json.dumps(item("a", v="copy"))}\' FROM "{table}" LIMIT 1'
    )
    way.sql(f'DELETE FROM bak."{table}"')
    for _ in range(2):
        with pytest.raises(TerminalError, match=rf"the relations bak\.{table} and public\.{table}"):
            running.run_until_it_raises()
        running.crash()
    running.close()
    assert way.item(table, "a") == item("a", v="1")
    skipped = json.dumps({f"bak.{table}": {"skip": True}})
    skipping = job(way, reverse__relations=skipped, reverse__slotTaken="free")
    arrived(way, skipping, table)


def test_rows_of_a_table_in_another_case_do_not_go_to_the_one_that_dynamodb_has(way, job):
    upper = way.make("Orders")
    lower = f"{way.prefix}_orders"
    way.make("orders", dynamodb=False)
    way.publish()
    running = followed(way, job, upper)
    way.put(lower, item("x", v="lower"))
    with pytest.raises(TerminalError, match=f"table {lower}: does not exist in DynamoDB"):
        running.run_until_it_raises()
    assert set(way.items(upper)) == {"a", "b"}


@pytest.mark.parametrize("mapped", [False, True])
def test_a_filter_in_dynamodbs_names_covers_the_relation_from_setup_to_the_item(way, settings, job, mapped):
    table = f"{way.prefix}_Items"
    way.make_dynamodb(table)
    relation = f"{way.prefix}_tbl_17" if mapped else table.lower()
    way.sql(f'CREATE TABLE "{relation}" (id text PRIMARY KEY, polardb_document jsonb)')
    way.sql("CREATE TABLE notes (n int)")
    sets = {"filter__whiteTableSet": table}
    if mapped:
        sets["reverse__relations"] = json.dumps({f"public.{relation}": {"table": table}})
    said = []
    set_up(settings(way, **sets), said.append)
    assert f'FOR TABLE "public"."{relation}"' in said[0]
    assert validate(settings(way, **sets), resumed=False) == 0
    running = job(way, **sets)
    way.put(relation, item("a", v="1"))
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    assert way.items(table) == way.rows(relation)


def test_setup_creates_no_publication_through_which_nothing_would_arrive(way, settings):
    way.make()
    way.sql("CREATE TABLE notes (n int)")
    with pytest.raises(PreflightError, match=r"filter\.whiteTableSet"):
        set_up(settings(way, filter__whiteTableSet="misspelled"), print)


def test_an_entry_for_a_relation_that_does_not_exist_is_refused_by_name(way, settings):
    way.make()
    way.publish()
    sets = {"reverse__relations": json.dumps({"public.tbl_17": {"table": "x"}})}
    for act in (lambda: validate(settings(way, **sets), False), lambda: set_up(settings(way, **sets), print)):
        with pytest.raises(PreflightError, match=r"reverse\.relations names public\.tbl_17, which is not"):
            act()


KEYS = {
    "leaves out column id": (
        "id text PRIMARY KEY, email text NOT NULL UNIQUE",
        "REPLICA IDENTITY USING INDEX {table}_email_key",
    ),
    r"type char\(n\), which may change a value": ("id char(10) PRIMARY KEY", None),
    "type uuid, which may change a value": ("id uuid PRIMARY KEY", None),
    "generated column id": ("n text, id text GENERATED ALWAYS AS ('x' || n) STORED PRIMARY KEY", None),
}


@pytest.mark.parametrize("problem", KEYS)
def test_a_key_that_would_delete_the_wrong_item_is_refused_and_a_full_identity_fixes_it(
    way, settings, problem
):
    columns, alter = KEYS[problem]
    table = f"{way.prefix}_keys"
    way.make_dynamodb(table)
    way.sql(f'CREATE TABLE "{table}" ({columns}, polardb_document jsonb)')
    if alter:
        way.sql(f'ALTER TABLE "{table}" {alter.format(table=table)}')
    way.publish()
    with pytest.raises(PreflightError, match=problem):
        validate(settings(way), resumed=False)
    way.sql(f'ALTER TABLE "{table}" REPLICA IDENTITY FULL')
    assert validate(settings(way), resumed=False) == 0


def swapped(way, name="swapped"):
    """Key columns with other names than the attributes pk and sk, in another order than in the key."""
    table = f"{way.prefix}_{name}"
    way.sql(
        f'CREATE TABLE "{table}" (range_key text, hash_key text, polardb_document jsonb, '
        f"PRIMARY KEY (hash_key, range_key))"
    )
    way.dynamodb.ask(
        "CreateTable",
        {
            "TableName": table,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for pk, sk in (("a", "b"), ("b", "a")):
        document = {"pk": {"S": pk}, "sk": {"S": sk}}
        way.sql(f'INSERT INTO "{table}" VALUES (%s, %s, %s)', sk, pk, json.dumps(document))
        way.dynamodb.ask("PutItem", {"TableName": table, "Item": document})
    return table


def keys_in(way, table):
    found = way.dynamodb.ask("Scan", {"TableName": table, "ConsistentRead": True})["Items"]
    return {(each["pk"]["S"], each["sk"]["S"]) for each in found}


def test_a_first_delete_goes_to_the_right_key_by_the_rows_that_are_left_and_by_the_proof_in_the_state(
    way, job
):
    table = swapped(way)
    way.publish()
    running = job(way)
    way.sql(f"DELETE FROM \"{table}\" WHERE hash_key = 'a'")
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    assert keys_in(way, table) == {("b", "a")}
    running.run_until(lambda: any(position.keys for position in running.positions()))
    running.checkpoint()
    running.close()
    way.sql(f'DELETE FROM "{table}"')  # no row is left that could prove it again
    running.crash()
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    assert keys_in(way, table) == set()


def test_a_first_delete_that_nothing_proves_is_refused_and_the_setting_that_it_names_fixes_it(way, job):
    table = swapped(way)
    way.publish()
    way.sql(f'DELETE FROM "{table}"')
    running = job(way)
    with pytest.raises(TerminalError, match=r"no row has shown yet .*Set keys: \{pk: COLUMN\}"):
        running.run_until_it_raises()
    running.close()
    assert keys_in(way, table) == {("a", "b"), ("b", "a")}
    keys = json.dumps({f"public.{table}": {"keys": {"pk": "hash_key", "sk": "range_key"}}})
    mended = job(way, reverse__relations=keys, reverse__slotTaken="free")
    end = way.lsn()
    mended.run_until(lambda: way.confirmed() >= end)
    assert keys_in(way, table) == set()


def test_keys_of_every_faithful_type_and_domain_are_deleted_rightly(way, job):
    way.sql("CREATE DOMAIN name_of AS varchar(40)")
    types = ["name_of", "varchar(40)", "text", "bytea"]
    # Not every PostgreSQL is built with ICU.
    with contextlib.suppress(psycopg2.errors.FeatureNotSupported):
        way.sql("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
        types[2] = 'text COLLATE "loose"'
    tables = []
    for number, type_ in enumerate(types):
        table = f"{way.prefix}_type{number}"
        way.make_dynamodb(table)
        way.sql(f'CREATE TABLE "{table}" (id {type_} PRIMARY KEY, polardb_document jsonb)')
        tables.append(table)
    way.publish()
    running = job(way)
    for table in tables:
        way.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "k", json.dumps(item("k")))
        way.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "stays", json.dumps(item("stays")))
    way.sql(
        f'UPDATE "{tables[2]}" SET id = %s, polardb_document = %s WHERE id = %s',
        "K",
        json.dumps(item("K")),
        "k",
    )
    for table in tables:
        way.sql(f'DELETE FROM "{table}" WHERE id = %s', "k")
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    for table in tables:
        left = way.sql(f"SELECT polardb_document -> 'id' ->> 'S' FROM \"{table}\"")
        assert set(way.items(table)) == {key for (key,) in left}, table
        assert "k" not in way.items(table)


def test_a_dynamodb_table_that_was_created_again_stops_the_job(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table, filter__whiteTableSet=table)  # described at the first look
    way.dynamodb.ask("DeleteTable", {"TableName": table})
    way.make_dynamodb(table)
    with pytest.raises(TerminalError, match=rf"table {table}: was deleted.* in DynamoDB"):
        running.run_until_it_raises()
