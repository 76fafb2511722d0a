"""One slot's messages become batches, turn by turn and without its thread."""

import threading
from typing import Any, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.pgoutput.messages import Begin, Commit, Delete, Insert, StreamAbort, Truncate, Update
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.reverse import reading as module
from connectors.reverse.reading import Reading
from tests.fakes.layout import FakeTables, layout_of, relation, schema
from tests.fakes.pgoutput import encode

USERS = relation(("id", "S"), oid=1)
MARKS = relation(("id", "S"), name=ORIGIN, oid=9)
NOTES = relation(("id", "S"), name="notes", oid=2, document=None)
WHOLE = relation(("id", "S"), name="whole", oid=3, identity="f")


class Emptying:
    pages: Sequence[Any] = ()

    def keys(self, table):
        yield from self.pages


class BatchQueue:
    """`durable`: whether what is put is written at once."""

    def __init__(self):
        self.batches, self.durable, self.room = [], True, True

    def put(self, batch):
        self.batches.append(batch)
        if self.durable:
            self.settle()

    def settle(self):
        for batch in self.batches:
            batch.session.settled = max(batch.session.settled, batch.number)

    def wait_room(self, seconds):
        return self.room


class FakeKeys:
    """Relations with a deferrable key; every key is occupied."""

    def __init__(self, deferrable=()):
        self._deferrable = deferrable

    def __call__(self, relation):
        return relation in self._deferrable

    def occupied(self, relation, row):
        assert relation.id in self._deferrable
        return True


class Bench:
    def __init__(self, truncate="fail", deferrable=()):
        self.inbox, self.emptying, self.lsn = Inbox(1 << 30), Emptying(), 100
        self.target, self.errors, self.session = BatchQueue(), [], Session(0)
        tables = FakeTables({name: schema(("id", "S")) for name in ("users", "whole")})
        self.reading = Reading(
            "slot",
            self.inbox,
            self.target,
            lambda: layout_of(tables, {}, truncate),
            self.emptying,
            FakeKeys(deferrable),
            self.errors.append,
            lambda: 0.0,
        )
        self.begin_session()

    def begin_session(self):
        self.session = Session(0)
        self.inbox.put(Began(self.session))
        self.send(USERS, MARKS, NOTES, WHOLE)

    def send(self, *messages):
        for message in messages:
            self.lsn += 1
            self.inbox.put(Data(self.lsn, encode(message)))

    def transaction(self, *messages):
        self.send(Begin(self.lsn + 50, 0, 7), *messages)
        self.lsn += 50
        self.send(Commit(self.lsn, self.lsn + 1, 0))
        return self.lsn

    def turn(self):
        """The batches that come of what has been sent."""
        while self.reading.turn():
            pass
        batches, self.target.batches = self.target.batches, []
        return batches


def put(key, relation=1):
    return Insert(relation, [key.encode(), b'{"id":{"S":"%b"}}' % key.encode()])


def row(key, value):
    return [key.encode(), b'{"id":{"S":"%b"},"v":{"S":"%b"}}' % (key.encode(), value.encode())]


def keys(batches):
    return [body for batch in batches for _, _, body, _, _ in batch.changes]


def bodies(*names):
    return [b'{"id":{"S":"%b"}}' % name.encode() for name in names]


def test_a_transaction_is_passed_on_with_its_end():
    bench = Bench()
    end = bench.transaction(put("a"), put("b"))
    [batch] = bench.turn()
    assert keys([batch]) == bodies("a", "b")
    assert (batch.session, batch.number, batch.reached) == (bench.session, 1, end)


def test_the_abort_of_a_transaction_that_was_never_sent_changes_nothing():
    """PostgreSQL 18 sends it between transactions."""
    bench = Bench()
    end = bench.transaction(put("a"))
    bench.send(StreamAbort(7, 8))
    assert bench.transaction(put("b")) > end
    batches = bench.turn()
    assert keys(batches) == bodies("a", "b")
    assert max(batch.reached for batch in batches) > end


def test_a_large_transaction_is_passed_on_in_parts_before_its_end_arrives():
    bench = Bench()
    bench.send(Begin(999, 0, 7), *(put(f"k{n}") for n in range(40)))
    [part] = bench.turn()
    assert (part.reached, len(part.changes)) == (0, 40)
    bench.send(put("last"), Commit(900, 901, 0))
    [end] = bench.turn()
    assert (end.reached, len(end.changes), end.number) == (901, 1, part.number + 1)


def test_a_batch_has_a_bound_in_bytes(monkeypatch):
    monkeypatch.setattr(module, "BATCH_BYTES", 5000)
    bench = Bench()
    end = bench.transaction(*(put(f"k{n:03}") for n in range(200)))
    batches = bench.turn()
    assert max(batch.size for batch in batches[1:]) < 5500
    assert keys(batches) == bodies(*(f"k{n:03}" for n in range(200)))
    assert [batch.reached for batch in batches if batch.reached] == [end]
    assert batches[-1].reached == end


def test_a_keepalive_counts_between_transactions_but_not_within_one():
    bench = Bench()
    bench.inbox.put(Keepalive(500, 0))
    [idle] = bench.turn()
    assert (idle.reached, idle.changes) == (500, [])
    bench.send(Begin(999, 0, 7))
    bench.inbox.put(Keepalive(600, 0))
    assert bench.turn() == []


def test_rows_of_other_relations_move_the_position_alone():
    bench = Bench()
    end = bench.transaction(Insert(2, [b"n"]))
    [batch] = bench.turn()
    assert (batch.reached, batch.changes) == (end, [])


def test_transactions_that_the_forward_job_marked_are_skipped():
    bench = Bench()
    end = bench.transaction(put("a"), put("mark", relation=9), put("b"))
    [batch] = bench.turn()
    assert (batch.reached, batch.changes) == (end, [])
    bench.transaction(put("c"))
    assert keys(bench.turn()) == bodies("c")


@pytest.mark.parametrize(
    "change",
    [
        put("board-a-0", relation=9),
        Update(9, row("board-a-0", "new"), old=row("board-a-0", "old")),
        Delete(9, key=[b"board-a-0", None]),
    ],
)
def test_a_document_of_the_board_moves_the_position_alone(change, caplog):
    bench = Bench()
    end = bench.transaction(change)
    [batch] = bench.turn()
    assert (batch.reached, batch.changes) == (end, [])
    assert not [text for text in caplog.messages if "forward job" in text]
    bench.transaction(put("a"))
    assert keys(bench.turn()) == bodies("a")


def test_a_mark_that_is_deleted_hides_nothing():
    bench = Bench()
    bench.transaction(put("a"), Delete(9, key=[b"mark", None]), put("b"))
    assert keys(bench.turn()) == bodies("a", "b")


def test_a_mark_before_more_changes_than_the_forward_job_writes_at_once_hides_nothing():
    bench = Bench()
    names = [f"k{n}" for n in range(1000)]
    bench.transaction(put("mark", relation=9), *map(put, names))
    assert keys(bench.turn()) == bodies(*names)


def test_an_interrupted_transaction_is_dropped_with_its_session():
    bench = Bench()
    bench.send(Begin(999, 0, 7), put("a"), put("mark", relation=9))
    assert bench.turn() == []
    bench.begin_session()
    bench.inbox.put(Keepalive(400, 0))
    bench.transaction(put("a"))
    batches = bench.turn()
    assert {batch.session for batch in batches} == {bench.session}
    assert keys(batches) == bodies("a")


@pytest.mark.parametrize("deferrable", [True, False])
def test_two_swapped_keys_are_two_puts_where_the_key_is_checked_at_the_commit(deferrable):
    bench = Bench(deferrable=(3,) if deferrable else ())
    swap = [Update(3, row("b", "1"), old=row("a", "1")), Update(3, row("a", "2"), old=row("b", "2"))]
    bench.transaction(*swap)
    deletes = [delete for batch in bench.turn() for _, _, _, delete, _ in batch.changes]
    assert deletes == ([True, False, False] if deferrable else [True, False, True, False])


def test_truncate_is_an_error_with_the_position_past_it_unless_deleting_is_configured():
    bench = Bench()
    while bench.reading.turn():
        pass
    commit = bench.lsn + 50
    bench.transaction(put("a"), Truncate((1,), False, False))
    place = f"LSN 0/{commit + 1:X}"
    with pytest.raises(TerminalError, match=rf"TRUNCATE of users at {place}.*reverse\.truncate: delete"):
        bench.turn()


def test_truncate_deletes_once_all_earlier_changes_are_durable():
    bench = Bench(truncate="delete")
    bench.emptying.pages = [[(b"d" * 16, b'{"id":{"S":"old"}}', True)]]
    bench.target.durable = False
    end = bench.transaction(put("before"), Truncate((1, 9), False, False), put("after"))
    turning = threading.Thread(target=bench.reading.turn)
    turning.start()
    turning.join(0.1)
    assert turning.is_alive()
    [before] = bench.target.batches
    assert (keys([before]), before.reached) == (bodies("before"), 0)
    bench.target.settle()
    turning.join(60)
    [_, rest] = bench.target.batches
    assert [change[3] for change in rest.changes] == [True, False]
    assert keys([rest]) == bodies("old", "after")
    assert rest.reached == end


def test_an_error_of_the_reading_is_raised_once_all_earlier_changes_are_durable():
    bench = Bench()
    bench.target.durable = False
    bench.transaction(put("a"))
    bench.transaction(put("b"), Truncate((1,), False, False))
    bench.reading.start()
    bench.reading.thread.join(0.2)
    assert (bench.errors, keys(bench.target.batches)) == ([], bodies("a"))
    bench.target.settle()
    bench.reading.thread.join(5)
    assert "TRUNCATE" in str(bench.errors[0])


def test_an_error_of_the_receiving_is_raised_after_all_received_messages():
    bench = Bench()
    bench.transaction(put("a"))
    bench.inbox.fail(TerminalError("the slot is lost"))
    bench.reading.start()
    bench.reading.thread.join(5)
    assert keys(bench.target.batches) == bodies("a")
    assert "the slot is lost" in str(bench.errors[0])


def test_nothing_is_read_while_the_writer_has_no_room():
    bench = Bench()
    bench.target.room = False
    bench.transaction(put("a"))
    bench.reading.start()
    bench.reading.thread.join(0.2)
    assert bench.target.batches == []
    bench.target.room = True
    end = threading.Timer(5, bench.reading.close)
    end.start()
    while not bench.target.batches and bench.reading.thread.is_alive():
        bench.reading.thread.join(0.01)
    end.cancel()
    bench.reading.close()
    assert keys(bench.target.batches) == bodies("a")


@given(st.lists(st.lists(st.one_of(st.integers(0, 9), st.just("mark")), max_size=60), max_size=6))
def test_every_unmarked_change_is_emitted_once_in_order_and_each_end_after_its_changes(transactions):
    bench = Bench()
    wanted, ends = [], []
    for number, changes in enumerate(transactions):
        messages = [
            put("mark", relation=9) if change == "mark" else put(f"{number}/{place}/{change}")
            for place, change in enumerate(changes)
        ]
        ends.append(bench.transaction(*messages))
        names = [f"{number}/{place}/{change}" for place, change in enumerate(changes) if change != "mark"]
        if changes.count("mark") != 1 or len(names) > 24:
            wanted += names
    batches = bench.turn()
    assert keys(batches) == bodies(*wanted)
    reached = [batch.reached for batch in batches if batch.reached]
    assert reached == sorted(reached)
    assert reached[-1:] == ends[-1:]
