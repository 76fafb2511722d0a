"""Rows that share a key within a transaction, where it is checked at the commit only."""

import pytest

from connectors.postgres.pgoutput.messages import UNCHANGED, Delete, Insert, Update
from connectors.reverse.moves import Moves


class Table:
    """Applies what comes out of Moves one after the other, as the writing does per key."""

    def __init__(self, **items):
        self.items, self.before = dict(items), dict(items)
        self.moves = Moves(lambda _, row: row[0].decode() in self.before)
        self.moves.begin()

    def put(self, key, value):
        return key.encode(), value.encode(), False

    def gone(self, key):
        return key.encode(), b"", True

    def row(self, key, value):
        return [key.encode(), value.encode()]

    def insert(self, key, value):
        self._apply(Insert(1, self.row(key, value)), [self.put(key, value)])

    def delete(self, key, value):
        self._apply(Delete(1, old=self.row(key, value)), [self.gone(key)])

    def update(self, key, old, new, toasted=False):
        sent = [key.encode(), UNCHANGED] if toasted else self.row(key, new)
        self._apply(Update(1, sent, old=self.row(key, old)), [self.put(key, new)])

    def move(self, key, to, value, toasted=False):
        sent = [to.encode(), UNCHANGED] if toasted else self.row(to, value)
        self._apply(Update(1, sent, old=self.row(key, value)), [self.gone(key), self.put(to, value)])

    def _apply(self, message, entries):
        for digest, body, delete in self.moves.entries(message, "t", entries):
            if delete:
                self.items.pop(digest.decode(), None)
            else:
                self.items[digest.decode()] = body.decode()


@pytest.mark.parametrize(("first", "second"), [("1", "2"), ("same", "same")])
@pytest.mark.parametrize("toasted", [False, True])
def test_two_keys_that_are_swapped_in_one_update_both_stay(first, second, toasted):
    table = Table(a=first, b=second)
    table.move("a", "b", first, toasted)
    table.move("b", "a", second, toasted)
    assert table.items == {"a": second, "b": first}


@pytest.mark.parametrize("order", [range(1, 6), range(5, 0, -1)])
def test_keys_that_are_all_shifted_by_one_keep_their_rows(order):
    table = Table(**{f"{n}": f"row {n}" for n in range(1, 6)})
    for n in order:
        table.move(f"{n}", f"{n + 1}", f"row {n}")
    assert table.items == {f"{n + 1}": f"row {n}" for n in range(1, 6)}


def test_a_row_that_takes_the_key_of_one_that_is_deleted_afterwards_stays():
    table = Table(a="old")
    table.insert("a", "new")
    table.delete("a", "old")
    assert table.items == {"a": "new"}


def test_a_row_that_is_inserted_or_moved_and_then_deleted_is_deleted():
    table = Table(a="1")
    table.insert("b", "1")
    table.delete("b", "1")
    table.move("a", "c", "1")
    table.delete("c", "1")
    assert table.items == {}


def test_a_row_that_was_inserted_may_change_and_move_on():
    table = Table()
    table.insert("a", "1")
    table.update("a", "1", "2")
    table.move("a", "b", "2")
    assert table.items == {"b": "2"}


def test_a_change_of_the_row_that_loses_its_key_does_not_overwrite_the_row_that_took_it():
    table = Table(a="1", b="2")
    table.move("a", "b", "1")
    table.update("b", "2", "3")
    table.move("b", "a", "3")
    assert table.items == {"a": "3", "b": "1"}


def test_the_next_transaction_begins_with_one_row_for_each_key():
    table = Table(a="1")
    table.move("a", "b", "1")
    table.moves.begin()
    table.move("b", "c", "1")
    assert table.items == {"c": "1"}


def test_a_row_that_moves_on_leaves_nothing_behind():
    table = Table(a="1")
    table.move("a", "b", "1")
    table.move("b", "c", "1")
    assert table.items == {"c": "1"}
    table.before = {"c": "1"}
    table.moves.begin()
    table.move("c", "d", "1")
    table.move("d", "c", "1")
    assert table.items == {"c": "1"}
