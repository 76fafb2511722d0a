"""The writing thread and its flights."""

import threading
import time

import pytest

from connectors.base.errors import TerminalError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.postgres.replication.confirmed import Session
from connectors.reverse import writer as module
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.writer import SlotWriter
from tests.fakes.deadletters import FakeDeadLetters


class Flights:
    """Answers when it is let."""

    def __init__(self):
        self.flying, self.answers, self.abandoned = [], threading.Event(), 0
        self.error = None

    def __len__(self):
        return len(self.flying)

    def send(self, tag, body):
        if self.error:
            raise self.error
        self.flying.append(tag)
        return True

    def next_response(self, timeout):
        if self.flying and self.answers.wait(timeout):
            return self.flying.pop(0), Response(b'{"UnprocessedItems":{}}', 0.0)
        return None

    def discard(self):
        self.abandoned += len(self.flying)
        self.flying.clear()


class Bench:
    def __init__(self, room=1 << 20):
        self.flights, self.errors, self.session, self.number = Flights(), [], Session(0), 0
        pipeline = BatchPipeline(self.flights, FakeDeadLetters(), Policy(60.0), 3)
        self.writer = SlotWriter("slot", pipeline, room, self.errors.append)

    def put(self, *keys, size=10):
        self.number += 1
        batch = ChangeBatch(self.session, self.number)
        batch.add("t", [(key.encode(), b"x" * size, False) for key in keys], 0)
        batch.reach(self.number * 10, 0.0)
        self.writer.put(batch)


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.flights.answers.set()
    made.writer.close()


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_requests_are_sent_without_waiting_for_responses(bench):
    bench.writer.start()
    for number in range(3):
        bench.put(*(f"{number} {n}" for n in range(25)))
    until(lambda: len(bench.flights) == 3)
    assert bench.session.confirmed == 0
    bench.flights.answers.set()
    until(lambda: bench.session.confirmed == 30)
    assert bench.writer.size == 0


def test_there_is_no_room_until_enough_is_durable(bench):
    bench.writer.start()
    bench.put("a", "b", size=1 << 20)
    assert not bench.writer.wait_room(0.05)
    waiting = threading.Thread(target=lambda: bench.writer.wait_room(60))
    waiting.start()
    bench.flights.answers.set()
    waiting.join(60)
    assert not waiting.is_alive()


def test_requests_in_flight_at_the_end_are_waited_for_and_nothing_more_is_sent(bench):
    bench.writer.start()
    bench.put("a")
    until(lambda: len(bench.flights) == 1)
    bench.writer.close()
    bench.put("b")
    bench.flights.answers.set()
    bench.writer.thread.join(60)
    assert (bench.session.confirmed, bench.flights.abandoned, bench.errors) == (10, 0, [])


def test_a_target_that_does_not_answer_is_not_waited_for_longer_than_the_bound(bench, monkeypatch):
    monkeypatch.setattr(module, "ENDING_SECONDS", 0.1)
    bench.writer.start()
    bench.put("a")
    until(lambda: len(bench.flights) == 1)
    bench.writer.close()
    bench.writer.thread.join(60)
    assert (bench.session.confirmed, bench.flights.abandoned) == (0, 1)


def test_an_error_ends_the_thread_and_is_reported(bench):
    bench.flights.error = TerminalError("the orphan sends nothing")
    bench.writer.start()
    bench.put("a")
    bench.writer.thread.join(60)
    assert [str(error) for error in bench.errors] == ["the orphan sends nothing"]
