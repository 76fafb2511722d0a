"""How far the slot may move, by value and by property."""

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.replication import confirmed as module
from connectors.postgres.replication.confirmed import Ledger, Piece, Session


def ledger(floor=0):
    return Ledger(Session(floor))


def piece(number, reached=0, left=1):
    made = Piece(number, reached, float(reached))
    made.left = left
    return made


def test_nothing_is_confirmed_before_it_is_durable():
    made, first = ledger(), piece(1, reached=10)
    made.add(first)
    made.settle()
    assert made.session.confirmed == 0
    first.left = 0
    made.settle()
    assert (made.session.confirmed, made.session.seen_at, made.session.settled) == (10, 10.0, 1)


def test_a_piece_waits_for_those_before_it():
    made, first, second = ledger(), piece(1, reached=10), piece(2, reached=20, left=0)
    made.add(first)
    made.add(second)
    made.settle()
    assert made.session.confirmed == 0
    first.left = 0
    made.settle()
    assert made.session.confirmed == 20


def test_a_part_of_a_transaction_moves_nothing_and_its_end_moves_past_all_of_it():
    made = ledger()
    for number, reached in ((1, 10), (2, 0), (3, 0)):
        made.add(piece(number, reached, left=0))
    made.settle()
    assert made.session.confirmed == 10
    made.add(piece(4, reached=20, left=0))
    made.settle()
    assert made.session.confirmed == 20


def test_an_idle_slot_follows_the_log():
    made = ledger()
    made.add(piece(1, reached=30, left=0))
    made.settle()
    assert made.session.confirmed == 30


def test_a_session_never_confirms_less_than_the_position_it_began_at():
    made = ledger(floor=100)
    assert made.session.confirmed == 100
    made.add(piece(1, reached=40, left=0))
    made.settle()
    assert made.session.confirmed == 100


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60), st.data())
def test_the_position_is_that_of_the_last_piece_of_the_finished_prefix(given_, data):
    made = ledger()
    pieces: List[Piece] = []
    for place, (commits, left) in enumerate(given_):
        pieces.append(piece(place + 1, 10 * (place + 1) if commits else 0, left))
        made.add(pieces[-1])
    for finished in data.draw(st.permutations(pieces)):
        finished.left = 0
        made.settle()
        done = [each for each in pieces if not any(other.left for other in pieces[: each.number])]
        assert made.session.confirmed == max([0, *(each.reached for each in done)])
    assert len(made) == 0


def test_a_change_that_is_stuck_for_long_does_not_let_the_list_grow(monkeypatch):
    monkeypatch.setattr(module, "MERGE_ABOVE", 10)
    made = ledger()
    stuck, open_ = piece(1, reached=10), piece(500, reached=5000)
    made.add(stuck)
    for number in range(2, 2000):
        made.add(open_ if number == 500 else piece(number, reached=10 * number, left=0))
        made.settle()
    assert len(made) < 30
    stuck.left = 0
    made.settle()
    assert (made.session.confirmed, made.session.settled) == (4990, 499)
    open_.left = 0
    made.settle()
    assert (made.session.confirmed, made.session.settled) == (19990, 1999)


def test_nothing_is_confirmed_whose_keys_are_not_recorded():
    session = Session(100)
    session.passed(300, 0.0)
    assert session.confirmed == 300
    session.recorded = 200
    assert session.confirmed == 200
