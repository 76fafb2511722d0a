"""A reader slot of the reverse job against a scripted source."""

import threading
import time
from collections import deque

import pytest

from connectors.base.errors import TerminalError
from connectors.model.lane_batch import LaneBatch
from connectors.model.orders import ReplicationOrder, Wake
from connectors.model.records import Heartbeat, Mark
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.batch import Gathering, SlotStep
from connectors.reverse.reader import SlotReader
from tests.fakes.clock import FakeClock

LANES = 3
ORDER = ReplicationOrder("slot")


class FakeSource:
    def __init__(self):
        self.steps, self.marks, self.confirmed = deque(), [], []
        self.passes, self.closed, self.error = 0, False, None

    @property
    def pending(self):
        return bool(self.steps or self.marks or self.error)

    def ready(self):
        if self.error and not self.steps:
            raise self.error
        return self.steps.popleft() if self.steps else None

    def confirm(self, session, lsn):
        self.confirmed.append((session, lsn))

    def position(self, lsn):
        return SlotPosition(lsn, "today")

    def passed(self):
        self.passes += 1

    def heard(self):
        heard, self.marks = self.marks, []
        return heard

    def close(self):
        self.closed = True


class Bench:
    def __init__(self, saved=()):
        self.source, self.opened = FakeSource(), []
        self.wall, self.steady = FakeClock(), FakeClock()
        self.reader = SlotReader(1, LANES, self.open, saved, self.wall, self.steady)

    def open(self, order, position):
        self.opened.append((order, position))
        return self.source

    def give(self, *keys, reached=0, session="s", open=False, barrier=False):
        gathering = Gathering(session, "slot", LANES)
        gathering.add("table", [(bytes([key]) * 16, b"{}", False) for key in keys], "here")
        step = gathering.step(barrier)
        self.source.steps.append(step._replace(reached=reached, open=open, seen_at=self.wall.now))

    def step(self, limit=1 << 20):
        self.steady.now += 1
        return self.reader.step(limit)


def ordered():
    bench = Bench()
    changed = bench.reader.take(ORDER)
    assert list(changed.puts) == ["o/slot"]
    return bench


def of(kind, emission, lane):
    return [part for part in emission.parts.get(lane, ()) if isinstance(part, kind)]


def test_a_slot_rests_until_it_is_ordered_and_an_order_opens_it_once():
    bench = Bench()
    assert bench.reader.resting
    bench.reader.take(Wake())
    bench.reader.take(ORDER)
    assert bench.reader.take(ORDER).puts == {}
    assert bench.opened == [(ORDER, SlotPosition())]
    assert not bench.reader.resting


def test_a_restored_slot_opens_with_its_order_and_position():
    bench = ordered()
    bench.give(1, reached=50)
    saved = {**bench.reader.take(ORDER).puts, **bench.step().changed.puts}
    again = Bench({**dict(Bench().reader.take(ORDER).puts), **saved}.items())
    assert again.opened == [(ORDER, SlotPosition(50, "today"))]


def test_every_lane_gets_the_mark_behind_the_changes():
    bench = ordered()
    bench.give(0, 1, 2, 3, 4, reached=70)
    emission = bench.step()
    assert emission.read == {"table": 5}
    for lane in range(LANES):
        assert [mark.lsn for mark in of(Mark, emission, lane)] == [70]
        kinds = [type(part) for part in emission.parts[lane] if isinstance(part, (LaneBatch, Mark))]
        assert kinds[-1] is Mark


def test_the_slot_is_confirmed_when_the_mark_comes_back():
    bench = ordered()
    bench.give(1, reached=70)
    [mark] = of(Mark, bench.step(), 0)
    assert bench.source.confirmed[-1] == ("s", 0)
    bench.source.marks = [mark]
    bench.step()
    assert bench.source.confirmed[-1] == ("s", 70)


def test_a_new_session_begins_at_nothing_and_forgets_the_marks_of_the_old():
    bench = ordered()
    bench.give(1, reached=70)
    [mark] = of(Mark, bench.step(), 0)
    bench.give(1, reached=60, session="t")
    bench.step()
    bench.source.marks = [mark]
    bench.step()
    assert bench.source.confirmed[-1] == ("t", 0)


def test_a_barrier_is_passed_when_all_before_it_is_durable():
    bench = ordered()
    bench.give(1, open=True, barrier=True)
    [mark] = of(Mark, bench.step(), 0)
    bench.step()
    assert bench.source.passes == 0
    bench.source.marks = [mark]
    bench.step()
    assert bench.source.passes == 1


def test_a_step_stops_at_its_limit():
    bench = ordered()
    for number in range(5):
        bench.give(number, reached=number + 1)
    assert bench.step(limit=1).read == {"table": 1}
    assert bench.step().read == {"table": 4}


def test_lag_is_counted_from_the_last_change_handed_over():
    bench = ordered()
    bench.give(1, reached=70)
    bench.step()
    bench.wall.now += 30
    [beat] = of(Heartbeat, bench.step(), 0)
    assert beat.lags == {"table": 30}
    bench.wall.now += 5
    gauges = {(one.name, one.of, one.group): one.value for one in bench.step().gauges}
    assert gauges == {
        ("slotLagSeconds", "slot", "slot"): 35,
        ("measuredAt", "slot", "slot"): int(bench.wall.now),
    }
    assert beat.slot == 1


def test_what_ended_the_reading_is_raised_after_what_it_had_read():
    bench = ordered()
    bench.give(1, reached=70)
    bench.source.error = TerminalError("the slot is lost")
    with pytest.raises(TerminalError, match="the slot is lost"):
        bench.step()


def test_closing_closes_the_source():
    bench = ordered()
    bench.reader.close()
    assert bench.source.closed


def test_a_step_without_changes_still_moves_the_position():
    bench = ordered()
    bench.source.steps.append(SlotStep("s", {}, {}, 0, 90, False, 0.0))
    emission = bench.step()
    assert list(emission.changed.puts) == ["p/slot"]
    assert bench.source.confirmed[-1] == ("s", 90)


def test_a_start_position_is_forgotten_once_the_slot_has_passed_it():
    bench = Bench()
    bench.reader.take(ReplicationOrder("slot", start=60))
    bench.give(1, reached=50)
    [mark] = of(Mark, bench.step(), 0)
    bench.source.marks = [mark]
    assert "o/slot" not in bench.step().changed.puts
    bench.source.steps.append(SlotStep("s", {}, {}, 0, 60, False, 0.0))
    saved = bench.step().changed.puts
    assert Bench(saved.items()).opened == [(ORDER, SlotPosition(60, "today"))]


def test_a_wait_ends_when_a_slot_has_something():
    bench = ordered()
    threading.Timer(0.05, bench.give, [1]).start()
    bench.reader.wait(1e9)
    assert bench.step().more


def test_a_wait_for_an_idle_slot_is_bounded():
    reader = SlotReader(1, LANES, lambda order, position: FakeSource())
    reader.take(ORDER)
    began = time.monotonic()
    reader.wait(0.05)
    assert 0.04 < time.monotonic() - began < 15
