"""What is committed in PolarDB arrives in DynamoDB, and the slot follows."""

import json
import random
import re

import pytest

from connectors.base.errors import TerminalError
from tests.harness.reverse import ReversePipeline
from tests.harness.slots import wait_free
from tests.integration.reverse.pair import item


def arrived(pair, running, *tables):
    """Both sides equal, and the slot past all that was written."""
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert pair.equal(*tables)


def test_changes_arrive_and_the_slot_follows_them(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"), item("b", v="1"))
    pair.put(table, item("a", v="2"))
    pair.delete(table, "b")
    arrived(pair, running, table)
    assert pair.items(table) == {"a": item("a", v="2")}


def test_every_attribute_type_arrives_as_it_was(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
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
    pair.put(table, document)
    arrived(pair, running, table)


def test_a_transaction_over_several_tables_arrives_in_each(pair, job):
    tables = [pair.make(name) for name in ("One", "two.three", "four-5")]
    pair.publish()
    running = job(pair)
    connection = pair.connect()
    connection.autocommit = False
    for number in range(40):
        for table in tables:
            pair.put(table, item(f"k{number % 7}", v=f"{table} {number}"), connection=connection)
    connection.commit()
    connection.close()
    arrived(pair, running, *tables)


def test_what_was_rolled_back_does_not_arrive(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
    connection = pair.connect()
    connection.autocommit = False
    pair.put(table, item("kept", v="1"), connection=connection)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT here")
        pair.put(table, item("gone", v="1"), item("kept", v="gone"), connection=connection)
        cursor.execute("ROLLBACK TO here")
    connection.commit()
    pair.put(table, item("gone too", v="1"), connection=connection)
    connection.rollback()
    connection.close()
    arrived(pair, running, table)
    assert pair.items(table) == {"kept": item("kept", v="1")}


def test_a_transaction_of_100000_rows_goes_out_in_parts_and_the_slot_moves_at_its_end(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair, reverse__bufferBytes=4 << 20)
    connection = pair.connect()
    connection.autocommit = False
    with pair.sampler_of(table, "last") as sampler:
        for turn in range(20):  # 100,000 changes of 5,000 keys: else the target would take most of the time
            rows = (item(f"{key}", v=f"{turn} {key}") for key in range(5000))
            pair.put(table, *rows, connection=connection)
        pair.put(table, item("last", v="1"), connection=connection)
        connection.commit()
        connection.close()
        sampler.committed("last")
        largest = 0

        def watch():
            nonlocal largest
            largest = max([largest, *(source.size for source in running.sources)])
            return running.counts[table].streamed == 100_001

        running.run_until(watch, 120)
        assert 0 < largest < 5 << 20
        arrived(pair, running, table)


def test_transactions_that_ran_side_by_side_are_never_confirmed_before_they_are_there(pair, job):
    """A long transaction's changes carry positions from before commits that were received in front of it."""
    table = pair.make()
    pair.publish()
    running = job(pair)
    long = pair.connect()
    long.autocommit = False
    with pair.sampler(table) as sampler:
        for turn in range(30):
            pair.put(table, item(f"long {turn}", v="x" * 2000), connection=long)
            pair.put(table, item(f"short {turn}", v="1"))
            sampler.committed(f"short {turn}")
            running.run_for(0.05)
        long.commit()
        sampler.committed(*(f"long {turn}" for turn in range(30)))
        running.run_for(0.3)
        arrived(pair, running, table)
    long.close()


def test_random_transactions_with_crashes_end_equal(pair, job):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    tables = [pair.make("a"), pair.make("b", identity="FULL")]
    pair.publish()
    running = job(pair)
    with pair.sampler(tables[0]) as sampler:
        for turn in range(40):
            table = rng.choice(tables)
            action = rng.random()
            if action < 0.6:
                keys = [f"k{rng.randrange(30)}" for _ in range(3)]
                pair.put(table, *(item(key, v=f"{turn}") for key in set(keys)))
            elif action < 0.8:
                pair.delete(table, f"k{rng.randrange(30)}")
            else:
                key, other = f"k{rng.randrange(30)}", f"moved{turn}"
                document = json.dumps(item(other, v="moved"))
                pair.sql(
                    f'UPDATE "{table}" SET id = %s, polardb_document = %s WHERE id = %s', other, document, key
                )
            if rng.random() < 0.3:
                pair.put(tables[0], item(f"beacon {turn}"))
                sampler.committed(f"beacon {turn}")
            running.run_for(rng.random() * 0.1)
            if rng.random() < 0.15:
                running.checkpoint()
            if rng.random() < 0.1:
                running.crash()
        arrived(pair, running, *tables)


def test_a_table_made_while_the_job_runs_is_taken_in(pair, job):
    pair.make("first")
    pair.publish()
    running = job(pair)
    running.run_for(0.5)
    late = pair.make("late")
    pair.put(late, item("a", v="1"))
    arrived(pair, running, late)


def test_a_table_that_dynamodb_lacks_stops_the_job_or_is_skipped(pair, job):
    table = pair.make(dynamodb=False)
    pair.publish()
    pair.put(table, item("a", v="1"))
    with pytest.raises(TerminalError, match=r"does not exist in DynamoDB.*reverse.missingTable"):
        job(pair).run_until_it_raises()
    skipping = job(pair, reverse__missingTable="skip", reverse__slotTaken="free")
    end = pair.lsn()
    skipping.run_until(lambda: pair.confirmed() >= end)


def test_truncate_stops_the_job_unless_it_is_to_delete(pair, job):
    table, other = pair.make("emptied"), pair.make("kept")
    pair.publish()
    running = job(pair)
    pair.put(table, *(item(f"k{n}", v="1") for n in range(60)))
    pair.put(other, item("a", v="1"))
    arrived(pair, running, table, other)
    pair.put(table, item("late", v="1"))
    pair.sql(f'TRUNCATE "{table}"')
    pair.put(table, item("after", v="1"))
    with pytest.raises(TerminalError, match="TRUNCATE"):
        running.run_until_it_raises()
    assert pair.items(table)["late"] == item("late", v="1")  # all before it is written by then
    running.close()
    deleting = job(pair, reverse__truncate="delete", reverse__slotTaken="free")
    arrived(pair, deleting, table, other)
    assert pair.items(table) == {"after": item("after", v="1")}


def test_the_place_that_the_error_names_moves_the_slot_past_a_truncate(pair, job):
    table = pair.make()
    pair.publish()
    running = job(pair)
    pair.put(table, item("a", v="1"))
    pair.sql(f'TRUNCATE "{table}"')
    with pytest.raises(TerminalError, match="TRUNCATE") as refused:
        running.run_until_it_raises()
    running.close()
    pair.put(table, item("b", v="1"))
    [place] = re.findall(r"at LSN ([0-9A-F]+/[0-9A-F]+)", str(refused.value))
    wait_free(pair.postgres.dsn, pair.slot)
    pair.sql("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", pair.slot, place)
    going_on, end = job(pair), pair.lsn()
    going_on.run_until(lambda: pair.confirmed() >= end)
    assert set(pair.items(table)) == {"a", "b"}


def test_only_what_a_mark_can_cover_is_taken_for_the_forward_jobs(pair, job):
    table, marks = pair.make(), pair.make_marks()
    pair.publish()
    running = job(pair)
    connection = pair.connect()
    connection.autocommit = False
    pair.put(marks, item("0-1"), connection=connection)
    pair.put(table, *(item(f"k{n}", v="1") for n in range(1000)), connection=connection)
    connection.commit()
    pair.delete(marks, "0-1", connection=connection)
    pair.put(table, item("beside a deleted mark", v="1"), connection=connection)
    connection.commit()
    arrived(pair, running, table)
    pair.put(marks, item("0-2"), connection=connection)
    pair.put(table, item("echo", v="1"), connection=connection)
    connection.commit()
    connection.close()
    end = pair.lsn()
    running.run_until(lambda: pair.confirmed() >= end)
    assert pair.item(table, "echo") is None


@pytest.mark.parametrize(("first", "second"), [("1", "2"), ("same", "same")])
def test_two_keys_that_are_swapped_in_one_update_both_stay(pair, job, first, second):
    table = pair.make(identity="FULL")
    pair.defer(table)
    pair.publish()
    running = job(pair)
    pair.put_new(table, item("a", v=first), item("b", v=second))
    arrived(pair, running, table)
    other = "CASE id WHEN 'a' THEN 'b' ELSE 'a' END"
    document = f"jsonb_set(polardb_document, '{{id,S}}', to_jsonb({other}))"
    pair.sql(f'UPDATE "{table}" SET id = {other}, polardb_document = {document}')
    arrived(pair, running, table)
    assert pair.items(table) == {"a": item("a", v=second), "b": item("b", v=first)}


def move(pair, table, *keys):
    """Move a row from key to key, in one transaction."""
    statement = (
        "UPDATE \"{0}\" SET id = '{2}', "
        "polardb_document = jsonb_set(polardb_document, '{{id,S}}', '\"{2}\"') WHERE id = '{1}'"
    )
    pair.sql("; ".join(statement.format(table, old, new) for old, new in zip(keys, keys[1:])))


@pytest.mark.parametrize("to", ["c", "a"])
def test_a_row_that_moves_on_within_a_transaction_leaves_nothing_behind(pair, job, to):
    table = pair.make(identity="FULL")
    pair.defer(table)
    pair.publish()
    running = job(pair)
    pair.put_new(table, item("a", v="1"))
    arrived(pair, running, table)
    move(pair, table, "a", "b", to)
    arrived(pair, running, table)
    assert pair.items(table) == {to: item(to, v="1")}


def test_a_row_that_moves_on_is_recognized_by_a_key_that_is_checked_at_once(pair, job):
    table = pair.make(identity="FULL")
    pair.sql(f'ALTER TABLE "{table}" ADD place int UNIQUE DEFERRABLE')
    pair.publish()
    running = job(pair)
    pair.sql(f'INSERT INTO "{table}" VALUES (%s, %s)', "a", json.dumps(item("a", v="1")))
    arrived(pair, running, table)
    move(pair, table, "a", "b", "c")
    arrived(pair, running, table)
    assert pair.items(table) == {"c": item("c", v="1")}


def test_a_dropped_table_is_named(pair, job, caplog):
    table, other = pair.make("gone"), pair.make("other")
    pair.publish()
    running = job(pair)
    running.run_until(lambda: table in running.phases())
    cut = running.checkpoint()
    pair.sql(f'DROP TABLE "{table}"')
    with pytest.raises(TerminalError, match=rf"table {table}: was dropped.*reverse.droppedTable"):
        running.run_until_it_raises()
    running.close()
    ignoring = job(pair, reverse__droppedTable="ignore", reverse__slotTaken="free")
    ignoring.last_cut = cut
    ignoring.crash()
    pair.put(other, item("a", v="1"))
    arrived(pair, ignoring, other)
    # Changes may arrive before the next look at the database.
    ignoring.run_until(lambda: f"table {table}: was dropped" in caplog.text)


def test_changes_of_a_table_outside_the_publication_are_not_missed_without_a_word(pair, job):
    table = pair.make()
    pair.sql(f'CREATE PUBLICATION {pair.publication} FOR TABLE "{table}"')
    pair.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", pair.slot)
    running = job(pair)
    running.run_for(0.5)
    unseen = pair.make("unseen")
    with pytest.raises(
        TerminalError, match=rf'ALTER PUBLICATION "{pair.publication}" ADD TABLE "public"."{unseen}"'
    ):
        running.run_until_it_raises()


def test_several_slots_are_read_side_by_side(pair, job, settings):
    tables = [pair.make(f"t{number}") for number in range(4)]
    slots = {f"{pair.slot}_{n}": f"{pair.publication}_{n}" for n in (0, 1)}
    from connectors.reverse.validate import set_up, validate

    chosen = settings(pair, reverse__slots=json.dumps(slots))
    set_up(chosen, print)
    assert validate(chosen, resumed=False) == 0
    pair.slot = f"{pair.slot}_0"
    running = ReversePipeline(chosen)
    try:
        for number in range(20):
            for table in tables:
                pair.put(table, item(f"k{number}", v="1"))
        running.run_until(lambda: pair.equal(*tables))
    finally:
        running.close()


def test_start_now_passes_over_what_the_slot_holds_on_a_fresh_start_alone(pair, settings):
    from connectors.reverse.components import ReverseParts
    from connectors.reverse.validate import validate

    table = pair.make()
    pair.publish()
    pair.put(table, item("before", v="1"))
    chosen = settings(pair, reverse__startPosition="now")
    start = validate(chosen, resumed=False)
    assert validate(chosen, resumed=True) == 0
    pair.put(table, item("after", v="1"))
    running = ReversePipeline(chosen, lambda each: ReverseParts(each, start))
    try:
        end = pair.lsn()
        running.run_until(lambda: pair.confirmed() >= end)
        assert pair.items(table) == {"after": item("after", v="1")}
        pair.put(table, item("later", v="1"))
        running.crash()  # without a checkpoint: the beginning does not move
        end = pair.lsn()
        running.run_until(lambda: pair.confirmed() >= end)
        assert set(pair.items(table)) == {"after", "later"}
    finally:
        running.close()
