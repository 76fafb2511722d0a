"""Does everything arrive? What a publication leaves out, and what it left out for a moment."""

import json

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.reverse.validate import set_up, validate
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.test_relations import followed


def publish(pair, tables):
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR TABLE {tables}")
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)


@pytest.mark.parametrize(
    ("part", "problem"),
    [("WHERE (id < 'm')", "has a row filter for table"), ("(id)", "has a column list for table")],
)
def test_a_publication_of_a_part_is_refused_and_the_sql_that_is_shown_fixes_it(pair, settings, part, problem):
    table = pair.make()
    if pair.connect().server_version < 150000:
        pytest.skip("row filters and column lists came with PostgreSQL 15")
    publish(pair, f'"{table}" {part}')
    with pytest.raises(PreflightError, match=problem) as refused:
        validate(settings(pair), resumed=False)
    for statement in str(refused.value).split("missing: ")[-1].split("key column: ")[-1].split(";")[:2]:
        pair.sql(statement)
    assert validate(settings(pair), resumed=False) == 0


def test_an_unlogged_table_is_refused_before_and_while_the_job_runs(pair, settings, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    late = pair.make("late")
    pair.sql(f'ALTER TABLE "{late}" SET UNLOGGED')
    with pytest.raises(TerminalError, match=f'table "public"."{late}" is UNLOGGED'):
        running.run_until_it_raises()
    with pytest.raises(PreflightError, match=f'ALTER TABLE "public"."{late}" SET LOGGED'):
        validate(settings(pair), resumed=False)
    pair.sql(f'ALTER TABLE "{late}" SET LOGGED')
    assert validate(settings(pair), resumed=False) == 0


def test_a_table_taken_out_of_the_publication_for_a_moment_is_a_gap(pair, job):
    table, other = pair.make(), pair.make("other")
    publish(pair, f'"{table}", "{other}"')
    running = followed(pair, job, table)
    pair.sql(f'ALTER PUBLICATION {pair.publication} DROP TABLE "{table}"')
    pair.put(table, item("lost", v="1"))
    pair.sql(f'ALTER PUBLICATION {pair.publication} ADD TABLE "{table}"')
    for _ in range(2):
        with pytest.raises(TerminalError, match=f'"{table}" was taken out of publication {pair.publication}'):
            running.run_until_it_raises()
        running.crash()


def test_a_publication_that_left_out_deletes_while_the_job_was_stopped_is_a_gap(pair, job):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    running.close()
    pair.sql(f"ALTER PUBLICATION {pair.publication} SET (publish = 'insert')")
    pair.delete(table, "a")
    pair.sql(f"ALTER PUBLICATION {pair.publication} SET (publish = 'insert, update, delete, truncate')")
    running.crash()
    with pytest.raises(TerminalError, match=f"publication {pair.publication} was changed or created again"):
        running.run_until_it_raises()


def test_a_table_added_to_the_publication_after_its_creation_is_a_gap_until_started_again(pair, job):
    table = pair.make()
    publish(pair, f'"{table}"')
    running = followed(pair, job, table)
    late = pair.make("late")
    pair.put(late, item("before", v="1"))
    with pytest.raises(TerminalError, match=f'ADD TABLE "public"."{late}"; what was written'):
        running.run_until_it_raises()
    pair.sql(f'ALTER PUBLICATION {pair.publication} ADD TABLE "{late}"')
    for _ in range(2):
        running.crash()
        with pytest.raises(
            TerminalError, match=f'"{late}" was added to publication {pair.publication} after'
        ):
            running.run_until_it_raises()
    running.close()
    pair.dynamodb.ask("PutItem", {"TableName": late, "Item": item("before", v="1")})  # copied
    anew = job(pair, reverse__slotTaken="free")
    pair.put(late, item("after", v="1"))
    arrived(pair, anew, table, late)


def test_a_table_created_and_added_in_one_transaction_is_complete(pair, job):
    table = pair.make()
    publish(pair, f'"{table}"')
    running = followed(pair, job, table)
    late = f"{pair.prefix}_late"
    pair.make_dynamodb(late)
    pair.sql(
        f'BEGIN; CREATE TABLE "{late}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL); '
        f'ALTER PUBLICATION {pair.publication} ADD TABLE "{late}"; COMMIT'
    )
    pair.put(late, item("a", v="1"))
    arrived(pair, running, late)
    running.run_until(lambda: late in running.phases())


def partitioned(pair):
    """A table with two partitions on both sides."""
    table = f"{pair.prefix}_parts"
    pair.make_dynamodb(table)
    pair.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb) PARTITION BY LIST (id)')
    for key in "ab":
        pair.sql(f'CREATE TABLE "{table}_{key}" PARTITION OF "{table}" FOR VALUES IN (\'{key}\')')
    return table


def test_a_dropped_partition_stops_the_job_until_it_is_ignored(pair, settings, job):
    table = partitioned(pair)
    set_up(settings(pair), print)
    running = followed(pair, job, table)
    pair.sql(f'DROP TABLE "{table}_a"')
    for _ in range(2):
        with pytest.raises(TerminalError, match=f'"{table}_a" was dropped or detached.*reverse.droppedTable'):
            running.run_until_it_raises()
        running.crash()
    running.close()
    ignoring = job(pair, reverse__droppedTable="ignore", reverse__slotTaken="free")
    ignoring.last_cut = running.last_cut
    ignoring.crash()
    pair.put(table, item("b", v="2"))
    end = pair.lsn()
    ignoring.run_until(lambda: pair.confirmed() >= end)
    assert pair.items(table) == {"a": item("a", v="1"), "b": item("b", v="2")}


@pytest.mark.parametrize("again", [False, True])
def test_a_partition_with_rows_that_is_attached_is_a_gap(pair, job, again):
    table = partitioned(pair)
    publish(pair, f'"{table}" WITH (publish_via_partition_root = true)')
    running = followed(pair, job, table, reverse__missingTable="skip")
    key = "a" if again else "c"
    part = f"{table}_{key}"
    if again:
        begin = f'BEGIN; ALTER TABLE "{table}" DETACH PARTITION "{part}"; DELETE FROM "{part}"'
    else:
        begin = f'CREATE TABLE "{part}" (LIKE "{table}" INCLUDING ALL); COMMIT; BEGIN'
    document = json.dumps(item(key, v="missed"))
    # In one transaction, so that no poll sees a detached partition, which would be named as such.
    pair.sql(
        f"{begin}; INSERT INTO \"{part}\" VALUES ('{key}', '{document}'); "
        f'ALTER TABLE "{table}" ATTACH PARTITION "{part}" FOR VALUES IN (\'{key}\'); COMMIT'
    )
    problem = "detached and attached again" if again else "attached after it was created"
    for _ in range(2):
        with pytest.raises(TerminalError, match=f'partition "public"."{part}" was {problem}'):
            running.run_until_it_raises()
        running.crash()


def test_a_partition_that_is_created_as_one_is_complete(pair, settings, job):
    table = partitioned(pair)
    set_up(settings(pair), print)
    running = followed(pair, job, table)
    pair.sql(f'CREATE TABLE "{table}_c" PARTITION OF "{table}" FOR VALUES IN (\'c\')')
    pair.put(table, item("c", v="1"))
    arrived(pair, running, table)
    running.run_for(6)  # the database is polled every five seconds
    running.checkpoint()
    running.crash()
    running.run_for(1)


@pytest.mark.parametrize("exists", [False, True])
def test_a_partitioned_table_works_as_setup_makes_it(pair, settings, job, exists):
    table = f"{pair.prefix}_parts"
    pair.make_dynamodb(table)
    pair.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document jsonb) PARTITION BY HASH (id)')
    for place in (0, 1):
        pair.sql(
            f'CREATE TABLE "{table}_{place}" PARTITION OF "{table}" '
            f"FOR VALUES WITH (MODULUS 2, REMAINDER {place})"
        )
    if exists:
        pair.publish()
        with pytest.raises(PreflightError, match=r"SET \(publish_via_partition_root = true\)"):
            validate(settings(pair), resumed=False)
    set_up(settings(pair), print)
    assert validate(settings(pair), resumed=False) == 0
    running = job(pair)
    pair.put(table, *(item(f"k{n}", v="1") for n in range(20)))
    pair.put(table, item("k3", v="2"))
    pair.delete(table, "k4", "k5")
    arrived(pair, running, table)


def test_a_document_of_type_json_may_begin_with_a_blank(pair, job):
    table = f"{pair.prefix}_json"
    pair.make_dynamodb(table)
    pair.sql(f'CREATE TABLE "{table}" (id text PRIMARY KEY, polardb_document json)')
    pair.publish()
    running = job(pair)
    pair.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "a", ' \n{"id": {"S": "a"}, "v": {"S": "1"}}')
    arrived(pair, running, table)
