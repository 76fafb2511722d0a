"""The slots of one key of the operator, against a scripted source."""

import pytest

from connectors.base.errors import TerminalError
from connectors.model.orders import ReplicationOrder, StartPassed, Wake
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.counts import SlotCount
from connectors.reverse.reader import SlotReader
from tests.fakes.clock import FakeClock

ORDER = ReplicationOrder("slot")


class FakeWriteCounts:
    def __init__(self):
        self.counts, self.retries, self.throttles = {}, 0, 0


class FakeSource:
    def __init__(self):
        self.written = FakeWriteCounts()
        self.confirmed, self.seen_at, self.error, self.closed = 0, 0.0, None, False

    def check(self):
        if self.error:
            raise self.error

    def position(self):
        return SlotPosition(self.confirmed, "today")

    def wrote(self, table, streamed, written, dead=0):
        count = self.written.counts.setdefault(table, SlotCount())
        count.streamed, count.written, count.dead = streamed, written, dead

    def close(self):
        self.closed = True


class Bench:
    def __init__(self, saved=()):
        self.source, self.opened, self.clock = FakeSource(), [], FakeClock()
        self.reader = SlotReader(self.open, saved, self.clock)

    def open(self, order, position):
        self.opened.append((order, position))
        return self.source

    def counts(self):
        return {(name, table): amount for name, table, amount in self.reader.step().counts if amount}

    def gauges(self):
        return {(gauge.name, gauge.of, gauge.group): gauge.value for gauge in self.reader.step().gauges}


def ordered(order=ORDER):
    bench = Bench()
    changed = bench.reader.take(order)
    assert list(changed.puts) == ["o/slot"]
    return bench, dict(changed.puts)


def test_a_slot_is_opened_by_its_order_and_only_once():
    bench = Bench()
    bench.reader.take(Wake())
    assert bench.opened == []
    bench.reader.take(ORDER)
    assert bench.reader.take(ORDER).puts == {}
    assert bench.opened == [(ORDER, SlotPosition())]


def test_a_restored_slot_opens_with_its_order_and_position():
    bench, saved = ordered()
    bench.source.confirmed = 50
    saved.update(bench.reader.step().changed.puts)
    assert Bench(saved.items()).opened == [(ORDER, SlotPosition(50, "today"))]


def test_the_state_holds_no_change_and_changes_only_with_the_position():
    bench, _ = ordered()
    bench.source.confirmed = 50
    bench.source.wrote("users", 1000, 900)
    assert list(bench.reader.step().changed.puts) == ["p/slot"]
    assert bench.reader.step().changed.puts == {}


def test_a_start_position_is_forgotten_when_the_slot_has_passed_it():
    bench, saved = ordered(ReplicationOrder("slot", 60))
    assert bench.reader.take(StartPassed("another")).puts == {}
    saved.update(bench.reader.take(StartPassed("slot")).puts)
    assert Bench(saved.items()).opened == [(ORDER, SlotPosition())]
    assert len(bench.opened) == 1


def test_counters_grow_by_what_was_done_since_the_last_step():
    bench, _ = ordered()
    bench.source.wrote("users", 5, 3)
    bench.source.written.retries = 2
    wanted = {("read", "users"): 5, ("streamed", "users"): 5, ("written", "users"): 3, ("retries", ""): 2}
    assert bench.counts() == wanted
    assert bench.counts() == {}
    bench.source.wrote("users", 7, 7)
    assert bench.counts() == {("read", "users"): 2, ("streamed", "users"): 2, ("written", "users"): 4}


def test_dead_letters_are_counted_over_restarts():
    bench, saved = ordered()
    bench.source.wrote("users", 5, 3, dead=2)
    saved.update(bench.reader.step().changed.puts)
    again = Bench(saved.items())
    assert again.gauges()["deadLetters", "users", "table"] == 2
    again.source.wrote("users", 1, 0, dead=1)
    assert again.gauges()["deadLetters", "users", "table"] == 3


def test_a_lag_is_counted_from_the_last_durable_change_and_grows_while_nothing_arrives():
    bench, _ = ordered()
    bench.source.wrote("users", 1, 1)
    bench.source.seen_at, bench.source.confirmed = bench.clock.now, 70
    bench.clock.now += 30
    now = int(bench.clock.now)
    assert bench.gauges() == {
        ("slotLagSeconds", "slot", "slot"): 30,
        ("measuredAt", "slot", "slot"): now,
        ("durableLsn", "slot", "slot"): 70,
        ("lagSeconds", "users", "table"): 30,
        ("measuredAt", "users", "table"): now,
    }
    bench.clock.now += 5
    assert bench.gauges()["slotLagSeconds", "slot", "slot"] == 35


def test_the_lag_of_a_slot_without_a_durable_change_is_counted_from_its_opening():
    bench, _ = ordered()
    bench.clock.now += 40
    assert bench.gauges()["slotLagSeconds", "slot", "slot"] == 40


def test_the_error_that_ended_a_slot_is_raised():
    bench, _ = ordered()
    bench.source.error = TerminalError("the slot is lost")
    with pytest.raises(TerminalError, match="the slot is lost"):
        bench.reader.step()


def test_closing_closes_the_source():
    bench, _ = ordered()
    bench.reader.close()
    assert bench.source.closed
