"""Which request is sent next, and what becomes of an answer."""

import random

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.retry import Policy
from connectors.postgres.replication.confirmed import Session
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.requests import GATHER_SECONDS, Requests
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters

WRITTEN = Response(b'{"UnprocessedItems":{}}', 0.0)
THROTTLED = ServiceError("ThrottlingException", "slow down", 400, "BatchWriteItem")
REFUSED = ServiceError("ValidationException", "no such item", 400, "BatchWriteItem")


class Bench:
    def __init__(self, letters=None, **options):
        self.letters, self.clock = letters or FakeDeadLetters(), FakeClock()
        self.session, self.number = Session(0), 0
        self.requests = Requests("slot", self.letters, Policy(60.0), 4, random.Random(1).random, **options)

    def add(self, *keys, table="t"):
        self.number += 1
        batch = ChangeBatch(self.session, self.number)
        batch.add(table, [(key.encode(), b'{"id":{"S":"%b"}}' % key.encode(), False) for key in keys], 7)
        batch.reach(self.number * 10, 0.0)
        self.requests.add(batch)

    def next(self, in_flight=0):
        return self.requests.next(self.clock(), in_flight)

    def settle(self, flying, answer):
        self.requests.settle(flying, answer, self.clock())


def keys(flying):
    return [write.item.digest.decode() for write in flying.entry.request]


def test_a_change_that_comes_alone_is_sent_at_once():
    bench = Bench()
    bench.add("a")
    assert keys(bench.next()) == ["a"]


def test_a_partial_request_waits_briefly_while_others_are_in_flight():
    bench = Bench()
    bench.add("a")
    assert bench.next(in_flight=1) is None
    assert bench.requests.seconds_left(bench.clock(), 1) == pytest.approx(GATHER_SECONDS)
    bench.add("b")
    bench.clock.now += GATHER_SECONDS
    assert keys(bench.next(in_flight=1)) == ["a", "b"]


def test_a_full_request_does_not_wait_and_the_window_bounds_the_requests_in_flight():
    bench = Bench()
    bench.add(*(f"k{n}" for n in range(60)))
    assert len(bench.next(in_flight=1).entry.request) == 25
    assert bench.next(in_flight=4) is None
    assert bench.requests.seconds_left(bench.clock(), 4) is None


def test_a_written_change_advances_the_slot_and_is_counted():
    bench = Bench()
    bench.add("a", "b")
    bench.settle(bench.next(), WRITTEN)
    count = bench.requests.counts["t"]
    assert (bench.session.confirmed, count.streamed, count.written) == (10, 2, 2)


def test_a_throttled_request_is_sent_again_after_a_pause_and_blocks_its_keys():
    bench = Bench()
    bench.add("a")
    bench.settle(bench.next(), THROTTLED)
    bench.add("a", "b")
    assert keys(bench.next()) == ["b"]
    bench.clock.now += 10
    again = bench.next()
    assert (keys(again), again.entry.attempt) == (["a"], 1)
    assert bench.session.confirmed == 0
    bench.settle(again, WRITTEN)
    assert keys(bench.next()) == ["a"]
    assert bench.requests.throttles == 1


def test_unprocessed_items_do_not_count_as_written():
    bench = Bench()
    bench.add("a")
    bench.add("b")
    left = b'{"UnprocessedItems":{"t":[{"PutRequest":{"Item":{"id":{"S":"b"}}}}]}}'
    bench.settle(bench.next(), Response(left, 0.0))
    assert bench.session.confirmed == 10
    bench.clock.now += 10
    again = bench.next()
    assert keys(again) == ["b"]
    bench.settle(again, WRITTEN)
    assert bench.session.confirmed == 20


def test_a_refused_item_is_isolated_and_stored_before_the_slot_advances():
    bench = Bench()
    bench.add("a", "bad", "c")
    while (flying := bench.next()) is not None:
        bench.settle(flying, REFUSED if "bad" in keys(flying) else WRITTEN)
    [letter] = bench.letters.letters
    assert (letter.write.body, letter.write.provenance) == (b'{"id":{"S":"bad"}}', "slot slot at 0/7")
    assert "no such item" in letter.reason
    assert bench.session.confirmed == 10
    assert (bench.requests.counts["t"].written, bench.requests.counts["t"].dead) == (2, 1)


def test_a_dead_letter_that_cannot_be_stored_stops_the_job_and_the_slot():
    bench = Bench(FakeDeadLetters(TerminalError("the disk is full")))
    bench.add("bad")
    with pytest.raises(TerminalError, match="the disk is full"):
        bench.settle(bench.next(), REFUSED)
    assert bench.session.confirmed == 0


def test_no_successful_write_for_too_long_is_an_error_and_slow_progress_is_not():
    bench = Bench()
    bench.add("a")
    bench.settle(bench.next(), THROTTLED)
    for turn in range(12):  # another key gets through each time
        bench.clock.now += 10
        bench.add(f"b{turn}")
        for flying in (bench.next(), bench.next()):
            bench.settle(flying, THROTTLED if "a" in keys(flying) else WRITTEN)
    bench.clock.now += 61
    with pytest.raises(
        TransientError, match=r"no write got through for 60 s.*Raise the table's write capacity"
    ):
        bench.settle(bench.next(), THROTTLED)


def test_time_without_anything_to_write_does_not_count_as_failing():
    bench = Bench()
    bench.add("a")
    bench.settle(bench.next(), WRITTEN)
    bench.clock.now += 1000
    bench.add("b")
    bench.settle(bench.next(), THROTTLED)


def test_an_error_of_the_service_ends_the_writing():
    bench = Bench()
    bench.add("a")
    with pytest.raises(TerminalError, match="AccessDenied"):
        bench.settle(bench.next(), ServiceError("AccessDeniedException", "no", 400, "BatchWriteItem"))


def test_a_table_that_has_used_up_its_rate_does_not_delay_another():
    clock = FakeClock()
    limit = Limit(10.0, clock.timing())
    bench = Bench(limit_of=lambda table: limit if table == "slow" else None)
    bench.clock = clock
    bench.add(*(f"k{n}" for n in range(50)), table="slow")
    assert len(bench.next().entry.request) == 25
    bench.add("a", table="fast")
    assert keys(bench.next()) == ["a"]
    assert bench.next() is None
    assert bench.requests.seconds_left(bench.clock(), 0) == pytest.approx(1.5)
    bench.clock.now += 1.6
    assert {write.table for write in bench.next().entry.request} == {"slow"}


def test_responses_and_retries_of_an_earlier_session_are_ignored():
    bench = Bench()
    bench.add("a")
    bench.add("b")
    old, first = bench.session, bench.next()
    bench.settle(first, THROTTLED)
    bench.add("c")
    flying = bench.next()
    bench.session, bench.number = Session(0), 0
    bench.add("a", "c")
    assert keys(bench.next()) == ["a"]  # c is still on its way
    bench.settle(flying, REFUSED)
    assert bench.letters.letters == []
    assert keys(bench.next()) == ["c"]
    assert (old.confirmed, bench.session.confirmed) == (0, 0)
    bench.clock.now += 100
    assert bench.next() is None
