from __future__ import annotations

from typing import Callable, List, Optional, Union

from connectors.base.errors import TransientError
from connectors.engine.budget import SPLIT_BYTES, ReadBudget
from connectors.engine.worker.feed import Feed, Fetched
from connectors.engine.worker.pages import Page, PageLine
from connectors.model.pages import ReadPage, ReadSplit

MIB = 1 << 20


class FakeSplit(ReadSplit):
    split_id = "t/1/s"

    def __init__(self, *pages: Union[ReadPage, Exception, None]) -> None:
        self.pages = list(pages)
        self.awake = 0.0
        self.closed = False

    def next_page(self) -> Optional[ReadPage]:
        page = self.pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page

    def next_awake(self) -> float:
        return self.awake

    def close(self) -> None:
        self.closed = True


def page(size: int = 10, done: bool = False) -> ReadPage:
    return ReadPage(b"", size, done=done)


class Rig:
    """A pool of one thread that runs what is asked of it until nothing is left."""

    def __init__(self, *pages: Union[ReadPage, Exception, None], limit: int = 100 * MIB) -> None:
        self.budget, self.posted = ReadBudget(limit), []  # type: ignore[var-annotated]
        self.split = FakeSplit(*pages)
        self.feed = Feed(self.split, self.budget, self.posted.append)
        self.between: Callable[[], None] = lambda: None

    def read(self) -> List[Fetched]:
        queue = [self.feed]
        self.feed.busy = True
        while queue:
            queue.pop().read(queue.append, lambda: 1.0)
            self.between()
        return self.posted


def test_a_split_is_read_on_until_it_has_nothing_new() -> None:
    rig = Rig(page(1), page(2), None)

    def sleep_after_the_last() -> None:
        rig.split.awake = 2.0 if len(rig.split.pages) == 1 else 0.0

    rig.between = sleep_after_the_last
    assert [(each.page and each.page.size, each.idle) for each in rig.read()] == [
        (1, False),
        (2, False),
        (None, True),
    ]


def test_the_last_page_before_a_pause_says_that_the_thread_has_left() -> None:
    rig = Rig(page(1))
    rig.split.awake = 2.0
    assert [(each.page is not None, each.idle) for each in rig.read()] == [(True, True)]


def test_nothing_new_without_a_pause_is_not_posted() -> None:
    """A new iterator, for example: the next call may bring a page at once."""
    rig = Rig(None, None, page(1, done=True))
    assert [each.page for each in rig.read()] == [page(1, done=True)]


def test_a_split_that_is_done_is_not_read_again() -> None:
    rig = Rig(page(1, done=True))
    assert [each.idle for each in rig.read()] == [True]


def test_an_error_is_posted_and_ends_the_reading() -> None:
    error = TransientError("cut")
    rig = Rig(page(1), error)
    assert rig.read()[-1] == Fetched(rig.feed, None, True, error)


def test_a_split_that_was_stopped_is_not_read_and_its_thread_leaves() -> None:
    rig = Rig(page(1), page(2))

    def stop() -> None:
        rig.feed.stopped = True

    rig.between = stop
    assert [(each.page is not None, each.idle) for each in rig.read()] == [(True, False), (False, True)]
    assert len(rig.split.pages) == 1


def test_closing_stops_the_feed_and_closes_its_split() -> None:
    rig = Rig(page(1))
    rig.feed.close()
    assert rig.split.closed
    assert [each.page for each in rig.read()] == [None]


def test_a_split_is_read_ahead_within_its_limit_and_on_when_pages_are_released() -> None:
    rig = Rig(page(SPLIT_BYTES - 1), page(5), page(6))
    assert [each.idle for each in rig.read()] == [False, True]
    assert rig.feed.held == SPLIT_BYTES + 4
    assert not rig.feed.has_room
    rig.feed.release(SPLIT_BYTES - 1)
    assert rig.feed.has_room


def test_a_full_worker_still_reads_a_page_of_each_split_that_has_none_up_to_twice_the_limit() -> None:
    rig = Rig(page(MIB), page(MIB), limit=MIB)
    other = Feed(FakeSplit(), rig.budget, rig.posted.append)
    rig.read()
    assert len(rig.split.pages) == 1
    assert not rig.feed.has_room
    assert other.has_room
    rig.budget.add(rig.feed, MIB)
    assert not other.has_room
    rig.budget.add(rig.feed, -2 * MIB)
    assert rig.feed.has_room


def test_a_feed_is_quiet_when_nothing_is_being_read_and_all_is_written() -> None:
    rig = Rig(page(1, done=True))
    rig.feed.busy = True
    assert not rig.feed.quiet
    rig.feed.busy = False
    assert rig.feed.quiet
    rig.feed.line.add(Page(rig.feed, page()))
    assert not rig.feed.quiet
    rig.feed.line.settle()
    assert rig.feed.quiet


def test_a_page_is_settled_only_with_all_pages_before_it() -> None:
    line, pages = PageLine(), [Page(None, page(size)) for size in (1, 2, 3)]
    for each, left in zip(pages, (1, 0, 2)):
        each.left = left
        line.add(each)
    assert line.settle() == []
    pages[0].left = 0
    assert [each.size for each in line.settle()] == [1, 2]
    assert line
    pages[2].left = 0
    assert [each.size for each in line.settle()] == [3]
    assert not line
