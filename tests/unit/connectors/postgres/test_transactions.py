from __future__ import annotations

import time
from typing import Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.postgres.pgoutput.messages import (
    Begin,
    Commit,
    Insert,
    LogicalMessage,
    Message,
    Origin,
    Relation,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
)
from connectors.postgres.transactions import OVERHEAD, OutOfOrder, Transactions, TransactionTooLarge

SIZE = 100


def feed(transactions: Transactions, *messages: Message) -> List[Message]:
    return [out for message in messages for out in transactions.feed(message, SIZE)]


def row(number: int, xid: int = 0) -> Insert:
    return Insert(1, [b"%d" % number], xid)


def commit_of(xid: int, lsn: int) -> StreamCommit:
    return StreamCommit(xid, lsn, lsn + 8, 1234)


def test_messages_of_version_1_are_passed_on_unchanged() -> None:
    messages: List[Message] = [Begin(100, 1, 5), row(1), row(2), Commit(100, 108, 1)]
    transactions = Transactions(limit=1)
    assert [list(transactions.feed(m, SIZE)) for m in messages] == [[m] for m in messages]
    assert transactions.held == 0


def test_a_streamed_transaction_is_emitted_at_its_commit_as_version_1_would_send_it() -> None:
    transactions = Transactions()
    relation = Relation(1, "public", "t", "d", (), 7)
    first = [StreamStart(7, True), Origin(0, "elsewhere"), relation, row(1, 7), StreamStop()]
    assert feed(transactions, *first, StreamStart(7, False), row(2, 7), StreamStop()) == []
    assert feed(transactions, commit_of(7, 100)) == [
        Begin(100, 1234, 7),
        Origin(0, "elsewhere"),
        relation,
        row(1, 7),
        row(2, 7),
        Commit(100, 108, 1234),
    ]
    assert transactions.held == 0


def test_a_transaction_that_commits_between_the_blocks_of_another_passes_before_it() -> None:
    transactions = Transactions()
    feed(transactions, StreamStart(7, True), row(1, 7), StreamStop())
    small: List[Message] = [Begin(50, 1, 8), row(2), Commit(50, 58, 1)]
    assert feed(transactions, *small) == small
    assert row(1, 7) in feed(transactions, commit_of(7, 100))


def test_a_rolled_back_subtransaction_drops_its_rows_and_no_others() -> None:
    transactions = Transactions()
    rows = [row(1, 7), row(2, 8), row(3, 7), row(4, 9)]
    feed(transactions, StreamStart(7, True), *rows, StreamStop(), StreamAbort(7, 8))
    assert transactions.held == 3 * (SIZE + OVERHEAD)
    assert feed(transactions, commit_of(7, 100))[1:-1] == [row(1, 7), row(3, 7), row(4, 9)]


def test_the_cost_of_thousands_of_rolled_back_subtransactions_is_that_of_their_rows() -> None:
    transactions, count = Transactions(1 << 30), 20_000
    feed(transactions, StreamStart(7, True), *(row(n, 100 + n) for n in range(count)), StreamStop())
    started = time.process_time()
    feed(transactions, *(StreamAbort(7, 100 + n) for n in range(1, count)))
    # Linear: about 20 ms. Looking at all rows for each of them would take minutes.
    assert time.process_time() - started < 5
    assert feed(transactions, commit_of(7, 100))[1:-1] == [row(0, 100)]


def test_a_rolled_back_transaction_leaves_nothing_and_its_xid_may_come_again() -> None:
    transactions = Transactions()
    feed(transactions, StreamStart(7, True), row(1, 7), row(2, 8), StreamStop(), StreamAbort(7, 7))
    assert transactions.held == 0
    feed(transactions, StreamStart(7, True), row(3, 7), StreamStop())
    assert feed(transactions, commit_of(7, 100))[1:-1] == [row(3, 7)]


def test_a_message_that_is_not_transactional_does_not_wait_for_the_commit() -> None:
    transactions = Transactions()
    now, later = LogicalMessage(False, 1, "p", b"x", 7), LogicalMessage(True, 1, "p", b"x", 7)
    assert feed(transactions, StreamStart(7, True), now, later, StreamStop()) == [now]
    assert feed(transactions, commit_of(7, 100))[1:-1] == [later]


def test_transactions_in_progress_beyond_the_limit_stop_the_job_and_name_the_remedy() -> None:
    transactions = Transactions(limit=3 * (SIZE + OVERHEAD))
    feed(transactions, StreamStart(7, True), row(1, 7), row(2, 7), StreamStop())
    feed(transactions, StreamStart(9, True), row(3, 9))
    with pytest.raises(TransactionTooLarge, match=r"2,800 bytes of the 2,100 .*protocol version 1"):
        feed(transactions, row(4, 9))


def test_commits_and_rollbacks_free_memory() -> None:
    transactions = Transactions(limit=2 * (SIZE + OVERHEAD))
    for xid in range(1, 50):
        block = [StreamStart(xid, True), row(1, xid), row(2, xid + 100), StreamStop()]
        feed(transactions, *block, StreamAbort(xid, xid + 100))
        feed(transactions, StreamStart(xid, False), row(3, xid), StreamStop())
        feed(transactions, commit_of(xid, 100) if xid % 2 else StreamAbort(xid, xid))
    assert transactions.held == 0


@pytest.mark.parametrize(
    "messages",
    [
        [StreamStart(7, False)],
        [StreamStart(7, True), StreamStart(8, True)],
        [StreamStart(7, True), StreamStop(), StreamStart(7, True)],
        [StreamStop()],
        [commit_of(7, 100)],
        [StreamStart(7, True), commit_of(7, 100)],
        [StreamStart(7, True), StreamAbort(7, 7)],
    ],
)
def test_streams_that_contradict_themselves_are_refused(messages: List[Message]) -> None:
    with pytest.raises(OutOfOrder, match="out of order"):
        feed(Transactions(), *messages)


def test_a_rollback_of_a_transaction_that_was_never_streamed_is_ignored() -> None:
    assert feed(Transactions(), StreamAbort(7, 7), StreamAbort(7, 8)) == []


Step = Tuple[str, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(["rows", "rows", "rows", "undo", "abort", "commit"]),
        st.integers(1, 3),
        st.integers(0, 3),
    ),
    max_size=30,
)
"""What happens, in which of three transactions, in which of its subtransactions (0: none)."""


@given(steps)
def test_exactly_the_rows_of_committed_transactions_are_emitted_in_their_order(happens: List[Step]) -> None:
    transactions, model, number = Transactions(), _Model(), 0
    for what, top, sub in happens:
        xid, subxid = top * 10, top * 10 + sub
        if what == "rows":
            number += 2
            rows = [row(number, subxid), row(number + 1, xid)]
            block = [StreamStart(xid, xid not in model.open), *rows, StreamStop()]
            model.open.setdefault(xid, []).extend(rows)
            assert feed(transactions, *block) == []
        elif xid in model.open:
            assert feed(transactions, *model.end(what, xid, subxid)) == model.expected
    assert transactions.held == (SIZE + OVERHEAD) * sum(map(len, model.open.values()))


class _Model:
    """The rows of open transactions, and what the last end should have brought out."""

    def __init__(self) -> None:
        self.open: Dict[int, List[Insert]] = {}
        self.expected: List[Message] = []

    def end(self, what: str, xid: int, subxid: int) -> List[Message]:
        self.expected = []
        if what == "commit":
            self.expected = [Begin(xid, 1234, xid), *self.open.pop(xid), Commit(xid, xid + 8, 1234)]
            return [commit_of(xid, xid)]
        if what == "abort" or subxid == xid:
            del self.open[xid]
            return [StreamAbort(xid, xid)]
        self.open[xid] = [row for row in self.open[xid] if row.xid != subxid]
        return [StreamAbort(xid, subxid)]
