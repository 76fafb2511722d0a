"""Which letters are open."""

from __future__ import annotations

from connectors.command.letters.ledger import Mark, grouped, ledger
from connectors.model.stored_letters import StoredLetter
from tests.unit.connectors.command.letters.letters import letter


def mark(settled: StoredLetter, until: float) -> Mark:
    return Mark(settled.identity.hex(), settled.table, until, "2026-11-22T18:48:06Z", "me@here", "/report")


def test_a_letter_that_was_stored_twice_after_a_restart_is_one_letter() -> None:
    [entry] = ledger([letter(time=1.0), letter(time=2.0)], [])
    assert (entry.letter.time, entry.open) == (2.0, True)


def test_a_mark_settles_the_letters_of_its_time_and_before() -> None:
    first, second = letter(time=1.0), letter(time=2.0)
    [entry] = ledger([first, second], [mark(second, 2.0)])
    assert not entry.open


def test_a_write_that_is_rejected_again_after_it_was_settled_is_open_again() -> None:
    first, again = letter(time=1.0), letter(time=5.0)
    [entry] = ledger([first, again], [mark(first, 1.0)])
    assert entry.open


def test_an_older_mark_does_not_take_back_a_newer_one() -> None:
    stored = letter(time=5.0)
    [entry] = ledger([stored], [mark(stored, 5.0), mark(stored, 1.0)])
    assert not entry.open


def test_the_same_item_of_two_tables_is_two_letters() -> None:
    assert len(ledger([letter(table="a"), letter(table="b")], [])) == 2


def test_a_put_and_a_delete_of_the_same_body_are_two_letters() -> None:
    body = b'{"id":{"N":"1"}}'
    assert len(ledger([letter(body), letter(body, delete=True)], [])) == 2


def test_groups_have_their_counts_and_times_and_the_largest_is_first() -> None:
    few = [letter(b'{"id":{"N":"1"}}', 10.0, "small")]
    many = [letter(b'{"id":{"N":"%d"}}' % number, 20.0 + number) for number in range(3)]
    groups = grouped(ledger([*few, *many], [mark(many[0], 99.0)]))
    assert [group.table for group in groups] == ["orders", "small"]
    assert groups[0][1:] == ("put", "too large", 2, 1, 20.0, 22.0)


def test_letters_with_another_reason_are_another_group() -> None:
    entries = ledger([letter(b"{}", reason="a"), letter(b'{"x":{"S":"1"}}', reason="b")], [])
    assert [group.reason for group in grouped(entries)] == ["a", "b"]
