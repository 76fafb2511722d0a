"""The loop of a worker: reading ahead within limits, errors, threads, what it shows and what it costs."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, Callable, Dict, List

import pytest

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.streams.gap import RETENTION
from connectors.engine.budget import SPLIT_BYTES
from connectors.engine.worker import worker
from connectors.engine.worker.environment import Environment, Found
from connectors.engine.worker.worker import (
    REPORT_SECONDS,
    SHOWN_SECONDS,
    Worker,
)
from connectors.model.assignment import Assignment
from connectors.model.orders import DropOrder, StreamOrder
from connectors.model.state import Changed
from tests.fakes.pages import FakePagesOpener, FakePipeline, changed, copied
from tests.unit.connectors.engine.worker.rig import T0, A, B, P, Rig, follow, scan, segment, shards


@pytest.fixture
def rig() -> Rig:
    return Rig()


def shards_of(count: int) -> List[Assignment]:
    return [Assignment(f"s{n}", None, f"s{n}", "1") for n in range(count)]


# -- reading ahead -------------------------------------------------------------------------------------------


def held(rig: Rig) -> int:
    return rig.worker._reads.held


def test_reading_stops_when_as_much_is_unwritten_as_the_worker_may_hold_and_continues_after_it() -> None:
    rig = Rig(budget=10)
    rig.steps("p", *[changed(str(n), size=4) for n in range(20)])
    rig.pipeline.blocked = True
    rig.take(shards(P), follow())
    for _ in range(20):
        rig.read()
    assert held(rig) == 12
    rig.pipeline.blocked = False
    assert rig.run(30) == [str(n) for n in range(20)]
    assert held(rig) == 0


def test_one_split_does_not_take_all_that_the_worker_may_hold() -> None:
    rig = Rig(budget=100 * SPLIT_BYTES)
    rig.steps("p", *[changed(str(n), size=SPLIT_BYTES // 2) for n in range(20)])
    rig.pipeline.blocked = True
    rig.take(shards(P), follow())
    for _ in range(20):
        rig.read()
    assert held(rig) == SPLIT_BYTES


def test_a_split_that_holds_nothing_is_read_although_others_hold_the_budget() -> None:
    """A table that is written slowly must not stop the others."""
    rig = Rig(budget=10)
    rig.steps("p", *[changed(f"slow {n}", size=5) for n in range(5)])
    rig.steps("q", changed("other", size=5))
    rig.pipeline.blocked = True
    rig.take(shards(P), follow())
    for _ in range(5):
        rig.read()
    rig.take(shards(Assignment("q", None, "q", "1"), table="u"), follow(table="u"))
    rig.read()
    assert rig.count("u").streamed == 1


def test_where_room_is_short_every_split_gets_its_turn() -> None:
    rig = Rig(budget=1)
    for number in range(6):
        rig.steps(f"s{number}", *[changed(f"s{number}", size=2)] * 50)
    rig.take(shards(*shards_of(6)), follow())
    written = rig.run(60)
    counts = [written.count(f"s{number}") for number in range(6)]
    assert min(counts) > 0
    assert max(counts) - min(counts) <= 2, counts


def test_a_page_that_comes_after_its_split_was_closed_is_discarded_with_its_bytes(rig: Rig) -> None:
    rig.steps("p", lambda: rig.arrive(DropOrder("t", 2)), changed("late", size=100))
    rig.take(shards(P), follow())
    rig.read()
    assert rig.run() == []
    assert held(rig) == 0


def test_a_split_is_not_asked_before_it_is_awake(rig: Rig) -> None:
    def sleep() -> None:
        rig.opener.opened[-1].awake = rig.clock.now + 5

    rig.steps("p", sleep, changed("a"), changed("b"))
    rig.take(shards(P), follow())
    rig.read()
    assert not rig.pool
    rig.clock.now += 4.9
    rig.turn()
    assert not rig.pool
    rig.clock.now += 0.1
    rig.turn()
    assert rig.pool


# -- errors --------------------------------------------------------------------------------------------------


def test_what_a_read_raised_is_raised(rig: Rig) -> None:
    rig.steps(0, TransientError("cut"))
    rig.take(segment(0), scan())
    with pytest.raises(TransientError, match="cut"):
        rig.read()


def test_an_error_of_a_split_that_was_closed_counts_for_nothing(rig: Rig) -> None:
    rig.steps("p", lambda: rig.arrive(DropOrder("t", 2)), TransientError("cut"))
    rig.take(shards(P), follow())
    rig.read()
    assert rig.run() == []


# -- children ------------------------------------------------------------------------------------------------


def test_the_children_of_a_shard_that_has_ended_are_asked_for_and_read_without_the_enumerator() -> None:
    asked = []

    def find(order: StreamOrder, shard_id: str, root: str, found: Found) -> None:
        asked.append((order.table, shard_id, root))
        found(shards(*{"p": [A, B]}.get(shard_id, [])))

    rig = Rig(find_children=find)
    rig.steps("p", changed("p1", done=True))
    rig.steps("a", changed("a1", done=True))
    rig.steps("b", changed("b1"))
    rig.take(shards(P), follow())
    assert rig.run() == ["p1", "a1", "b1"]
    assert asked == [("t", "p", "p"), ("t", "a", "p")]
    assert [name for name in rig.names() if name.startswith("r/")] == ["r/t/1"]
    rig.take(shards(A, B))  # the enumerator finds them too, later
    assert rig.run() == []
    rig.start()
    assert rig.run() == []


def test_a_search_for_children_takes_none_of_the_threads_that_read() -> None:
    """It may wait for minutes where 1,000 shards end at once."""
    answers: List[Found] = []
    rig = Rig(find_children=lambda order, shard_id, root, found: answers.append(found))
    rig.steps("p", changed("p1", done=True))
    rig.steps("q", changed("q1"), changed("q2"))
    rig.take(shards(P, Assignment("q", None, "q", "1")), follow())
    assert sorted(rig.run()) == ["p1", "q1", "q2"]
    assert not rig.pool
    rig.steps("a", changed("a1"))
    answers[0](shards(A))
    assert rig.run() == ["a1"]


def test_children_that_cannot_be_found_now_are_left_to_the_enumerator() -> None:
    rig = Rig(find_children=lambda order, shard_id, root, found: found(shards()))
    rig.steps("p", changed("p1", done=True))
    rig.steps("a", changed("a1"))
    rig.take(shards(P), follow())
    assert rig.run() == ["p1"]
    rig.take(shards(A))
    assert rig.run() == ["a1"]


# -- what it shows -------------------------------------------------------------------------------------------


def gauges(rig: Rig, seconds: float = SHOWN_SECONDS) -> Dict[str, int]:
    rig.clock.now += seconds
    rig.turn()
    return {each.name: each.value for each in rig.worker.shown}


def test_the_lag_is_that_of_the_shard_furthest_behind_and_grows_while_nothing_comes(rig: Rig) -> None:
    rig.steps("p", changed("a", horizon=T0 - 10))
    rig.steps("q", changed("b", horizon=T0 - 50))
    rig.take(shards(P, Assignment("q", None, "q", "1")), follow())
    rig.run(1)
    rig.clock.now = T0
    assert gauges(rig, 10)["lagSeconds"] == 60
    assert gauges(rig, 10)["lagSeconds"] == 70
    assert gauges(rig, 1)["measuredAt"] == int(T0 + 21)


def test_a_reading_that_wants_the_past_is_as_far_behind_as_a_stream_can_hold_until_it_knows(rig: Rig) -> None:
    order = shards(P)
    order.skip_before = None
    rig.take(order, follow())
    rig.clock.now = T0
    assert gauges(rig, 1)["lagSeconds"] == int(100 + RETENTION + 1)


def test_shards_are_counted_by_what_is_being_done_about_them_and_a_dropped_table_shows_none(rig: Rig) -> None:
    rig.steps("p", changed("p1", done=True))
    rig.steps("a", changed("a1"))
    names = ("shardsWaiting", "shardsReading", "shardsDone")
    rig.take(shards(P, A, B), follow())
    assert [gauges(rig)[name] for name in names] == [2, 1, 0]
    rig.run()
    assert [gauges(rig)[name] for name in names] == [0, 2, 1]
    rig.start()
    assert [gauges(rig)[name] for name in names] == [0, 2, 1]
    rig.take(DropOrder("t", 2))
    assert [gauges(rig)[name] for name in names] == [0, 0, 0]


def test_items_are_counted_when_they_are_read_and_when_they_are_written(rig: Rig) -> None:
    rig.steps(0, copied("a", "b", "c", done=True))
    rig.take(segment(0), scan())
    rig.read()
    assert (rig.count().scanned, rig.count().written) == (3, 0)
    rig.run()
    assert (rig.count().scanned, rig.count().written, rig.count().streamed) == (3, 3, 0)


# -- what it costs -------------------------------------------------------------------------------------------


def cost_of_an_idle_turn(tables: int) -> int:
    """Instructions of Python in a turn in which nothing happens, between two reports."""
    rig = Rig()
    for number in range(tables):
        name = f"t{number}"
        rig.steps(f"{name} s", changed("a", horizon=T0))
        rig.arrive(
            shards(Assignment(f"{name} s", None, name, "1"), table=name), follow(table=name, live=True)
        )
    rig.run(4)
    rig.clock.now += REPORT_SECONDS + SHOWN_SECONDS
    rig.turn()
    cost = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal cost
        frame.f_trace_opcodes = True
        cost += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        rig.worker.turn(0.0)
    finally:
        sys.settrace(before)
    assert len(rig.slot.tables) == tables
    return cost


def test_an_idle_turn_costs_the_same_however_many_tables_there_are() -> None:
    cost = cost_of_an_idle_turn(1)
    assert cost > 0
    assert cost_of_an_idle_turn(1000) == cost


# -- its thread ----------------------------------------------------------------------------------------------


class Running:
    """A worker with threads of its own."""

    def __init__(self, *steps: Any) -> None:
        self.opener, self.pipeline = FakePagesOpener(), FakePipeline()
        self.opener.steps[0] = list(steps)
        self.pool = ThreadPoolExecutor(2)
        self.closed = threading.Event()
        self.worker = Worker(
            Environment(
                self.opener,
                self.pipeline,
                self.pool.submit,
                lambda document: None,
                None,
                1 << 20,
                time.time,
                self.closed.set,
            )
        ).begin()
        self.worker.open(0, [])

    def begin(self) -> None:
        self.worker.take(0, 1, segment(0))
        self.worker.take(0, 2, scan())

    def wait(self, met: Callable[[], object]) -> None:
        until = time.monotonic() + 120
        while not met():
            assert time.monotonic() < until, "it never happened"
            time.sleep(0.005)


def test_its_thread_reads_and_writes_until_it_is_closed() -> None:
    running = Running(copied("a"), copied("b", done=True))
    running.begin()
    written: List[str] = []

    def land() -> bool:
        written.extend(running.pipeline.land())
        return written == ["a", "b"]

    running.wait(land)
    running.wait(lambda: "c/t" in running.worker.step().changed.get(0, Changed()).puts)
    running.worker.close()
    assert running.closed.is_set()
    assert running.pipeline.closed


def test_an_order_wakes_a_worker_that_has_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", 1000.0)
    monkeypatch.setattr(Worker.turn, "__defaults__", (1000.0,))
    running = Running(copied("a"))
    time.sleep(0.1)
    running.begin()
    running.wait(lambda: running.pipeline.flying)
    running.worker.close()


def test_what_ends_the_thread_closes_everything_and_is_raised_with_every_step() -> None:
    running = Running(TerminalError("no right"))
    running.begin()
    running.wait(running.closed.is_set)
    for _ in range(2):
        with pytest.raises(TerminalError, match="no right"):
            running.worker.step()
    assert running.pipeline.closed
    assert all(closed for _, closed in running.opener.names())
    running.worker.close()
