"""Which transactions at PolarDB the forward job did not make, and from when on that is known."""

from __future__ import annotations

from typing import List, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.pgoutput.lsn import EPOCH_2000
from connectors.postgres.pgoutput.messages import (
    Begin,
    Column,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    Truncate,
)
from connectors.reverse.echo import MOST_COVERED
from connectors.reverse.foreign import (
    ForeignTable,
    ForeignWrites,
    TransactionCounter,
    WatchedRelations,
    continued,
    verdict,
)
from tests.unit.connectors.reverse.test_echo import through

ORDERS, OTHER, MARK = 1, 2, 3
RELATIONS = WatchedRelations({ORDERS: "orders", OTHER: "", MARK: ""}, frozenset({MARK}))
START = ForeignWrites(100.0, {"s": 50}, {}, ["p all tables"])


def transaction(*changes: Message, end: int = 60, at: float = 200.0) -> List[Message]:
    microseconds = int((at - EPOCH_2000) * 1_000_000)
    return [Begin(end - 1, microseconds, 7), *changes, Commit(end - 1, end, microseconds)]


def insert(oid: int) -> Message:
    return Insert(oid, ())


def counted(
    *transactions: Sequence[Message], writes: ForeignWrites = START, reached: int = 0
) -> ForeignWrites:
    counter = TransactionCounter(writes, "s", RELATIONS)
    for messages in transactions:
        for message in messages:
            counter.take(message)
    return counter.result(writes, reached)


def test_a_request_of_the_forward_job_is_not_foreign_and_one_without_its_mark_is() -> None:
    assert counted(transaction(insert(ORDERS), insert(MARK))).tables == {}
    assert counted(transaction(insert(ORDERS), insert(ORDERS))).tables == {
        "orders": ForeignTable(1, 200.0, 200.0)
    }


def test_other_relations_and_documents_of_the_board_are_not_foreign() -> None:
    assert counted(transaction(insert(OTHER)), transaction(insert(MARK))).tables == {}


def test_a_truncate_is_foreign_even_with_a_mark() -> None:
    truncate = Truncate((ORDERS, OTHER), False, False)
    assert set(counted(transaction(insert(MARK), truncate)).tables) == {"orders"}


def test_a_table_that_was_created_or_dropped_meanwhile_is_foreign_under_its_relations_name() -> None:
    columns = (Column("polardb_document", 0, -1, False),)
    new = Relation(9, "public", "new", "d", columns)
    marks = Relation(8, "public", "polarshake_origin", "d", columns)
    assert set(counted(transaction(new, insert(9)), transaction(marks, insert(8))).tables) == {"new"}
    assert counted(transaction(msgspec.structs.replace(new, columns=()), insert(9))).tables == {}


def test_a_transaction_that_is_larger_than_a_request_is_foreign_in_spite_of_its_mark() -> None:
    assert counted(transaction(insert(MARK), *[insert(ORDERS)] * MOST_COVERED)).tables == {}
    assert counted(transaction(insert(MARK), *[insert(ORDERS)] * (MOST_COVERED + 1))).tables


@given(st.lists(st.sampled_from(["mark", "change", "unmark"]), max_size=MOST_COVERED + 4))
def test_exactly_what_the_reverse_job_would_send_back_is_foreign(events: List[str]) -> None:
    made = {"mark": insert(MARK), "change": insert(ORDERS), "unmark": Delete(MARK, None, ())}
    found = counted(transaction(*[made[event] for event in events])).tables
    numbered = [n if event == "change" else event for n, event in enumerate(events) if event != "unmark"]
    assert bool(found) == bool(through(numbered))


def test_what_was_counted_before_a_crash_is_not_counted_again() -> None:
    first = counted(transaction(insert(ORDERS), end=60, at=200.0))
    assert first.counted == {"s": 60}
    both = [transaction(insert(ORDERS), end=60), transaction(insert(ORDERS), end=70, at=300.0)]
    again = counted(*both, writes=first)
    assert again.tables == {"orders": ForeignTable(2, 200.0, 300.0)}


def test_without_transactions_the_watch_reaches_the_end_of_the_log() -> None:
    assert counted(reached=90).counted == {"s": 90}


def test_a_slot_that_was_moved_or_created_again_or_another_table_begins_the_watch_again() -> None:
    published = ["p all tables"]
    assert continued(START, {"s": 50}, published, 400.0) is START
    assert continued(START, {"s": 20}, published, 400.0) is START
    for positions, tables in (({"s": 51}, published), ({"s": 50, "t": 1}, published), ({"s": 50}, ["p one"])):
        assert continued(START, positions, tables, 400.0).since == 400.0
    assert continued(None, {"s": 5}, published, 400.0) == ForeignWrites(400.0, {"s": 5}, {}, published)


@pytest.mark.parametrize(
    ("since", "watched", "found"),
    [(110.0, True, True), (101.0, False, True), (206.0, True, False)],
)
def test_a_verdict_is_about_the_time_since_the_full_check(since: float, watched: bool, found: bool) -> None:
    made = verdict(counted(transaction(insert(ORDERS))), since)
    assert (made.watched, bool(made.found)) == (watched, found)


def test_nobody_has_watched_before_the_first_look() -> None:
    assert not verdict(None, 0.0).watched
