"""The reader operator against a fake of Flink's state and timers."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

pytest.importorskip("pyflink")

from connectors.engine.flink import reader
from connectors.engine.flink.keygroups import even_keys
from connectors.engine.flink.reader import GATHER_MS, STEP_MS, WAIT_SECONDS, ReaderFunction
from connectors.engine.reader.prefetch import Prefetch
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.engine.reader.stepsize import MOST
from connectors.model import orders
from connectors.model.orders import SegmentOrder, Wake
from connectors.model.splits import Batch

KEY = even_keys(1)[0]
ORDER = SegmentOrder("orders", 1, [("id", "S")], 0, 1, 0, 1)


class Endless:
    """A split whose every batch fills a step."""

    def next_batch(self):
        return Batch({}, MOST, 1)

    def next_awake(self):
        return 0.0

    def snapshot(self):
        return b"position"

    def close(self):
        pass


class Short(Endless):
    """A split whose first batch is the last."""

    def next_batch(self):
        return Batch({}, 1, 1, done=True)


class AtOnce(Prefetch):
    """Fetches when the test calls it."""

    closed = False

    def submit(self, work):
        work()

    def close(self):
        self.closed = True


class Opens:
    def __init__(self, split):
        self._split = split

    def segment(self, order, saved):
        return self._split()


class StubJob:
    lanes = readers = 1

    def open(self):
        return self

    def __init__(self, split):
        self._split = split

    def reader(self, number, saved):
        self.prefetch = AtOnce(ThreadPoolExecutor(1), 1)
        return ReaderShard(number, 1, Opens(self._split), self.prefetch, 1, saved)


class Flink(dict):
    """The state of one key, its metrics, and the timers set."""

    def __init__(self, *entries):
        super().__init__(*entries)
        self.timers = []

    def itself(self, *_):
        return self

    get_map_state = get_metrics_group = add_group = timer_service = itself
    counter = gauge = meter = inc = mark_event = itself
    put = dict.__setitem__

    def remove(self, name):
        self.pop(name, None)

    def get_current_key(self):
        return KEY

    def register_processing_time_timer(self, at):
        self.timers.append(at)


def opened(flink, split=Endless):
    function = ReaderFunction(StubJob(split))
    function.open(flink)
    return function


def give(function, flink, order):
    return list(function.process_element((KEY, orders.encode(order)), flink))


def test_an_order_starts_a_chain_of_timers_of_which_there_is_only_one():
    flink = Flink()
    function = opened(flink)
    give(function, flink, ORDER)
    give(function, flink, Wake())
    assert len(flink.timers) == 1
    list(function.on_timer(flink.timers[-1], flink))
    assert len(flink.timers) == 2


def test_a_slot_whose_timer_the_checkpoint_lacks_continues_when_woken():
    before = Flink()
    give(opened(before), before, ORDER)
    restored = Flink(before)
    function = opened(restored)
    give(function, restored, Wake())
    list(function.on_timer(restored.timers[-1], restored))
    assert restored["p/" + ORDER.split_id] == b"position"
    assert len(restored.timers) == 2


@pytest.mark.parametrize("woken_first", [True, False])
def test_a_timer_out_of_the_checkpoint_starts_no_second_chain(woken_first):
    before = Flink()
    give(opened(before), before, ORDER)
    restored = Flink(before)
    function = opened(restored)
    old = before.timers[-1] - 1000
    if woken_first:
        give(function, restored, Wake())
        list(function.on_timer(old, restored))
    else:
        list(function.on_timer(old, restored))
        give(function, restored, Wake())
    assert len(restored.timers) == 1
    list(function.on_timer(restored.timers[-1], restored))
    assert len(restored.timers) == 2


def test_a_slot_with_nothing_to_read_sets_no_timer_until_it_gets_an_order():
    flink = Flink()
    function = opened(flink, Short)
    give(function, flink, Wake())
    assert flink.timers == []
    give(function, flink, ORDER)
    list(function.on_timer(flink.timers[-1], flink))
    give(function, flink, Wake())
    assert len(flink.timers) == 1
    give(function, flink, SegmentOrder("orders", 2, [("id", "S")], 0, 1, 0, 1))
    assert len(flink.timers) == 2


def test_closing_ends_the_threads_that_read_ahead():
    flink, components = Flink(), StubJob(Endless)
    function = ReaderFunction(components)
    function.open(flink)
    give(function, flink, ORDER)
    function.close()
    assert components.prefetch.closed


class Quiet(Endless):
    """A split with nothing new, ever."""

    def next_batch(self):
        return None

    def next_awake(self):
        return float("inf")


def test_a_step_waits_after_an_idle_one_and_not_after_an_order():
    flink, waits = Flink(), []
    function = opened(flink, Quiet)
    give(function, flink, ORDER)
    function.parts[KEY].wait = waits.append

    def step():
        list(function.on_timer(flink.timers[-1], flink))
        return len(waits)

    assert step() == 0
    assert step() == 1
    give(function, flink, Wake())
    assert step() == 1
    assert step() == 2
    assert waits == [WAIT_SECONDS] * 2


class Trickle(Endless):
    """A split that has a few bytes, and then nothing."""

    awake = 0.0

    def next_batch(self):
        self.awake = float("inf")
        return Batch({}, 100, 1)

    def next_awake(self):
        return self.awake


@pytest.mark.parametrize(("split", "pause"), [(Trickle, GATHER_MS), (Endless, STEP_MS)])
def test_after_a_few_changes_the_next_step_gathers_more_of_them(split, pause, monkeypatch):
    monkeypatch.setattr(reader, "time", SimpleNamespace(time=lambda: 1000.0, monotonic=time.monotonic))
    flink = Flink()
    function = opened(flink, split)
    give(function, flink, ORDER)
    list(function.on_timer(flink.timers[-1], flink))
    assert flink.timers == [1_000_000 + STEP_MS, 1_000_000 + pause]
