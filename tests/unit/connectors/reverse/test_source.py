"""One slot's three threads, over a scripted connection and a DynamoDB that answers when it is let."""

import time
from typing import Any, Dict

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.postgres.layout.layout import LayoutMemory
from connectors.postgres.pgoutput.messages import Begin, Commit, Insert
from connectors.postgres.replication.identity import SlotPosition
from connectors.postgres.replication.stream import Opened
from connectors.reverse.source import SlotReplication
from connectors.reverse.writer import SlotWriter
from tests.fakes.deadletters import FakeDeadLetters
from tests.fakes.layout import FakeTables, layout_of, relation, schema
from tests.fakes.pgoutput import encode
from tests.fakes.wire import FakeWire, data, keepalive
from tests.unit.connectors.reverse.test_reading import FakeKeys
from tests.unit.connectors.reverse.test_writer import Flights, until

ROW = [b"a", b'{"id":{"S":"a"}}']


class Slot:
    name = "slot"

    def __init__(self, wire, floor):
        self._opened = Opened(wire, floor)

    def connect(self, highest):
        return self._opened

    def position(self, lsn):
        return SlotPosition(lsn, "today")


class Bench:
    def __init__(self, *messages, floor=100):
        self.wire = FakeWire(*messages)
        self.flights = Flights()
        tables = FakeTables({"users": schema(("id", "S"))})
        self.replication = SlotReplication(
            Slot(self.wire, floor),
            self._writer,
            lambda: layout_of(tables),
            LayoutMemory(),
            None,
            FakeKeys(),
            1 << 20,
            60,
        )

    def _writer(self, failed):
        pipeline = BatchPipeline(self.flights, FakeDeadLetters(), Policy(60.0), 3)
        return SlotWriter("slot", pipeline, 1 << 20, failed)

    def __enter__(self):
        self.replication.start()
        return self

    def __exit__(self, *exc):
        self.flights.answers.set()
        self.replication.close()


def transaction(commit):
    messages = [
        relation(("id", "S"), oid=1),
        Begin(commit, 0, 7),
        Insert(1, ROW),
        Commit(commit, commit + 8, 0),
    ]
    return [data(commit - 1, encode(message)) for message in messages]


def test_a_change_is_confirmed_when_it_is_durable_and_not_before():
    with Bench(keepalive(50), *transaction(200)) as bench:
        until(lambda: len(bench.flights) == 1)
        time.sleep(0.1)
        assert {each.confirmed for each in bench.wire.sent} == {100}
        bench.flights.answers.set()
        until(lambda: bench.wire.sent[-1].confirmed == 208)
        assert bench.replication.position() == SlotPosition(208, "today")
        bench.replication.check()


def test_the_last_position_is_reported_before_the_slot_is_released():
    with Bench(*transaction(200)) as bench:
        until(lambda: len(bench.flights) == 1)
    assert bench.wire.sent[-1].confirmed == 208
    assert bench.wire.closed


@pytest.mark.parametrize("broken", ["receiving", "reading", "writing"])
def test_whichever_thread_fails_the_slot_fails_with_its_error(broken):
    bench = Bench(*transaction(200))
    if broken == "receiving":
        bench.wire.arrives.append(TerminalError("broken"))
        bench.flights.answers.set()
    elif broken == "reading":
        bench.wire.arrives.append(data(300, b"?"))
        bench.flights.answers.set()
    else:
        bench.flights.error = TerminalError("broken")
    with bench, pytest.raises(TerminalError, match=r"broken|unknown message"):
        until(lambda: bench.replication.check())


@pytest.mark.parametrize("thread", ["replication", "reading", "writing"])
def test_a_thread_that_ends_without_an_error_fails_the_slot(thread, monkeypatch):
    bench = Bench()
    parts: Dict[str, Any] = {
        "replication": bench.replication._stream,
        "reading": bench.replication._reading,
        "writing": bench.replication._writer,
    }
    monkeypatch.setattr(parts[thread].thread, "_target", lambda: None)
    with bench, pytest.raises(TransientError, match=f"the thread {thread} ended unexpectedly"):
        until(lambda: bench.replication.check())
