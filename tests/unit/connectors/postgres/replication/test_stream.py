"""The replication thread's turns, one by one, and its connections."""

import time

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.postgres.replication import stream as module
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.postgres.replication.patience import Patience
from connectors.postgres.replication.stream import ASK_SECONDS, SILENCE_SECONDS, Opened, Receiving, Stream
from tests.fakes.clock import FakeClock
from tests.fakes.wire import FakeWire, Feedback, data, keepalive


def taken(inbox):
    messages = []
    message = inbox.take()
    while message is not None:
        messages.append(message)
        message = inbox.take()
    return messages


def receiving(wire, limit=1 << 20, floor=0, silence=60.0):
    clock, inbox, session = FakeClock(), Inbox(limit), Session(floor)
    return Receiving(Opened(wire, floor, silence), session, inbox, Patience(60), clock), inbox, clock, session


def test_messages_arrive_in_their_order_with_keepalives_among_them():
    wire = FakeWire(data(5, b"B"), keepalive(9), data(7, b"C"))
    receiver, inbox, _, _ = receiving(wire)
    receiver.turn()
    assert taken(inbox) == [Data(5, b"B"), Keepalive(9, 0), Data(7, b"C")]


def test_a_keepalive_that_asks_is_answered_at_once_with_the_confirmed_position():
    wire = FakeWire(keepalive(100, ask=True))
    receiver, _, _, session = receiving(wire)
    session.passed(42, 0.0)
    receiver.turn()
    assert wire.sent[0] == Feedback(42, False)


def test_a_session_reports_no_position_below_the_slots_own():
    wire = FakeWire(keepalive(40, ask=True))
    receiver, _, _, session = receiving(wire, floor=70)
    session.passed(40, 0.0)
    receiver.turn()
    assert {each.confirmed for each in wire.sent} == {70}


def test_a_full_inbox_stops_receiving_but_not_reporting():
    wire = FakeWire(*(data(n, b"x" * 1000) for n in range(100)))
    receiver, inbox, clock, _ = receiving(wire, limit=3000)
    receiver.turn()
    reads = wire.reads
    assert inbox.full
    sent = len(wire.sent)
    for _ in range(3):
        clock.now += ASK_SECONDS
        receiver.turn()
    assert wire.reads == reads
    assert len(wire.sent) == sent + 3
    assert not any(each.asks for each in wire.sent[sent:])


@pytest.mark.parametrize("full", [False, True])
def test_reports_go_out_several_times_within_wal_sender_timeout(full):
    wire = FakeWire(*(data(n, b"x" * 1000) for n in range(100))) if full else FakeWire()
    receiver, inbox, clock, _ = receiving(wire, limit=3000, silence=2.0)
    receiver.turn()
    assert inbox.full == full
    sent = len(wire.sent)
    for _ in range(8):
        clock.now += 0.25
        receiver.turn()
    assert len(wire.sent) - sent >= 4


def test_an_advanced_position_is_reported_soon_and_an_unchanged_one_rarely():
    wire = FakeWire()
    receiver, _, clock, session = receiving(wire)
    session.passed(10, 0.0)
    receiver.turn()
    clock.now += 0.06
    receiver.turn()
    assert len(wire.sent) == 1
    session.passed(20, 0.0)
    receiver.turn()
    assert wire.sent[-1] == Feedback(20, False)


def test_a_silent_connection_is_given_up():
    wire = FakeWire()
    receiver, _, clock, _ = receiving(wire)
    clock.now += SILENCE_SECONDS + 1
    with pytest.raises(TransientError, match="no message for"):
        receiver.turn()


def test_a_message_of_another_kind_is_an_error():
    receiver, _, _, _ = receiving(FakeWire(b"zzz"))
    with pytest.raises(TerminalError, match="cannot be understood"):
        receiver.turn()


def started(connections, patience=60.0):
    inbox = Inbox(1 << 20)
    stream = Stream(lambda highest: Opened(connections.pop(0)(), 0), inbox, patience)
    stream.start()
    return stream, inbox


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_lost_connection_is_opened_again_as_another_session(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    first, second = FakeWire(data(1, b"a"), TransientError("cut")), FakeWire(data(1, b"a"))
    stream, inbox = started([lambda: first, lambda: second])
    until(lambda: second.reads > 1)
    stream.close()
    messages = taken(inbox)
    began = [each for each in messages if isinstance(each, Began)]
    assert messages == [began[0], Data(1, b"a"), began[1], Data(1, b"a")]
    assert began[0] != began[1]
    assert first.closed
    assert second.closed


def test_a_position_of_an_earlier_session_is_not_reported(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    first, second = FakeWire(), FakeWire()
    stream, inbox = started([lambda: first, lambda: second])
    until(lambda: first.reads)
    old = inbox.take().session
    old.passed(77, 0.0)
    until(lambda: first.sent and first.sent[-1].confirmed == 77)
    first.arrives.append(TransientError("cut"))
    until(lambda: second.sent)
    old.passed(99, 0.0)
    time.sleep(0.1)
    stream.close()
    assert {each.confirmed for each in second.sent} == {0}


def test_an_error_that_no_retry_fixes_is_raised_once_the_inbox_is_empty():
    def refuse():
        raise TerminalError("the slot is lost")

    stream, inbox = started([refuse])
    until(lambda: not stream.thread.is_alive())
    with pytest.raises(TerminalError, match="the slot is lost"):
        inbox.check()


def test_a_server_that_stays_away_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)

    def away():
        raise TransientError("refused")

    stream, inbox = started([away] * 1000, patience=0.1)
    until(lambda: not stream.thread.is_alive())
    with pytest.raises(TransientError, match="refused"):
        inbox.check()


def test_the_last_position_is_reported_before_the_connection_ends():
    wire = FakeWire()
    stream, inbox = started([lambda: wire])
    until(lambda: wire.reads)
    inbox.take().session.passed(55, 0.0)
    stream.close()
    assert wire.sent[-1].confirmed == 55


def test_a_new_connection_receives_the_highest_position_ever_reported(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    wires, given, inbox = [FakeWire(), FakeWire(), FakeWire()], [], Inbox(1 << 20)
    stream = Stream(lambda highest: given.append(highest) or Opened(wires[len(given) - 1], 0), inbox, 60.0)  # type: ignore[func-returns-value]
    stream.start()
    for wire, lsn in zip(wires, (77, 55)):
        until(lambda wire=wire: wire.sent)
        inbox.take().session.passed(lsn, 0.0)
        until(lambda wire=wire, lsn=lsn: wire.sent[-1].confirmed == lsn)
        wire.arrives.append(TransientError("cut"))
    until(lambda: wires[2].sent)
    stream.close()
    assert given == [0, 77, 77]


def test_the_slots_position_is_known_even_if_nothing_beyond_it_was_reported(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    wires, given, inbox = [FakeWire(TransientError("cut")), FakeWire()], [], Inbox(1 << 20)
    stream = Stream(lambda highest: given.append(highest) or Opened(wires[len(given) - 1], 90), inbox, 60.0)  # type: ignore[func-returns-value]
    stream.start()
    until(lambda: wires[1].sent)
    stream.close()
    assert given == [0, 90]


def test_a_server_that_fails_at_the_same_place_each_time_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)

    def connected():
        return FakeWire(keepalive(50), data(60, b"B"), TransientError("broken there"))

    stream, inbox = started([connected] * 1000, patience=0.2)
    until(lambda: not stream.thread.is_alive())
    taken(inbox)
    with pytest.raises(TransientError, match="broken there"):
        inbox.check()


def test_an_error_that_no_reconnection_fixes_ends_the_stream_at_once():
    stream, inbox = started([lambda: FakeWire(TerminalError("older than its publication"))])
    until(lambda: not stream.thread.is_alive())
    taken(inbox)
    with pytest.raises(TerminalError, match="older than its publication"):
        inbox.check()
