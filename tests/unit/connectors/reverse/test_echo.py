"""Whether a transaction is the forward job's own is known at its end at the latest."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.reverse.echo import MOST_COVERED, HeldChange, HeldChanges


def change(number):
    return HeldChange("table", [(b"digest", b"{}", False)], number)


def through(events):
    """Numbers of the changes that come out of one transaction of numbers and marks."""
    held, out = HeldChanges(), []
    held.begin()
    for event in events:
        if event == "mark":
            held.mark()
        else:
            out += held.add(change(event))
    return [each.lsn for each in out + held.end()]


def test_a_transaction_with_the_mark_is_skipped_wherever_the_mark_is():
    for count in (1, 3, MOST_COVERED):
        for place in range(count + 1):
            events = list(range(count))
            events.insert(place, "mark")
            assert through(events) == []


@given(st.integers(MOST_COVERED + 1, 200), st.data())
def test_a_mark_hides_nothing_in_a_transaction_that_is_larger_than_a_request(count, data):
    events = list(range(count))
    events.insert(data.draw(st.integers(0, count)), "mark")
    assert through(events) == list(range(count))


def test_a_transaction_with_several_marks_is_not_the_forward_jobs():
    assert through(["mark", 1, "mark", 2]) == [1, 2]


def test_a_document_of_the_board_is_not_an_echo_and_holds_nothing_back():
    # Such a row is of the mark's table, and alone in its transaction.
    held = HeldChanges()
    held.begin()
    held.mark()
    assert not held.echo
    assert held.end() == []
    held.begin()
    held.add(change(1))
    assert [each.lsn for each in held.end()] == [1]


@given(st.integers(0, 3 * MOST_COVERED))
def test_a_transaction_without_the_mark_is_emitted_whole_and_in_order(count):
    assert through(range(count)) == list(range(count))


def test_a_large_transaction_is_not_held_back_to_its_end():
    held = HeldChanges()
    held.begin()
    out = [held.add(change(number)) for number in range(MOST_COVERED + 3)]
    assert [len(each) for each in out] == [0] * MOST_COVERED + [MOST_COVERED + 1, 1, 1]


def test_what_is_released_stays_released():
    held = HeldChanges()
    held.begin()
    held.mark()
    held.add(change(1))
    assert [each.lsn for each in held.release()] == [1]
    assert [each.lsn for each in held.add(change(2))] == [2]
    assert held.end() == []


def test_the_next_transaction_begins_without_held_changes():
    held = HeldChanges()
    held.mark()
    held.begin()
    held.add(change(1))
    assert [each.lsn for each in held.end()] == [1]
