"""The replication thread's turns, one by one, and its connections."""

import time

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.postgres.replication import stream as module
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.postgres.replication.stream import ASK_SECONDS, SILENCE_SECONDS, Stream, _Session
from tests.fakes.clock import FakeClock
from tests.fakes.wire import FakeWire, Feedback, data, keepalive


def taken(inbox):
    found = []
    one = inbox.take()
    while one is not None:
        found.append(one)
        one = inbox.take()
    return found


def session(wire, limit=1 << 20):
    clock, inbox = FakeClock(), Inbox(limit)
    return _Session(wire, inbox, clock), inbox, clock


def test_messages_arrive_in_their_order_with_keepalives_among_them():
    wire = FakeWire(data(5, b"B"), keepalive(9), data(7, b"C"))
    one, inbox, _ = session(wire)
    one.turn(0)
    assert taken(inbox) == [Data(5, b"B"), Keepalive(9, 0), Data(7, b"C")]


def test_a_keepalive_that_asks_is_answered_at_once_with_the_confirmed_position():
    wire = FakeWire(keepalive(100, ask=True))
    one, _, _ = session(wire)
    one.turn(42)
    assert wire.sent[0] == Feedback(42, False)


def test_a_full_inbox_stops_receiving_and_not_reporting():
    wire = FakeWire(*(data(n, b"x" * 1000) for n in range(100)))
    one, inbox, clock = session(wire, limit=3000)
    one.turn(0)
    reads = wire.reads
    assert inbox.full
    sent = len(wire.sent)
    for _ in range(3):
        clock.now += ASK_SECONDS
        one.turn(0)
    assert wire.reads == reads
    assert len(wire.sent) == sent + 3
    assert not any(each.asks for each in wire.sent[sent:])


def test_a_position_that_moved_is_reported_soon_and_one_that_did_not_only_now_and_then():
    wire = FakeWire()
    one, _, clock = session(wire)
    one.turn(10)
    clock.now += 0.06
    one.turn(10)
    assert len(wire.sent) == 1
    one.turn(20)
    assert wire.sent[-1] == Feedback(20, False)


def test_a_connection_without_a_word_is_given_up():
    wire = FakeWire()
    one, _, clock = session(wire)
    clock.now += SILENCE_SECONDS + 1
    with pytest.raises(TransientError, match="not a word"):
        one.turn(0)


def test_a_message_of_another_kind_is_an_error():
    one, _, _ = session(FakeWire(b"zzz"))
    with pytest.raises(TerminalError, match="cannot be understood"):
        one.turn(0)


def started(connections, patience=60.0):
    inbox = Inbox(1 << 20)
    stream = Stream(lambda highest: connections.pop(0)(), inbox, patience)
    stream.start()
    return stream, inbox


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_lost_connection_is_made_again_as_another_session(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    first, second = FakeWire(data(1, b"a"), TransientError("cut")), FakeWire(data(1, b"a"))
    stream, inbox = started([lambda: first, lambda: second])
    until(lambda: second.reads > 1)
    stream.close()
    found = taken(inbox)
    began = [one for one in found if isinstance(one, Began)]
    assert found == [began[0], Data(1, b"a"), began[1], Data(1, b"a")]
    assert began[0] != began[1]
    assert first.closed
    assert second.closed


def test_a_position_of_an_earlier_session_is_not_reported(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    first, second = FakeWire(), FakeWire()
    stream, inbox = started([lambda: first, lambda: second])
    until(lambda: first.reads)
    old = inbox.take().session
    stream.confirm(old, 77)
    until(lambda: first.sent and first.sent[-1].confirmed == 77)
    first.arrives.append(TransientError("cut"))
    until(lambda: second.sent)
    stream.confirm(old, 99)
    time.sleep(0.1)
    stream.close()
    assert {each.confirmed for each in second.sent} == {0}


def test_what_no_retry_mends_is_raised_where_the_inbox_is_emptied():
    def refuse():
        raise TerminalError("the slot is lost")

    stream, inbox = started([refuse])
    until(lambda: not stream._thread.is_alive())
    with pytest.raises(TerminalError, match="the slot is lost"):
        inbox.check()


def test_a_server_that_stays_away_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)

    def away():
        raise TransientError("refused")

    stream, inbox = started([away] * 1000, patience=0.1)
    until(lambda: not stream._thread.is_alive())
    with pytest.raises(TransientError, match="refused"):
        inbox.check()


def test_the_last_position_is_reported_before_the_connection_ends():
    wire = FakeWire()
    stream, inbox = started([lambda: wire])
    until(lambda: wire.reads)
    stream.confirm(inbox.take().session, 55)
    stream.close()
    assert wire.sent[-1].confirmed == 55


def test_a_new_connection_learns_the_furthest_that_was_ever_confirmed(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    wires, given, inbox = [FakeWire(), FakeWire(), FakeWire()], [], Inbox(1 << 20)
    stream = Stream(lambda highest: given.append(highest) or wires[len(given) - 1], inbox, 60.0)  # type: ignore[func-returns-value]
    stream.start()
    for wire, lsn in zip(wires, (77, 55)):
        until(lambda wire=wire: wire.sent)
        stream.confirm(inbox.take().session, lsn)
        wire.arrives.append(TransientError("cut"))
    until(lambda: wires[2].sent)
    stream.close()
    assert given == [0, 77, 77]
