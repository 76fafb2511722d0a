"""The worker operator against a fake of Flink's state: nothing in it waits, and nothing of it is lost."""

import time

import pytest

pytest.importorskip("pyflink")

from connectors.base.errors import TransientError
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.worker import WorkerFunction
from connectors.engine.worker.counts import Counts
from connectors.engine.worker.environment import Outcome
from connectors.model import orders
from connectors.model.orders import NoticeOrder, SegmentOrder, StepOrder, Wake
from connectors.model.state import Changed

SLOTS = 2
KEYS = even_keys(SLOTS)
ORDER = SegmentOrder("orders", 1, [("id", "S")], 0, 1, 0, 1)
STEP = StepOrder("orders", 1, 0)


class StubWorker:
    """Notes what it is given; has the outcomes that the test puts into it."""

    def __init__(self):
        self.run, self.counts, self.shown = "", Counts(), []
        self.retries = self.throttles = 0
        self.opened, self.taken, self.outcomes = [], [], []
        self.begun = self.closed = 0

    def begin(self):
        self.begun += 1
        return self

    def open(self, number, saved):
        self.opened.append((number, dict(saved)))

    def take(self, number, entry, order):
        self.taken.append((number, entry, order))

    def step(self):
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome({}, [])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self):
        self.closed += 1


class StubJob:
    readers = SLOTS

    def __init__(self):
        self.worker_, self.asked = StubWorker(), []

    def open(self):
        return self

    def worker(self, number, share):
        self.asked.append((number, share))
        return self.worker_


class Flink:
    """One subtask of two: state by key, and metrics."""

    def __init__(self, state=None):
        self.state = state or {key: {} for key in KEYS}
        self.key, self.shown, self.timers = KEYS[0], {}, []

    def get_map_state(self, descriptor):
        return self

    def get_number_of_parallel_subtasks(self):
        return 2

    def get_index_of_this_subtask(self):
        return 1

    def items(self):
        return list(self.state[self.key].items())

    def put(self, name, value):
        self.state[self.key][name] = value

    def remove(self, name):
        self.state[self.key].pop(name, None)

    def itself(self, *_):
        return self

    get_metrics_group = add_group = counter = meter = mark_event = inc = itself

    def gauge(self, name, read):
        self.shown[name] = read


class Subtask:
    def __init__(self, flink=None):
        self.flink, self.job = flink or Flink(), StubJob()
        self.worker = self.job.worker_
        self.function = WorkerFunction(self.job)
        self.function.open(self.flink)

    def give(self, slot, order):
        self.flink.key = KEYS[slot]
        return list(self.function.process_element((KEYS[slot], orders.encode(order)), None))

    def entries(self, slot):
        return self.flink.state[KEYS[slot]]


def changed(**puts):
    found = Changed()
    for name, value in puts.items():
        found.put(name, value)
    return found


@pytest.fixture
def subtask():
    return Subtask()


def test_a_subtask_has_one_worker_with_its_number_and_its_share(subtask):
    assert subtask.job.asked == [(1, 0.5)]
    assert subtask.worker.begun == 1


def test_no_slot_begins_before_the_run_is_known(subtask):
    subtask.give(0, Wake(None))
    subtask.give(0, ORDER)
    assert (subtask.worker.opened, subtask.worker.taken) == ([], [])
    assert subtask.entries(0) == {"i/1": orders.encode(ORDER)}
    subtask.give(0, Wake("job.run"))
    assert subtask.worker.run == "job.run"
    assert subtask.worker.opened == [(0, {"i/1": orders.encode(ORDER)})]
    assert subtask.worker.taken == []


def test_a_slot_begins_once(subtask):
    for _ in range(3):
        subtask.give(0, Wake("job.run"))
        subtask.give(1, Wake("job.run"))
    assert [number for number, _ in subtask.worker.opened] == [0, 1]


def test_an_order_is_in_the_state_until_the_worker_has_followed_it(subtask):
    subtask.give(0, Wake("job.run"))
    subtask.give(0, ORDER)
    subtask.give(0, STEP)
    assert set(subtask.entries(0)) == {"i/1", "i/2"}
    assert subtask.worker.taken == [(0, 1, ORDER), (0, 2, STEP)]
    followed = changed(**{"o/split": b"order"})
    followed.remove("i/1")
    subtask.worker.outcomes = [Outcome({0: followed}, [])]
    subtask.give(0, Wake("job.run"))
    assert set(subtask.entries(0)) == {"o/split", "i/2"}


def test_an_order_after_a_restart_does_not_replace_one_that_still_waits(subtask):
    subtask.give(0, ORDER)
    again = Subtask(Flink(subtask.flink.state))
    again.give(0, STEP)
    assert again.entries(0) == {"i/1": orders.encode(ORDER), "i/2": orders.encode(STEP)}
    again.give(0, Wake("job.run"))
    ((_, saved),) = again.worker.opened
    assert set(saved) == {"i/1", "i/2"}


def test_what_has_become_durable_of_another_slot_waits_for_that_slots_turn(subtask):
    for slot in range(SLOTS):
        subtask.give(slot, Wake("job.run"))
    subtask.worker.outcomes = [Outcome({0: changed(a=b"0"), 1: changed(a=b"1")}, [])]
    subtask.give(0, Wake("job.run"))
    assert (subtask.entries(0), subtask.entries(1)) == ({"a": b"0"}, {})
    subtask.worker.outcomes = [Outcome({1: changed(b=b"2")}, [])]
    subtask.give(0, Wake("job.run"))
    subtask.give(1, Wake("job.run"))
    assert subtask.entries(1) == {"a": b"1", "b": b"2"}


def test_what_has_been_stored_is_not_stored_again(subtask):
    subtask.give(0, Wake("job.run"))
    subtask.worker.outcomes = [Outcome({0: changed(a=b"0")}, [])]
    subtask.give(0, Wake("job.run"))
    subtask.entries(0).clear()
    subtask.give(0, Wake("job.run"))
    assert subtask.entries(0) == {}


def test_the_jobs_notices_go_on(subtask):
    subtask.worker.outcomes = [Outcome({}, ["plan", "done"])]
    assert subtask.give(0, Wake("job.run")) == ["plan", "done"]
    assert subtask.give(0, NoticeOrder("text")) == []


def test_what_ended_the_worker_fails_the_job_and_nothing_continues_during_its_next_attempt(subtask):
    subtask.worker.outcomes = [TransientError("cut")]
    with pytest.raises(TransientError, match="cut"):
        subtask.give(0, Wake("job.run"))
    assert subtask.worker.closed == 1


def test_an_order_that_cannot_be_followed_closes_the_worker_too(subtask):
    subtask.worker.take = lambda *_: 1 / 0
    subtask.give(0, Wake("job.run"))
    with pytest.raises(ZeroDivisionError):
        subtask.give(0, ORDER)
    assert subtask.worker.closed == 1


def test_closing_closes_the_worker(subtask):
    subtask.function.close()
    assert subtask.worker.closed == 1


def test_no_timer_is_set_and_nothing_is_waited_for(subtask):
    began = time.monotonic()
    for _ in range(300):
        subtask.give(0, Wake("job.run"))
    assert time.monotonic() - began < 30
    assert subtask.flink.timers == []


class Counted(Flink):
    """Notes what counters grow by."""

    def __init__(self):
        super().__init__()
        self.counted = {}

    def counter(self, name):
        counted = self.counted

        class Counter:
            def inc(self, amount):
                counted[name] = counted.get(name, 0) + amount

        return Counter()


def test_counters_grow_by_what_was_counted_since_and_gauges_are_shown():
    flink = Counted()
    subtask = Subtask(flink)
    count = subtask.worker.counts.of("orders")
    for written in (3, 3, 10):
        count.written = written
        subtask.worker.retries = written
        subtask.worker.shown = [Gauge("lagSeconds", written, "orders")]
        subtask.give(0, Wake("job.run"))
    assert flink.counted == {"written": 10, "retries": 10}
    assert flink.shown["lagSeconds"]() == 10
