"""What is a table? Names, copies, keys, and the same name another time."""

import contextlib
import json

import psycopg2
import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.reverse.components import ReverseParts
from connectors.reverse.validate import identities, set_up, validate
from tests.harness.reverse import ReversePipeline
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived

DROPPED = r"table {}: was dropped in PolarDB.*reverse\.droppedTable: ignore"


def made_again(pair, table):
    pair.sql(f'DROP TABLE "{table}"')
    pair.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)')
    pair.put(table, item("c", v="new"))


def followed(pair, job, table, **sets):
    """A job that has replicated two items and made a checkpoint."""
    running = job(pair, **sets)
    pair.put(table, item("a", v="1"), item("b", v="1"))
    arrived(pair, running, table)
    running.run_until(lambda: table in running.phases())
    running.checkpoint()
    return running


def test_a_table_dropped_and_created_again_within_one_look_stops_the_job_and_stops_it_again(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    made_again(pair, table)
    for _ in range(2):
        with pytest.raises(TerminalError, match=DROPPED.format(table)):
            running.run_until_it_raises()
        running.crash()


def test_a_table_dropped_and_created_again_while_the_job_is_stopped_is_refused_until_ignored(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    running.close()
    made_again(pair, table)
    running.crash()
    with pytest.raises(TerminalError, match=DROPPED.format(table)):
        running.run_until_it_raises()
    running.close()
    accepting = job(pair, reverse__droppedTable="ignore", reverse__slotTaken="free")
    accepting.last_cut = running.last_cut
    accepting.crash()
    end = pair.lsn()
    accepting.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"a", "b", "c"}
    accepting.checkpoint()
    accepting.crash()
    accepting.run_for(1)


def test_a_table_created_again_before_the_first_checkpoint_is_noticed_too(pair, settings):
    table = pair.make()
    pair.publish()
    chosen = settings(pair)
    known = identities(chosen, resumed=False)
    assert identities(chosen, resumed=True) == b""
    made_again(pair, table)
    running = ReversePipeline(chosen, lambda each: ReverseParts(each, 0, known))
    try:
        for _ in range(2):
            with pytest.raises(TerminalError, match=DROPPED.format(table)):
                running.run_until_it_raises()
            running.crash()
    finally:
        running.close()


def test_a_table_that_takes_anothers_name_stops_the_job(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    other = pair.make("other", dynamodb=False)
    pair.sql(
        f'BEGIN; ALTER TABLE "{table}" RENAME TO "{table}_old"; ALTER TABLE "{other}" RENAME TO "{table}"; '
        f'ALTER TABLE "{table}_old" DROP COLUMN polardb_document; COMMIT'
    )
    with pytest.raises(TerminalError, match=DROPPED.format(table)):
        running.run_until_it_raises()


def test_a_copy_in_another_schema_is_refused_before_anything_is_written_after_a_restart_too(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    pair.sql(f'CREATE SCHEMA bak; CREATE TABLE bak."{table}" (LIKE public."{table}" INCLUDING ALL)')
    pair.sql(
        f'INSERT INTO bak."{table}" SELECT id, \'{json.dumps(item("a", v="copy"))}\' FROM "{table}" LIMIT 1'
    )
    pair.sql(f'DELETE FROM bak."{table}"')
    for _ in range(2):
        with pytest.raises(TerminalError, match=rf"the relations bak\.{table} and public\.{table}"):
            running.run_until_it_raises()
        running.crash()
    running.close()
    assert pair.item(table, "a") == item("a", v="1")
    skipped = json.dumps({f"bak.{table}": {"skip": True}})
    skipping = job(pair, reverse__relations=skipped, reverse__slotTaken="free")
    arrived(pair, skipping, table)


def test_rows_of_a_table_in_another_case_do_not_go_to_the_one_that_dynamodb_has(pair, job):
    upper = pair.make("Orders")
    lower = f"{pair.prefix}_orders"
    pair.make("orders", dynamodb=False)
    pair.publish()
    running = followed(pair, job, upper)
    pair.put(lower, item("x", v="lower"))
    with pytest.raises(TerminalError, match=f"table {lower}: does not exist in DynamoDB"):
        running.run_until_it_raises()
    assert set(pair.items(upper)) == {"a", "b"}


@pytest.mark.parametrize("mapped", [False, True])
def test_a_filter_in_dynamodbs_names_covers_the_relation_from_setup_to_the_item(pair, settings, job, mapped):
    table = f"{pair.prefix}_Items"
    pair.make_dynamodb(table)
    relation = f"{pair.prefix}_tbl_17" if mapped else table.lower()
    pair.sql(f'CREATE TABLE "{relation}" (id text PRIMARY KEY, polardb_document jsonb)')
    pair.sql("CREATE TABLE notes (n int)")
    sets = {"filter__whiteTableSet": table}
    if mapped:
        sets["reverse__relations"] = json.dumps({f"public.{relation}": {"table": table}})
    said = []
    set_up(settings(pair, **sets), said.append)
    assert f'FOR TABLE "public"."{relation}"' in said[0]
    assert validate(settings(pair, **sets), resumed=False) == 0
    running = job(pair, **sets)
    pair.put(relation, item("a", v="1"))
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert pair.items(table) == pair.rows(relation)


def test_setup_creates_no_publication_through_which_nothing_would_arrive(pair, settings):
    pair.make()
    pair.sql("CREATE TABLE notes (n int)")
    with pytest.raises(PreflightError, match=r"filter\.whiteTableSet"):
        set_up(settings(pair, filter__whiteTableSet="misspelled"), print)


def test_an_entry_for_a_relation_that_does_not_exist_is_refused_by_name(pair, settings):
    pair.make()
    pair.publish()
    sets = {"reverse__relations": json.dumps({"public.tbl_17": {"table": "x"}})}
    for act in (
        lambda: validate(settings(pair, **sets), False),
        lambda: set_up(settings(pair, **sets), print),
    ):
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
def test_a_key_that_would_delete_the_wrong_item_is_refused_and_a_full_identity_mends_it(
    pair, settings, problem
):
    columns, alter = KEYS[problem]
    table = f"{pair.prefix}_keys"
    pair.make_dynamodb(table)
    pair.sql(f'CREATE TABLE "{table}" ({columns}, polardb_document jsonb)')
    if alter:
        pair.sql(f'ALTER TABLE "{table}" {alter.format(table=table)}')
    pair.publish()
    with pytest.raises(PreflightError, match=problem):
        validate(settings(pair), resumed=False)
    pair.sql(f'ALTER TABLE "{table}" REPLICA IDENTITY FULL')
    assert validate(settings(pair), resumed=False) == 0


def swapped(pair, name="swapped"):
    """Key columns with other names than the attributes pk and sk, in another order than in the key."""
    table = f"{pair.prefix}_{name}"
    pair.sql(
        f'CREATE TABLE "{table}" (range_key text, hash_key text, polardb_document jsonb, '
        f"PRIMARY KEY (hash_key, range_key))"
    )
    pair.dynamodb.ask(
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
        pair.sql(f'INSERT INTO "{table}" VALUES (%s, %s, %s)', sk, pk, json.dumps(document))
        pair.dynamodb.ask("PutItem", {"TableName": table, "Item": document})
    return table


def keys_in(pair, table):
    items = pair.dynamodb.ask("Scan", {"TableName": table, "ConsistentRead": True})["Items"]
    return {(each["pk"]["S"], each["sk"]["S"]) for each in items}


def test_a_first_delete_goes_to_the_right_key_by_the_rows_that_are_left_and_by_the_proof_in_the_state(
    pair, job
):
    table = swapped(pair)
    pair.publish()
    running = job(pair)
    pair.sql(f"DELETE FROM \"{table}\" WHERE hash_key = 'a'")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert keys_in(pair, table) == {("b", "a")}
    running.run_until(lambda: any(position.keys for position in running.positions()))
    running.checkpoint()
    running.close()
    pair.sql(f'DELETE FROM "{table}"')  # no row is left that could prove it again
    running.crash()
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert keys_in(pair, table) == set()


def test_a_first_delete_that_nothing_proves_is_refused_and_the_setting_that_it_names_mends_it(pair, job):
    table = swapped(pair)
    pair.publish()
    pair.sql(f'DELETE FROM "{table}"')
    running = job(pair)
    with pytest.raises(TerminalError, match=r"no row has shown yet .*Set keys: \{pk: COLUMN\}"):
        running.run_until_it_raises()
    running.close()
    assert keys_in(pair, table) == {("a", "b"), ("b", "a")}
    keys = json.dumps({f"public.{table}": {"keys": {"pk": "hash_key", "sk": "range_key"}}})
    mended = job(pair, reverse__relations=keys, reverse__slotTaken="free")
    end = pair.lsn()
    mended.run_until(lambda: pair.confirmed() >= end)
    assert keys_in(pair, table) == set()


def test_keys_of_every_faithful_type_and_domain_are_deleted_rightly(pair, job):
    pair.sql("CREATE DOMAIN name_of AS varchar(40)")
    types = ["name_of", "varchar(40)", "text", "bytea"]
    # Not every PostgreSQL is built with ICU.
    with contextlib.suppress(psycopg2.errors.FeatureNotSupported):
        pair.sql("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
        types[2] = 'text COLLATE "loose"'
    tables = []
    for number, type_ in enumerate(types):
        table = f"{pair.prefix}_type{number}"
        pair.make_dynamodb(table)
        pair.sql(f'CREATE TABLE "{table}" (id {type_} PRIMARY KEY, polardb_document jsonb)')
        tables.append(table)
    pair.publish()
    running = job(pair)
    for table in tables:
        pair.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "k", json.dumps(item("k")))
        pair.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "stays", json.dumps(item("stays")))
    pair.sql(
        f'UPDATE "{tables[2]}" SET id = %s, polardb_document = %s WHERE id = %s',
        "K",
        json.dumps(item("K")),
        "k",
    )
    for table in tables:
        pair.sql(f'DELETE FROM "{table}" WHERE id = %s', "k")
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    for table in tables:
        left = pair.sql(f"SELECT polardb_document -> 'id' ->> 'S' FROM \"{table}\"")
        assert set(pair.items(table)) == {key for (key,) in left}, table
        assert "k" not in pair.items(table)


def test_a_dynamodb_table_that_was_created_again_stops_the_job(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table, filter__whiteTableSet=table)  # described at the first look
    pair.dynamodb.ask("DeleteTable", {"TableName": table})
    pair.make_dynamodb(table)
    with pytest.raises(TerminalError, match=rf"table {table}: was deleted.* in DynamoDB"):
        running.run_until_it_raises()
