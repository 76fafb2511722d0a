"""What the writing of a slot makes of responses, turn by turn. The rules of the outbox and of the pipeline
have tests of their own."""

from typing import Any, Callable

import pytest

from connectors.base.errors import TerminalError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.postgres.replication.confirmed import Session
from connectors.reverse import writer as module
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.writer import SlotWriter
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters

WRITTEN = Response(b'{"UnprocessedItems":{}}', 0.0)
THROTTLED = ServiceError("ThrottlingException", "slow down", 400, "BatchWriteItem")
REFUSED = ServiceError("ValidationException", "no such item", 400, "BatchWriteItem")


class Flights:
    """Answers with what the test says, or not at all."""

    def __init__(self):
        self.flying = []
        self.answer: Callable[[Any], Any] = lambda writes: WRITTEN

    def __len__(self):
        return len(self.flying)

    def send(self, tag, body):
        self.flying.append(tag)
        return True

    def next_response(self, timeout):
        for place, tag in enumerate(self.flying):
            answer = self.answer(tag.writes)
            if answer is not None:
                del self.flying[place]
                return tag, answer
        return None

    def discard(self):
        self.flying.clear()

    def keys(self, table="t"):
        return [write.digest.decode() for tag in self.flying for write in tag.writes if write.table == table]


class Bench:
    def __init__(self, letters=None):
        self.letters, self.clock, self.flights = letters or FakeDeadLetters(), FakeClock(), Flights()
        self.session, self.number = Session(0), 0
        timing = self.clock.timing()
        pipeline = BatchPipeline(self.flights, self.letters, Policy(60.0), 4, timing=timing)
        self.writer = SlotWriter("slot", pipeline, 1 << 20, lambda error: None, timing)

    def put(self, *keys, table="t"):
        self.number += 1
        batch = ChangeBatch(self.session, self.number)
        batch.add(table, [(key.encode(), b'{"id":{"S":"%b"}}' % key.encode(), False) for key in keys], 7)
        batch.reach(self.number * 10, 0.0)
        self.writer.put(batch)

    def turn(self, seconds=0.1, turns=4):
        for _ in range(turns):
            self.clock.now += seconds
            self.writer.turn()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)


def test_a_written_change_advances_the_slot_and_is_counted():
    bench = Bench()
    bench.put("a", "b")
    bench.turn()
    count = bench.writer.counts["t"]
    assert (bench.session.confirmed, count.streamed, count.written) == (10, 2, 2)
    assert bench.writer.size == 0


def test_a_change_waits_for_the_one_of_its_key_that_is_in_flight_and_so_does_the_slot():
    bench = Bench()
    bench.flights.answer = lambda writes: None
    bench.put("a")
    bench.turn()
    bench.put("a", "b")
    bench.turn()
    assert bench.flights.keys() == ["a", "b"]
    assert bench.session.confirmed == 0
    bench.flights.answer = lambda writes: WRITTEN
    bench.turn()
    assert bench.session.confirmed == 20


def test_a_batch_that_was_folded_away_is_not_confirmed_before_the_change_that_replaced_its_own():
    bench = Bench()
    bench.flights.answer = lambda writes: None
    bench.put("a")
    bench.turn()
    bench.put("a")
    bench.put("a")
    bench.turn()
    bench.flights.answer = lambda writes: WRITTEN if len(writes[0].pages) == 1 else None
    bench.turn()
    assert bench.session.confirmed == 10
    bench.flights.answer = lambda writes: WRITTEN
    bench.turn()
    assert (bench.session.confirmed, bench.writer.counts["t"].written) == (30, 2)


def test_a_refused_item_is_isolated_and_stored_before_the_slot_advances():
    bench = Bench()
    bench.flights.answer = lambda writes: (
        REFUSED if any(b"bad" in write.body for write in writes) else WRITTEN
    )
    bench.put("a", "bad", "c")
    bench.turn(turns=10)
    [letter] = bench.letters.letters
    assert (letter.write.body, letter.write.provenance) == (b'{"id":{"S":"bad"}}', "slot slot at 0/7")
    assert "no such item" in letter.reason
    assert bench.session.confirmed == 10
    assert (bench.writer.counts["t"].written, bench.writer.counts["t"].dead) == (2, 1)


def test_a_dead_letter_that_cannot_be_stored_stops_the_job_and_the_slot():
    bench = Bench(FakeDeadLetters(TerminalError("the disk is full")))
    bench.flights.answer = lambda writes: REFUSED
    bench.put("bad")
    with pytest.raises(TerminalError, match="the disk is full"):
        bench.turn()
    assert bench.session.confirmed == 0


def test_a_throttled_table_does_not_narrow_the_window_of_another():
    bench = Bench()
    bench.flights.answer = lambda writes: THROTTLED if writes[0].table == "slow" else None
    bench.put(*(f"k{n}" for n in range(100)), table="slow")
    bench.turn(turns=20)
    assert bench.writer.throttles > 4
    bench.put(*(f"k{n}" for n in range(60)), table="fast")
    bench.flights.answer = lambda writes: None
    bench.turn()
    assert len(bench.flights.keys("fast")) >= 50


def test_a_new_session_drops_what_was_not_sent_and_waits_for_what_was():
    bench = Bench()
    bench.flights.answer = lambda writes: None
    bench.put("a")
    bench.turn()
    bench.put("a", "b" * 100)
    bench.put("a")
    old, bench.session, bench.number = bench.session, Session(0), 0
    bench.put("a", "c")
    bench.turn()
    assert bench.flights.keys() == ["a", "c"]  # a as it was sent first; its newest waits
    bench.flights.answer = lambda writes: WRITTEN
    bench.turn()
    assert (old.confirmed, bench.session.confirmed) == (0, 10)
    assert bench.writer.counts["t"].written == 2  # the answer of the first one counts for nothing
    assert bench.writer.size == 0


def test_responses_and_retries_of_an_earlier_session_count_for_nothing():
    """After a failover, its changes may not exist any more."""
    bench = Bench()
    bench.flights.answer = lambda writes: THROTTLED
    bench.put("a")
    bench.turn(turns=1)  # it waits for another attempt
    bench.flights.answer = lambda writes: None
    bench.put("c")
    bench.turn(seconds=0.0)
    bench.session, bench.number = Session(0), 0
    bench.put("b")
    bench.turn(seconds=10)
    assert bench.flights.keys() == ["c", "b"]
    bench.flights.answer = lambda writes: REFUSED if b'"c"' in writes[0].body else WRITTEN
    bench.turn(seconds=10)
    assert bench.letters.letters == []
    assert (bench.session.confirmed, len(bench.flights), bench.writer.size) == (10, 0, 0)
    bench.put("a", "c")
    bench.flights.answer = lambda writes: WRITTEN
    bench.turn()
    assert bench.session.confirmed == 20


def test_a_table_that_dynamodb_lacks_ends_the_job_and_the_slot_does_not_pass_its_changes():
    bench = Bench()
    gone = ServiceError("ResourceNotFoundException", "no such table", 400, "BatchWriteItem", "t")
    bench.flights.answer = lambda writes: gone
    bench.put("a")
    with pytest.raises(TerminalError, match="no such table"):
        bench.turn()
    assert bench.session.confirmed == 0
