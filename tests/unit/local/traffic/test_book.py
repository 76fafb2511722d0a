from typing import Dict, List, Optional

from hypothesis import given
from hypothesis import strategies as st

from local.traffic.book import Book, Outcome
from local.traffic.history import Kind, Op
from local.traffic.items import item_of, update_of
from local.traffic.keys import Item, key_of
from local.traffic.plan import Plan

PLAN = Plan(tables=1, items=2, large_share=0)
TABLE = PLAN.all_tables[0]
INDEXES = (0, 5)
"""An index of a loaded item, and one of an item that is not loaded."""

steps = st.lists(st.tuples(st.sampled_from(INDEXES), st.sampled_from(list(Kind))), max_size=20)


class Server:
    """A simple model of a table."""

    def __init__(self) -> None:
        self.items: Dict[int, Item] = {index: item_of(PLAN, TABLE, index, 0) for index in range(2)}

    def do(self, op: Op) -> None:
        if op.kind is Kind.PUT:
            self.items[op.nth] = item_of(PLAN, TABLE, op.nth, op.version)
        elif op.kind is Kind.DELETE:
            self.items.pop(op.nth, None)
        else:
            update = update_of(PLAN, TABLE, op.nth, op.version)
            item = {**self.items.get(op.nth, key_of(TABLE, op.nth)), **update.sets}
            self.items[op.nth] = {name: item[name] for name in item if name not in update.removes}


def loaded() -> Book:
    return Book(PLAN, {TABLE.name: 2})


def accepted(book: Book, index: int) -> List[Optional[Item]]:
    return list(book.expect(TABLE.name, index).accepted)


def op(index: int, kind: Kind, version: int = 1) -> Op:
    return Op(TABLE.name, index, kind, version)


@given(steps)
def test_the_book_expects_what_a_server_holds_after_any_ops(done: List) -> None:  # type: ignore[type-arg]
    book, server = loaded(), Server()
    for version, (index, kind) in enumerate(done, 1):
        server.do(op(index, kind, version))
        book.post(op(index, kind, version), Outcome.APPLIED)
    for index in INDEXES:
        assert accepted(book, index) == [server.items.get(index)]


@given(steps, st.sampled_from(list(Kind)))
def test_an_op_that_was_not_applied_changes_nothing(done: List, kind: Kind) -> None:  # type: ignore[type-arg]
    book = loaded()
    for version, (index, each) in enumerate(done, 1):
        book.post(op(index, each, version), Outcome.APPLIED)
    before = accepted(book, 0)
    book.post(op(0, kind, 99), Outcome.NOT_APPLIED)
    assert accepted(book, 0) == before


def test_an_op_of_unknown_outcome_leaves_both_states_open() -> None:
    book = loaded()
    book.post(op(0, Kind.DELETE), Outcome.UNKNOWN)
    assert accepted(book, 0) == [item_of(PLAN, TABLE, 0, 0), None]
    assert book.record(TABLE.name, 0).uncertain


def test_a_version_is_used_up_even_when_its_op_was_not_applied() -> None:
    book = loaded()
    book.post(op(0, Kind.PUT, 4), Outcome.NOT_APPLIED)
    assert book.record(TABLE.name, 0).version == 4


def test_the_whole_expectation_includes_keys_that_were_only_loaded() -> None:
    book = loaded()
    book.post(op(5, Kind.PUT), Outcome.APPLIED)
    assert [expected.nth for expected in book.expected()] == [5]
    assert sorted(expected.nth for expected in book.expected(whole=True)) == [0, 1, 5]


def test_reading_the_record_of_a_key_does_not_count_as_a_write() -> None:
    book = loaded()
    book.record(TABLE.name, 1)
    book.expect(TABLE.name, 1)
    assert list(book.expected()) == []
