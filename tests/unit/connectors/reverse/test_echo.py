"""Whether a transaction is the forward job's own is known at its end at the latest."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.model.origin import MOST_CHANGES
from connectors.reverse.echo import HeldChange, HeldChanges


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
    return [one.lsn for one in out + held.release()]


def test_a_transaction_with_the_mark_is_passed_over_wherever_it_stands():
    for place in range(4):
        events = [1, 2, 3]
        events.insert(place, "mark")
        assert through(events) == []


@given(st.integers(0, 3 * MOST_CHANGES))
def test_a_transaction_without_it_comes_out_whole_and_in_order(count):
    assert through(range(count)) == list(range(count))


def test_a_large_transaction_is_not_held_back_to_its_end():
    held = HeldChanges()
    held.begin()
    out = [held.add(change(number)) for number in range(MOST_CHANGES + 3)]
    assert [len(each) for each in out] == [0] * MOST_CHANGES + [MOST_CHANGES + 1, 1, 1]


def test_the_next_transaction_begins_anew():
    held = HeldChanges()
    held.mark()
    held.begin()
    held.add(change(1))
    assert [one.lsn for one in held.release()] == [1]
