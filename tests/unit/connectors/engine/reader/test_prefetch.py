from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import List, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TransientError
from connectors.engine.reader.prefetch import AHEAD, FetchedBatch, Prefetch, PrefetchQueue
from connectors.model.splits import Batch
from tests.fakes.clock import FakeClock
from tests.fakes.prefetch import ManualPrefetch
from tests.fakes.splits import FakeSplit, batch
from tests.harness.depth import examples

ONE = batch("a").size


def drain(feed: PrefetchQueue, prefetch: ManualPrefetch, turns: int = 20) -> List[FetchedBatch]:
    found: List[FetchedBatch] = []
    for _ in range(turns):
        feed.advance()
        prefetch.run()
        fetched = feed.take()
        if fetched is not None:
            found.append(fetched)
    return found


def test_batches_come_in_order_each_with_the_position_behind_it() -> None:
    prefetch = ManualPrefetch()
    feed = PrefetchQueue(FakeSplit("s", [batch("a"), None, batch("b"), batch("c", done=True)]), prefetch)
    found = drain(feed, prefetch)
    assert [fetched.batch.read for fetched in found] == [1, 1, 1]
    assert [fetched.position for fetched in found] == [b"1", b"2", b"3"]
    assert found[-1].batch.done


def test_nothing_is_fetched_after_the_end() -> None:
    prefetch = ManualPrefetch()
    feed = PrefetchQueue(FakeSplit("s", [batch("a", done=True), AssertionError("read on")]), prefetch)
    assert len(drain(feed, prefetch)) == 1


def test_a_split_is_not_asked_before_it_is_awake() -> None:
    clock = FakeClock(10.0)
    prefetch = ManualPrefetch(clock=clock)
    split = FakeSplit("s", [batch("a")])
    split.awake = 12.0
    feed = PrefetchQueue(split, prefetch)
    assert drain(feed, prefetch) == []
    clock.now = 12.0
    assert len(drain(feed, prefetch)) == 1


def test_a_split_reads_a_few_batches_ahead_and_no_more() -> None:
    prefetch = ManualPrefetch()
    split = FakeSplit("s", [batch("a")] * 10)
    feed = PrefetchQueue(split, prefetch)
    feed.advance()
    while prefetch.run():
        feed.advance()
    assert len(split.steps) == 10 - AHEAD
    feed.take()
    feed.advance()
    prefetch.run()
    assert len(split.steps) == 9 - AHEAD


def test_splits_take_turns() -> None:
    prefetch = ManualPrefetch()
    splits = [FakeSplit(name, [batch(name)] * 10) for name in "ab"]
    for split in splits:
        PrefetchQueue(split, prefetch).advance()
    prefetch.run(2)
    assert [len(split.steps) for split in splits] == [9, 9]


def test_a_fetch_that_stood_in_line_while_the_budget_ran_out_waits_for_room() -> None:
    prefetch = ManualPrefetch(budget=ONE)
    feeds = [PrefetchQueue(FakeSplit(name, [batch(name)]), prefetch) for name in "abc"]
    for feed in feeds:
        feed.advance()
    prefetch.run()
    assert prefetch.budget._used == 2 * ONE
    assert feeds[1].take() is not None
    assert feeds[0].take() is not None
    for feed in feeds:
        feed.advance()
    prefetch.run()
    assert feeds[2].take() is not None


def test_an_error_is_raised_in_the_emitting_thread_and_what_came_before_can_still_be_taken() -> None:
    prefetch = ManualPrefetch()
    split = FakeSplit("s", [batch("a"), TransientError("cut"), batch("b")])
    feed = PrefetchQueue(split, prefetch)
    feed.advance()
    while prefetch.run():
        pass
    for _ in range(2):
        with pytest.raises(TransientError, match="cut"):
            feed.advance()
    assert prefetch.run() == 0
    assert len(split.steps) == 1
    assert feed.take() is not None
    assert feed.take() is None


def test_closing_gives_back_the_budget_and_closes_the_split() -> None:
    prefetch = ManualPrefetch()
    split = FakeSplit("s", [batch("a"), batch("b")])
    feed = PrefetchQueue(split, prefetch)
    feed.advance()
    prefetch.run()
    feed.close()
    assert prefetch.budget._used == 0
    assert split.closed
    assert feed.take() is None


def test_a_fetch_that_lands_after_the_close_is_thrown_away_with_its_bytes() -> None:
    prefetch = ManualPrefetch()
    split = FakeSplit("s", [lambda: feed.close(), batch("a"), batch("b")])
    feed = PrefetchQueue(split, prefetch)
    feed.advance()
    prefetch.run()
    assert prefetch.budget._used == 0
    assert feed.take() is None
    assert prefetch.run() == 0


def test_a_fetch_still_in_line_at_the_close_does_not_happen() -> None:
    prefetch = ManualPrefetch()
    split = FakeSplit("s", [AssertionError("fetched")])
    feed = PrefetchQueue(split, prefetch)
    feed.advance()
    feed.close()
    prefetch.run()
    assert len(split.steps) == 1


class Counting:
    """Hands out numbered batches as fast as it is asked; notes whether two threads were in it at once."""

    split_id = "counting"

    def __init__(self, count: int) -> None:
        self._left, self._given = count, 0
        self._inside = threading.Lock()
        self.shared = False

    def next_batch(self) -> Optional[Batch]:
        self.shared = self.shared or not self._inside.acquire(blocking=False)
        self._given += 1
        self._left -= 1
        self._inside.release()
        return Batch({}, 10, self._given, self._left == 0)

    def next_awake(self) -> float:
        return 0.0

    def snapshot(self) -> bytes:
        return str(self._given).encode()

    def close(self) -> None:
        pass


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(1, 5), st.integers(1, 200))
def test_over_real_threads_every_batch_comes_once_in_order_and_the_budget_ends_at_nothing(
    threads: int, budget: int
) -> None:
    pool = ThreadPoolExecutor(threads)
    prefetch = Prefetch(pool, budget)
    splits = [Counting(30) for _ in range(6)]
    feeds = [PrefetchQueue(split, prefetch) for split in splits]
    found: List[List[int]] = [[] for _ in feeds]
    most = 0
    while any(len(each) < 30 for each in found[1:]):
        for place, feed in enumerate(feeds):
            feed.advance()
            most = max(most, prefetch.budget._used)
            fetched = feed.take()
            if fetched is not None:
                found[place].append(fetched.batch.read)
                assert fetched.position == str(fetched.batch.read).encode()
        time.sleep(0.0002)  # lets the other threads run
        if len(found[0]) == 10:
            feeds[0].close()
    pool.shutdown()
    prefetch._pool.shutdown(wait=True)
    for feed in feeds:
        feed.close()
    assert all(each == list(range(1, 31)) for each in found[1:])
    assert not any(split.shared for split in splits)
    assert most < 2 * budget + threads * 10
    assert prefetch.budget._used == 0
