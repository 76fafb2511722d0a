"""The bytes around pgoutput's messages, and where they lie until they are read."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.postgres.replication import wire
from connectors.postgres.replication.inbox import Data, Inbox, Keepalive
from connectors.postgres.replication.wire import Question
from tests.fakes.wire import data, keepalive

LSNS = st.integers(0, 2**64 - 1)


@given(LSNS, st.binary(max_size=20))
def test_data_is_read_as_it_was_sent(start, content):
    assert wire.decode(data(start, content)) == Data(start, content)


@given(LSNS, st.booleans())
def test_a_keepalive_says_whether_it_wants_an_answer(wal_end, asks):
    plain = Keepalive(wal_end, 0)
    assert wire.decode(keepalive(wal_end, asks)) == (Question(plain) if asks else plain)


@given(st.binary(max_size=30).filter(lambda content: content[:1] not in (b"w", b"k")))
def test_bytes_of_another_kind_are_a_clean_error(content):
    with pytest.raises(TerminalError, match=f"{len(content)} bytes"):
        wire.decode(content)


@pytest.mark.parametrize("whole", [data(5, b""), keepalive(5)])
def test_a_truncated_message_is_a_clean_error(whole):
    for length in range(len(whole)):
        with pytest.raises(TerminalError, match=f"{length} bytes"):
            wire.decode(whole[:length])


def test_feedback_reports_the_position_three_times_with_postgresqls_clock():
    kind, written, flushed, applied, at, asks = struct.unpack(
        ">cQQQqB", wire.feedback(77, ask=True, now=946_684_801.5)
    )
    assert (kind, written, flushed, applied, at, asks) == (b"r", 77, 77, 77, 1_500_000, 1)


def test_an_inbox_is_full_by_bytes_and_has_room_again():
    inbox = Inbox(1001)
    for start in range(3):
        inbox.put(Data(start, b"x" * 300))
    assert inbox.full
    assert inbox.take() == Data(0, b"x" * 300)
    assert not inbox.full
    assert inbox.size == 1000


def test_an_inbox_returns_its_messages_before_its_error():
    inbox = Inbox(1000)
    inbox.put(Keepalive(1, 0))
    inbox.fail(TerminalError("lost"))
    inbox.check()
    assert inbox.take() == Keepalive(1, 0)
    assert inbox.take() is None
    with pytest.raises(TerminalError, match="lost"):
        inbox.check()
