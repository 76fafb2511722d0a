"""What is committed in PolarDB arrives in DynamoDB, and the slot follows."""

import json
import random

import pytest

from connectors.base.errors import TerminalError
from tests.harness.reverse import ReversePipeline
from tests.integration.reverse.way import item


def arrived(way, running, *tables):
    """Both sides equal, and the slot past all that was written."""
    end = way.lsn()
    running.run_until(lambda: way.confirmed() >= end)
    assert way.equal(*tables)


def test_changes_arrive_and_the_slot_follows_them(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    way.put(table, item("a", v="1"), item("b", v="1"))
    way.put(table, item("a", v="2"))
    way.delete(table, "b")
    arrived(way, running, table)
    assert way.items(table) == {"a": item("a", v="2")}


def test_every_attribute_type_arrives_as_it_was(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    document = {
        "id": {"S": 'all \U0001f600 "quoted"'},
        "n": {"N": "-12345678901234567890.123456789"},
        "b": {"B": "AAEC/w=="},
        "flag": {"BOOL": False},
        "nothing": {"NULL": True},
        "texts": {"SS": ["a", "b"]},
        "numbers": {"NS": ["1", "2.5"]},
        "blobs": {"BS": ["AQ==", "Ag=="]},
        "list": {"L": [{"S": ""}, {"M": {"deep": {"L": [{"N": "0"}]}}}]},
        "odd.name#": {"M": {"": {"B": ""}}},
    }
    way.put(table, document)
    arrived(way, running, table)


def test_a_transaction_over_several_tables_arrives_in_each(way, job):
    tables = [way.make(name) for name in ("One", "two.three", "four-5")]
    way.publish()
    running = job(way)
    connection = way.connect()
    connection.autocommit = False
    for number in range(40):
        for table in tables:
            way.put(table, item(f"k{number % 7}", v=f"{table} {number}"), connection=connection)
    connection.commit()
    connection.close()
    arrived(way, running, *tables)


def test_what_was_rolled_back_does_not_arrive(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    connection = way.connect()
    connection.autocommit = False
    way.put(table, item("kept", v="1"), connection=connection)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT here")
        way.put(table, item("gone", v="1"), item("kept", v="gone"), connection=connection)
        cursor.execute("ROLLBACK TO here")
    connection.commit()
    way.put(table, item("gone too", v="1"), connection=connection)
    connection.rollback()
    connection.close()
    arrived(way, running, table)
    assert way.items(table) == {"kept": item("kept", v="1")}


def test_a_transaction_of_100000_rows_goes_out_in_parts_and_the_slot_moves_at_its_end(way, job):
    table = way.make()
    way.publish()
    running = job(way)
    connection = way.connect()
    connection.autocommit = False
    with way.sampler_of(table, "last") as sampler:
        for turn in range(20):  # 100,000 changes of 5,000 keys: else the target would take most of the time
            rows = (item(f"{key}", v=f"{turn} {key}") for key in range(5000))
            way.put(table, *rows, connection=connection)
        way.put(table, item("last", v="1"), connection=connection)
        connection.commit()
        connection.close()
        sampler.committed("last")
        largest = 0

        def watch():
            nonlocal largest
            waiting = (len(record) for queue in running._records.values() for record in queue)
            largest = max([largest, *waiting])
            return running.counts[table].streamed == 100_001

        running.run_until(watch, 120)
        assert 0 < largest < 4 << 20
        arrived(way, running, table)


def test_transactions_that_ran_side_by_side_are_never_confirmed_before_they_are_there(way, job):
    """A long transaction's changes carry positions from before commits that were received in front of it."""
    table = way.make()
    way.publish()
    running = job(way)
    long = way.connect()
    long.autocommit = False
    with way.sampler(table) as sampler:
        for turn in range(30):
            way.put(table, item(f"long {turn}", v="x" * 2000), connection=long)
            way.put(table, item(f"short {turn}", v="1"))
            sampler.committed(f"short {turn}")
            running.run_for(0.05)
        long.commit()
        sampler.committed(*(f"long {turn}" for turn in range(30)))
        running.run_for(0.3)
        arrived(way, running, table)
    long.close()


def test_random_transactions_with_crashes_end_equal(way, job):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    tables = [way.make("a"), way.make("b", identity="FULL")]
    way.publish()
    running = job(way)
    with way.sampler(tables[0]) as sampler:
        for turn in range(40):
            table = rng.choice(tables)
            action = rng.random()
            if action < 0.6:
                keys = [f"k{rng.randrange(30)}" for _ in range(3)]
                way.put(table, *(item(key, v=f"{turn}") for key in set(keys)))
            elif action < 0.8:
                way.delete(table, f"k{rng.randrange(30)}")
            else:
                key, other = f"k{rng.randrange(30)}", f"moved{turn}"
                document = json.dumps(item(other, v="moved"))
                way.sql(
                    f'UPDATE "{table}" SET id = %s, polardb_document = %s WHERE id = %s', other, document, key
                )
            if rng.random() < 0.3:
                way.put(tables[0], item(f"beacon {turn}"))
                sampler.committed(f"beacon {turn}")
            running.run_for(rng.random() * 0.1)
            if rng.random() < 0.15:
                running.checkpoint()
            if rng.random() < 0.1:
                running.crash()
        arrived(way, running, *tables)


def test_a_table_made_while_the_job_runs_is_taken_in(way, job):
    way.make("first")
    way.publish()
    running = job(way)
    running.run_for(0.5)
    late = way.make("late")
    way.put(late, item("a", v="1"))
    arrived(way, running, late)


def test_a_table_that_dynamodb_lacks_stops_the_job_or_is_skipped(way, job):
    table = way.make(dynamodb=False)
    way.publish()
    way.put(table, item("a", v="1"))
    with pytest.raises(TerminalError, match=r"does not exist in DynamoDB.*reverse.missingTable"):
        job(way).run_until_it_raises()
    skipping = job(way, reverse__missingTable="skip", reverse__slotTaken="free")
    end = way.lsn()
    skipping.run_until(lambda: way.confirmed() >= end)


def test_truncate_stops_the_job_unless_it_is_to_delete(way, job):
    table, other = way.make("emptied"), way.make("kept")
    way.publish()
    running = job(way)
    way.put(table, *(item(f"k{n}", v="1") for n in range(60)))
    way.put(other, item("a", v="1"))
    arrived(way, running, table, other)
    way.put(table, item("late", v="1"))
    way.sql(f'TRUNCATE "{table}"')
    way.put(table, item("after", v="1"))
    with pytest.raises(TerminalError, match="TRUNCATE"):
        running.run_until_it_raises()
    running.close()
    deleting = job(way, reverse__truncate="delete", reverse__slotTaken="free")
    arrived(way, deleting, table, other)
    assert way.items(table) == {"after": item("after", v="1")}


def test_a_dropped_table_is_named(way, job, caplog):
    table, other = way.make("gone"), way.make("other")
    way.publish()
    running = job(way)
    running.run_until(lambda: table in running.phases())
    cut = running.checkpoint()
    way.sql(f'DROP TABLE "{table}"')
    with pytest.raises(TerminalError, match=rf"table {table}: was dropped.*reverse.droppedTable"):
        running.run_until_it_raises()
    running.close()
    ignoring = job(way, reverse__droppedTable="ignore", reverse__slotTaken="free")
    ignoring.last_cut = cut
    ignoring.crash()
    way.put(other, item("a", v="1"))
    arrived(way, ignoring, other)
    # Changes may arrive before the next look at the database.
    ignoring.run_until(lambda: f"table {table}: was dropped" in caplog.text)


def test_changes_of_a_table_outside_the_publication_are_not_missed_without_a_word(way, job):
    table = way.make()
    way.sql(f'CREATE PUBLICATION {way.publication} FOR TABLE "{table}"')
    way.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", way.slot)
    running = job(way)
    running.run_for(0.5)
    unseen = way.make("unseen")
    with pytest.raises(
        TerminalError, match=rf'ALTER PUBLICATION "{way.publication}" ADD TABLE "public"."{unseen}"'
    ):
        running.run_until_it_raises()


def test_several_slots_are_read_side_by_side(way, job, settings):
    tables = [way.make(f"t{number}") for number in range(4)]
    slots = {f"{way.slot}_{n}": f"{way.publication}_{n}" for n in (0, 1)}
    from connectors.reverse.validate import set_up, validate

    chosen = settings(way, reverse__slots=json.dumps(slots))
    set_up(chosen, print)
    assert validate(chosen, resumed=False) == 0
    way.slot = f"{way.slot}_0"
    running = ReversePipeline(chosen)
    try:
        for number in range(20):
            for table in tables:
                way.put(table, item(f"k{number}", v="1"))
        running.run_until(lambda: way.equal(*tables))
    finally:
        running.close()


def test_start_now_passes_over_what_the_slot_holds_on_a_fresh_start_alone(way, settings):
    from connectors.reverse.components import ReverseComponents
    from connectors.reverse.validate import validate

    table = way.make()
    way.publish()
    way.put(table, item("before", v="1"))
    chosen = settings(way, reverse__startPosition="now")
    start = validate(chosen, resumed=False)
    assert validate(chosen, resumed=True) == 0
    way.put(table, item("after", v="1"))
    running = ReversePipeline(chosen, lambda each: ReverseComponents(each, start))
    try:
        end = way.lsn()
        running.run_until(lambda: way.confirmed() >= end)
        assert way.items(table) == {"after": item("after", v="1")}
        way.put(table, item("later", v="1"))
        running.crash()  # without a checkpoint: the beginning does not move
        end = way.lsn()
        running.run_until(lambda: way.confirmed() >= end)
        assert set(way.items(table)) == {"after", "later"}
    finally:
        running.close()
