"""One slot's messages become steps, turn by turn and without its thread."""

import threading
import time
from typing import Any, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.layout import Layout
from connectors.postgres.pgoutput.messages import Begin, Commit, Insert, Truncate
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.reverse import reading as module
from connectors.reverse.reading import Reading
from tests.fakes.layout import FakeTables, relation, schema
from tests.fakes.pgoutput import encode

LANES = 3
USERS = relation(("id", "S"), oid=1)
MARKS = relation(("id", "S"), name=ORIGIN, oid=9)
NOTES = relation(("id", "S"), name="notes", oid=2, document=None)


class Emptying:
    pages: Sequence[Any] = ()

    def keys(self, table):
        yield from self.pages


class Bench:
    def __init__(self, truncate="fail"):
        self.inbox, self.emptying, self.lsn = Inbox(1 << 30), Emptying(), 100
        tables = FakeTables({"users": schema(("id", "S"))})
        self.reading = Reading(
            "slot", LANES, self.inbox, lambda: Layout(tables, {}, truncate), self.emptying, lambda: 0.0
        )
        self.begin_session("s")

    def begin_session(self, session):
        self.inbox.put(Began(session))
        self.send(USERS, MARKS, NOTES)

    def send(self, *messages):
        for message in messages:
            self.lsn += 1
            self.inbox.put(Data(self.lsn, encode(message)))

    def transaction(self, *messages):
        self.send(Begin(self.lsn + 50, 0, 7), *messages)
        self.lsn += 50
        self.send(Commit(self.lsn, self.lsn + 1, 0))
        return self.lsn

    def steps(self):
        found = []
        while self.reading.turn():
            pass
        step = self.reading.ready()
        while step is not None:
            found.append(step)
            step = self.reading.ready()
        return found


def put(key, relation=1):
    return Insert(relation, [key.encode(), b'{"id":{"S":"%b"}}' % key.encode()])


def keys(steps):
    return sorted(
        body for step in steps for loads in step.loads.values() for one in loads for body in one.bodies
    )


def bodies(*names):
    return sorted(b'{"id":{"S":"%b"}}' % name.encode() for name in names)


def test_a_transaction_is_handed_over_with_its_end():
    bench = Bench()
    end = bench.transaction(put("a"), put("b"))
    [step] = bench.steps()
    assert keys([step]) == bodies("a", "b")
    assert (step.session, step.reached, step.open, step.read) == ("s", end, False, {"users": 2})


def test_a_large_transaction_is_handed_over_in_parts_before_its_end_is_there():
    bench = Bench()
    bench.send(Begin(999, 0, 7), *(put(f"k{n}") for n in range(40)))
    [part] = bench.steps()
    assert (part.reached, part.open, part.read) == (0, True, {"users": 40})
    bench.send(put("last"), Commit(900, 901, 0))
    [end] = bench.steps()
    assert (end.reached, end.open, end.read) == (901, False, {"users": 1})


def test_a_part_has_a_bound_in_bytes(monkeypatch):
    monkeypatch.setattr(module, "STEP_BYTES", 1000)
    bench = Bench()
    end = bench.transaction(*(put(f"k{n:03}") for n in range(200)))
    steps = bench.steps()
    assert max(step.size for step in steps[1:]) < 1200
    assert keys(steps) == bodies(*(f"k{n:03}" for n in range(200)))
    assert [step.reached for step in steps if step.reached] == [end]
    assert steps[-1].reached == end


def test_a_keepalive_counts_between_transactions_and_not_within_one():
    bench = Bench()
    bench.inbox.put(Keepalive(500, 0))
    [idle] = bench.steps()
    assert (idle.reached, idle.loads) == (500, {})
    bench.send(Begin(999, 0, 7))
    bench.inbox.put(Keepalive(600, 0))
    assert bench.steps() == []


def test_rows_of_other_relations_move_the_position_alone():
    bench = Bench()
    end = bench.transaction(Insert(2, [b"n"]))
    [step] = bench.steps()
    assert (step.reached, step.loads) == (end, {})


def test_what_the_forward_job_marked_is_passed_over():
    bench = Bench()
    end = bench.transaction(put("a"), put("mark", relation=9), put("b"))
    [step] = bench.steps()
    assert (step.reached, step.loads) == (end, {})
    bench.transaction(put("c"))
    assert keys(bench.steps()) == bodies("c")


def test_a_transaction_that_was_cut_is_forgotten_with_its_session():
    bench = Bench()
    bench.send(Begin(999, 0, 7), put("a"), put("mark", relation=9))
    assert bench.steps() == []
    bench.begin_session("t")
    bench.inbox.put(Keepalive(400, 0))
    bench.transaction(put("a"))
    steps = bench.steps()
    assert {step.session for step in steps} == {"t"}
    assert keys(steps) == bodies("a")


def test_truncate_is_an_error_unless_it_is_to_delete():
    bench = Bench()
    bench.transaction(Truncate((1,), False, False))
    with pytest.raises(TerminalError, match=r"TRUNCATE of users.*reverse\.truncate: delete"):
        bench.steps()


def test_truncate_deletes_once_all_before_it_is_durable():
    bench = Bench(truncate="delete")
    bench.emptying.pages = [[(b"d" * 16, b'{"id":{"S":"old"}}', True)]]
    bench.transaction(put("before"), Truncate((1, 9), False, False), put("after"))
    turning = threading.Thread(target=lambda: [None for _ in iter(bench.reading.turn, False)])
    turning.start()
    first = ready(bench.reading)
    assert first.barrier
    assert first.open
    assert keys([first]) == bodies("before")
    time.sleep(0.05)
    assert bench.reading.ready() is None
    bench.reading.passed()
    turning.join(5)
    rest = [bench.reading.ready()]
    assert keys(rest) == bodies("after", "old")
    deletes = [flag for loads in rest[0].loads.values() for one in loads for flag in one.deletes]
    assert sorted(deletes) == [False, True]


def ready(reading):
    end = time.monotonic() + 5
    while time.monotonic() < end:
        step = reading.ready()
        if step is not None:
            return step
        time.sleep(0.005)
    raise AssertionError("no step")


def test_what_ended_the_reading_is_raised_behind_its_steps():
    bench = Bench()
    bench.transaction(put("a"))
    bench.inbox.fail(TerminalError("the slot is lost"))
    bench.reading.start()
    assert keys([ready(bench.reading)]) == bodies("a")
    with pytest.raises(TerminalError, match="the slot is lost"):
        ready(bench.reading)
    bench.reading.close()


@given(st.lists(st.lists(st.one_of(st.integers(0, 9), st.just("mark")), max_size=60), max_size=6))
def test_every_unmarked_change_comes_out_once_in_order_and_each_end_behind_its_changes(transactions):
    bench = Bench()
    wanted, ends = [], []
    for number, changes in enumerate(transactions):
        messages = [
            put("mark", relation=9) if one == "mark" else put(f"{number}/{place}/{one}")
            for place, one in enumerate(changes)
        ]
        ends.append(bench.transaction(*messages))
        names = [f"{number}/{place}/{one}" for place, one in enumerate(changes) if one != "mark"]
        rows_before = len(changes[: changes.index("mark")]) if "mark" in changes else 0
        if "mark" not in changes or rows_before > 25:
            wanted += names
    steps = bench.steps()
    assert keys(steps) == bodies(*wanted)
    reached = [step.reached for step in steps if step.reached]
    assert reached == sorted(reached)
    assert reached[-1:] == ends[-1:]
