"""The order of changes per key, and which of them are folded."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.replication.confirmed import Session
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.outbox import Outbox


class Bench:
    def __init__(self):
        self.session, self.outbox, self.number = Session(0), Outbox(), 0
        self.outbox.begin(self.session)

    def add(self, *changes, reached=0):
        """Each change is (key, value), in table t, or (table, key, value)."""
        self.number += 1
        batch = ChangeBatch(self.session, self.number)
        for change in changes:
            table, key, value = change if len(change) == 3 else ("t", *change)
            batch.add(table, [(key.encode(), value.encode(), value == "")], 0)
        batch.reach(reached or self.number * 10, 0.0)
        self.outbox.add(batch)

    def take(self, may_write=lambda table: True):
        return self.outbox.take(may_write)


def shown(items):
    return [(item.digest.decode(), item.body.decode()) for item in items]


def test_changes_of_a_key_that_have_not_been_sent_are_folded_in_the_place_of_the_first():
    bench = Bench()
    bench.add(("a", "1"), ("b", "1"), ("a", "2"))
    bench.add(("a", "3"))
    assert bench.outbox.waiting == 2
    assert shown(bench.take()) == [("a", "3"), ("b", "1")]


def test_the_next_change_of_a_key_waits_for_the_one_in_flight_and_others_do_not():
    bench = Bench()
    bench.add(("a", "1"))
    first = bench.take()
    bench.add(("a", "2"), ("b", "1"))
    bench.add(("a", "3"))
    assert shown(bench.take()) == [("b", "1")]
    assert bench.take() == []
    bench.outbox.landed(first)
    assert shown(bench.take()) == [("a", "3")]


def test_the_slot_waits_for_the_change_that_replaced_another():
    bench = Bench()
    bench.add(("a", "1"), reached=10)
    bench.add(("b", "1"), ("a", "2"), reached=20)
    taken = bench.take()
    assert shown(taken) == [("a", "2"), ("b", "1")]
    bench.outbox.landed(taken[1:])
    assert bench.session.confirmed == 0
    bench.outbox.landed(taken[:1])
    assert bench.session.confirmed == 20


def test_a_later_change_that_is_durable_does_not_confirm_an_earlier_one_that_is_not():
    bench = Bench()
    bench.add(("a", "1"), reached=10)
    first = bench.take()
    bench.add(("b", "1"), reached=20)
    bench.outbox.landed(bench.take())
    assert bench.session.confirmed == 0
    bench.outbox.landed(first)
    assert bench.session.confirmed == 20


def test_a_request_has_up_to_25_writes_of_several_tables():
    bench = Bench()
    bench.add(*((f"t{n % 3}", f"k{n}", "1") for n in range(60)))
    assert [len(bench.take()) for _ in range(4)] == [25, 25, 10, 0]


def test_a_request_is_bounded_in_bytes_too():
    bench = Bench()
    bench.add(*((f"k{n}", "x" * 5_000_000) for n in range(3)))
    assert [len(bench.take()) for _ in range(3)] == [2, 1, 0]


def test_tables_take_turns_and_one_that_may_not_be_written_does_not_delay_the_others():
    bench = Bench()
    bench.add(*(("full", f"k{n}", "1") for n in range(100)), ("small", "a", "1"))
    assert {item.table for item in bench.take()} == {"full"}
    assert bench.take()[0].table == "small"
    bench.add(("small", "b", "1"))
    assert {item.table for item in bench.take(lambda table: table != "full")} == {"small"}


def test_bytes_are_counted_until_they_are_durable():
    bench = Bench()
    bench.add(("a", "1" * 1000))
    whole = bench.outbox.size
    assert whole > 1000
    bench.add(("a", "1"))
    assert bench.outbox.size == whole - 999
    taken = bench.take()
    bench.add(("a", "12"))
    bench.outbox.landed(taken)
    bench.outbox.landed(bench.take())
    assert bench.outbox.size == 0


def test_a_new_session_drops_unsent_changes_and_keeps_the_keys_in_flight_blocked():
    bench = Bench()
    bench.add(("a", "1"), reached=10)
    old, flying = bench.session, bench.take()
    bench.add(("a", "2"), ("b", "2"))
    bench.session, bench.number = Session(5), 0
    bench.outbox.begin(bench.session)
    bench.add(("a", "1"), ("c", "1"), reached=30)
    assert shown(bench.take()) == [("c", "1")]
    bench.outbox.landed(flying)
    assert (old.confirmed, bench.session.confirmed) == (0, 5)
    assert shown(bench.take()) == [("a", "1")]


@given(
    st.lists(
        st.one_of(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), st.just("land"), st.just("take"))
    )
)
def test_the_last_write_of_every_key_is_its_newest_change_and_no_key_is_in_flight_twice(actions):
    bench, flying, wanted, written = Bench(), [], {}, {}
    for action in actions:
        if action == "take":
            taken = bench.take()
            keys = [item.digest for request in flying for item in request]
            assert not {item.digest for item in taken} & set(keys)
            flying += [taken] if taken else []
        elif action == "land" and flying:
            request = flying.pop()  # the last one sent comes first
            written.update(shown(request))
            bench.outbox.landed(request)
        elif action != "land":
            wanted[action[0]] = str(action[1])
            bench.add((action[0], str(action[1])))
    while flying or bench.outbox.waiting:
        request = flying.pop() if flying else bench.take()
        written.update(shown(request))
        bench.outbox.landed(request)
    assert written == wanted
    assert bench.outbox.size == 0
    assert bench.session.confirmed == bench.number * 10
