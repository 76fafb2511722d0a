"""Does everything arrive? What a publication leaves out, and what it left out for a moment."""

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.reverse.validate import set_up, validate
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.test_relations import followed
from tests.integration.reverse.way import item


def publish(way, tables):
    way.sql(f"CREATE PUBLICATION {way.publication} FOR TABLE {tables}")
    way.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", way.slot)


@pytest.mark.parametrize(
    ("part", "problem"),
    [("WHERE (id < 'm')", "has a row filter for table"), ("(id)", "has a column list for table")],
)
def test_a_publication_of_a_part_is_refused_and_the_sql_that_is_shown_fixes_it(way, settings, part, problem):
    table = way.make()
    if way.connect().server_version < 150000:
        pytest.skip("row filters and column lists came with PostgreSQL 15")
    publish(way, f'"{table}" {part}')
    with pytest.raises(PreflightError, match=problem) as refused:
        validate(settings(way), resumed=False)
    for statement in str(refused.value).split("missing: ")[-1].split("key column: ")[-1].split(";")[:2]:
        way.sql(statement)
    assert validate(settings(way), resumed=False) == 0


def test_an_unlogged_table_is_refused_before_and_while_the_job_runs(way, settings, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    late = way.make("late")
    way.sql(f'ALTER TABLE "{late}" SET UNLOGGED')
    with pytest.raises(TerminalError, match=f'table "public"."{late}" is UNLOGGED'):
        running.run_until_it_raises()
    with pytest.raises(PreflightError, match=f'ALTER TABLE "public"."{late}" SET LOGGED'):
        validate(settings(way), resumed=False)
    way.sql(f'ALTER TABLE "{late}" SET LOGGED')
    assert validate(settings(way), resumed=False) == 0


def test_a_table_taken_out_of_the_publication_for_a_moment_is_a_gap(way, job):
    table, other = way.make(), way.make("other")
    publish(way, f'"{table}", "{other}"')
    running = followed(way, job, table)
    way.sql(f'ALTER PUBLICATION {way.publication} DROP TABLE "{table}"')
    way.put(table, item("lost", v="1"))
    way.sql(f'ALTER PUBLICATION {way.publication} ADD TABLE "{table}"')
    for _ in range(2):
        with pytest.raises(TerminalError, match=f'"{table}" was taken out of publication {way.publication}'):
            running.run_until_it_raises()
        running.crash()


def test_a_publication_that_left_out_deletes_while_the_job_was_stopped_is_a_gap(way, job):
    table = way.make()
    way.publish()
    running = followed(way, job, table)
    running.close()
    way.sql(f"ALTER PUBLICATION {way.publication} SET (publish = 'insert')")
    way.delete(table, "a")
    way.sql(f"ALTER PUBLICATION {way.publication} SET (publish = 'insert, update, delete, truncate')")
    running.crash()
    with pytest.raises(TerminalError, match=f"publication {way.publication} was changed or created again"):
        running.run_until_it_raises()


def test_a_table_added_to_the_publication_after_its_creation_is_a_gap_until_started_again(way, job):
    table = way.make()
    publish(way, f'"{table}"')
    running = followed(way, job, table)
    late = way.make("late")
    way.put(late, item("before", v="1"))
    with pytest.raises(TerminalError, match=f'ADD TABLE "public"."{late}"; then copy the table'):
        running.run_until_it_raises()
    way.sql(f'ALTER PUBLICATION {way.publication} ADD TABLE "{late}"')
    for _ in range(2):
        running.crash()
        with pytest.raises(TerminalError, match=f'"{late}" was added to publication {way.publication} after'):
            running.run_until_it_raises()
    running.close()
    way.dynamodb.ask("PutItem", {"TableName": late, "Item": item("before", v="1")})  # copied
    anew = job(way, reverse__slotTaken="free")
    way.put(late, item("after", v="1"))
    arrived(way, anew, table, late)


def test_a_table_created_and_added_in_one_transaction_is_complete(way, job):
    table = way.make()
    publish(way, f'"{table}"')
    running = followed(way, job, table)
    late = f"{way.prefix}_late"
    way.make_dynamodb(late)
    way.sql(
        f'BEGIN; CREATE TABLE "{late}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL); '
        f'ALTER PUBLICATION {way.publication} ADD TABLE "{late}"; COMMIT'
    )
    way.put(late, item("a", v="1"))
    arrived(way, running, late)
    running.run_until(lambda: late in running.phases())


@pytest.mark.parametrize("exists", [False, True])
def test_a_partitioned_table_works_as_setup_makes_it(way, settings, job, exists):
    table = f"{way.prefix}_parts"
    way.make_dynamodb(table)
    way.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb) PARTITION BY HASH (id)')
    for place in (0, 1):
        way.sql(
            f'CREATE TABLE "{table}_{place}" PARTITION OF "{table}" '
            f"FOR VALUES WITH (MODULUS 2, REMAINDER {place})"
        )
    if exists:
        way.publish()
        with pytest.raises(PreflightError, match=r"SET \(publish_via_partition_root = true\)"):
            validate(settings(way), resumed=False)
    set_up(settings(way), print)
    assert validate(settings(way), resumed=False) == 0
    running = job(way)
    way.put(table, *(item(f"k{n}", v="1") for n in range(20)))
    way.put(table, item("k3", v="2"))
    way.delete(table, "k4", "k5")
    arrived(way, running, table)


def test_a_document_of_type_json_may_begin_with_a_blank(way, job):
    table = f"{way.prefix}_json"
    way.make_dynamodb(table)
    way.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document json)')
    way.publish()
    running = job(way)
    way.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "a", ' \n{"id": {"S": "a"}, "v": {"S": "1"}}')
    arrived(way, running, table)
