"""Does the advice of an error help, in the situation in which it is given?"""

import contextlib
import json
import re

import pytest

from connectors.base.errors import PreflightError, TerminalError
from connectors.postgres.layout.errors import dropped
from tests.harness.slots import wait_free
from tests.integration.reverse.advice import Advised, copy
from tests.integration.reverse.pair import item
from tests.integration.reverse.test_changes import arrived
from tests.integration.reverse.test_publications import partitioned, publish
from tests.integration.reverse.test_relations import followed

NEW = 'CREATE TABLE "{0}" (id text PRIMARY KEY, polardb_document jsonb NOT NULL)'


@pytest.fixture
def advised(pair, settings):
    with contextlib.closing(Advised(pair, settings)) as made:
        yield made


def attach(pair, table, rows):
    part = f"{table}_c"
    pair.sql(f'CREATE TABLE "{part}" (LIKE "{table}" INCLUDING ALL)')
    if rows:
        pair.sql(f'INSERT INTO "{part}" VALUES (%s, %s)', "c", json.dumps(item("c", v="own")))
    pair.sql(f"ALTER TABLE \"{table}\" ATTACH PARTITION \"{part}\" FOR VALUES IN ('c', 'd')")


def goes_on(pair, running, table, keys="bd"):
    pair.put(table, *(item(key, v="later") for key in keys))
    arrived(pair, running, table)


def ended(running):
    with pytest.raises(TerminalError) as raised:
        running.run_until_it_raises()
    return str(raised.value)


@pytest.mark.parametrize(
    ("when", "via_root", "rows"),
    [
        ("before the slot", True, True),
        ("before the slot", False, True),
        ("in the slot", True, True),
        ("in the slot", True, False),
        ("in the slot", False, True),
        ("in the slot", False, False),
    ],
)
def test_a_partition_attached_before_the_start_needs_what_the_errors_advise(
    pair, advised, when, via_root, rows
):
    table = partitioned(pair)
    pair.sql(
        f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES "
        f"WITH (publish_via_partition_root = {str(via_root).lower()})"
    )
    if when == "before the slot":
        attach(pair, table, rows)
        copy(pair, table)
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    if when == "in the slot":
        attach(pair, table, rows)
    pair.put(table, item("a", v="1"))
    if when == "in the slot":
        pair.put(table, item("c", v="2"))
    own = when == "in the slot" and (rows or not via_root)
    if via_root:
        running = advised.start()
    else:
        with pytest.raises(PreflightError, match=r"SET \(publish_via_partition_root = true\)") as refused:
            advised.start()
        pair.sql(str(refused.value).split("partitions: ")[1])
        running = advised.start()
    if own:
        advice = ended(running)
        assert f"relation public.{table}_c at LSN 0/0" not in advice
        assert f"public.{table}_c at LSN" in advice
        running = advised.follow(advice, table)
    goes_on(pair, running, table)


@pytest.mark.parametrize("rows", [True, False])
def test_a_partition_attached_while_the_job_runs_needs_what_the_error_advises(pair, job, advised, rows):
    table = partitioned(pair)
    pair.sql(f"CREATE PUBLICATION {pair.publication} FOR ALL TABLES WITH (publish_via_partition_root = true)")
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    running = followed(pair, job, table, reverse__missingTable="skip")
    running.close()
    attach(pair, table, rows)
    running.crash()
    advice = ended(running)
    running.close()
    goes_on(pair, advised.follow(advice, table), table)


def test_changes_that_the_slot_still_holds_are_not_written_over_what_was_copied(pair, job, advised):
    table, other = pair.make(), pair.make("other")
    publish(pair, f'"{table}", "{other}"')
    running = followed(pair, job, table)
    running.close()
    pair.put(table, item("a", v="held by the slot"))
    pair.sql(f'ALTER PUBLICATION {pair.publication} DROP TABLE "{table}"')
    pair.put(table, item("a", v="missed"))
    pair.sql(f'ALTER PUBLICATION {pair.publication} ADD TABLE "{table}"')
    running.crash()
    advice = ended(running)
    assert "was taken out of publication" in advice
    running.close()
    advised.follow(advice, table)
    assert pair.equal(table)


def test_changes_of_a_dropped_table_that_the_slot_still_holds_do_not_stop_the_job_again(pair, job, advised):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    running.close()
    pair.put(table, item("old", v="1"))
    pair.sql(f'DROP TABLE "{table}"')
    pair.sql(NEW.format(table))
    pair.put(table, item("new", v="1"))
    running = advised.follow(dropped(table), table)
    assert pair.equal(table)
    goes_on(pair, running, table)


UNLOGGED = (
    'ALTER TABLE "{0}" SET UNLOGGED',
    'UPDATE "{0}" SET polardb_document = \'{{"id":{{"S":"a"}}}}\' WHERE id = \'a\'',
    'ALTER TABLE "{0}" SET LOGGED',
)
NEW_TYPE = (
    'ALTER TABLE "{0}" ALTER polardb_document TYPE jsonb USING polardb_document || \'{{"w":{{"S":"1"}}}}\'',
)


@pytest.mark.parametrize(("statements", "stopped"), [(UNLOGGED, False), (UNLOGGED, True), (NEW_TYPE, True)])
def test_a_table_that_alter_table_rewrote_is_a_gap(pair, job, advised, statements, stopped):
    table = pair.make()
    pair.publish()
    running = followed(pair, job, table)
    if stopped:
        running.close()
    connection = pair.connect()  # one connection: no poll may come between
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statement.format(table) for statement in statements))
    connection.close()
    if stopped:
        running.crash()
    advice = ended(running)
    assert f'table "public"."{table}" was rewritten by ALTER TABLE' in advice
    running.close()
    running = advised.follow(advice, table)
    assert pair.equal(table)
    goes_on(pair, running, table)


def test_a_truncate_of_one_partition_is_a_gap(pair, job, advised):
    table = partitioned(pair)
    publish(pair, f'"{table}" WITH (publish_via_partition_root = true)')
    running = followed(pair, job, table)
    pair.sql(f'TRUNCATE "{table}_a"')
    advice = ended(running)
    assert f'partition "public"."{table}_a" was emptied by TRUNCATE' in advice
    running.close()
    running = advised.follow(advice, table)
    assert pair.equal(table)
    pair.put(table, item("a", v="again"))
    arrived(pair, running, table)


@pytest.mark.parametrize("truncate", ["fail", "delete"])
def test_a_truncate_of_a_partition_that_was_sent_under_its_own_name_empties_nothing_else(
    pair, advised, truncate
):
    table = partitioned(pair)
    pair.publish()
    pair.put(table, item("a", v="1"), item("b", v="1"))
    pair.sql(f'TRUNCATE "{table}_a"')
    pair.sql(f"ALTER PUBLICATION {pair.publication} SET (publish_via_partition_root = true)")
    advice = ended(advised.start(reverse__truncate=truncate))
    assert f"public.{table}_a" in advice
    assert pair.equal(table) is False
    assert set(pair.items(table)) == {"a", "b"}
    advised.close()
    [place] = re.findall(r"at LSN ([0-9A-F]+/[0-9A-F]+)", advice)
    wait_free(pair.postgres.dsn, pair.slot)
    pair.sql("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", pair.slot, place)
    copy(pair, table)
    goes_on(pair, advised.start(), table, keys="b")


def test_what_replaces_a_partitions_file_and_loses_nothing_does_not_stop_the_job(pair, job, caplog):
    table = partitioned(pair)
    publish(pair, f'"{table}" WITH (publish_via_partition_root = true)')
    running = followed(pair, job, table, reverse__truncate="delete")
    pair.sql(f'VACUUM FULL "{table}_a"')
    running.run_until(lambda: f'"{table}_a" has another file' in caplog.text)
    pair.sql(f'CLUSTER "{table}_b" USING "{table}_b_pkey"')
    running.run_until(lambda: f'"{table}_b" has another file' in caplog.text)
    pair.sql(f'TRUNCATE "{table}"')
    pair.put(table, item("b", v="after"))
    arrived(pair, running, table)
    running.run_for(6)  # the database is polled every five seconds
    running.checkpoint()
    running.crash()
    running.run_for(1)
