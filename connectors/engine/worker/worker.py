"""The worker of one subtask: reads the splits of its slots and writes what they read.

One thread runs the loop. A pool's threads read the splits; the pipeline's sockets or threads write. The
operator's thread passes orders in and takes state out, and never waits.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Deque, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple, Union

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.worker.counts import Counts
from connectors.engine.worker.environment import Environment, Outcome
from connectors.engine.worker.feed import Feed, Fetched
from connectors.engine.worker.gauges import SlotGauges
from connectors.engine.worker.outbox import WorkerOutbox, feeds_of
from connectors.engine.worker.pages import Page
from connectors.engine.worker.reads import ReadQueue
from connectors.engine.worker.slot import WorkerSlot
from connectors.engine.worker.table import TableWork
from connectors.model.orders import Order, RateOrder, StreamOrder
from connectors.model.pages import ReadSplit
from connectors.model.pipeline import ENDING_SECONDS, Landed
from connectors.model.state import Changed, Entries

LAND_SECONDS = 0.01
"""The longest wait for responses while requests are in flight: pages that arrive meanwhile wait as long."""
IDLE_SECONDS = 0.5
CLOSE_SECONDS = ENDING_SECONDS + 5.0
SHOWN_SECONDS = 1.0
"""Between two computations of the gauges."""
REPORT_SECONDS = 0.2
"""Between two looks at what is reported to the board."""


class _Opened(NamedTuple):
    number: int
    saved: List[Tuple[str, bytes]]


class _Taken(NamedTuple):
    number: int
    entry: int
    order: Order


class _Found(NamedTuple):
    slot: WorkerSlot
    order: StreamOrder


Mail = Union[_Opened, _Taken, _Found, Fetched]


class Worker:
    def __init__(self, environment: Environment) -> None:
        self._env, self._clock = environment, environment.timing.clock
        self._pipeline = environment.pipeline
        self._reads = ReadQueue(environment.submit, self.post, environment.budget, self._clock)
        self._outbox = WorkerOutbox(self._pipeline.most, self._pipeline.most_copies)
        self.slots: Dict[int, WorkerSlot] = {}
        self.counts = Counts()
        self.run = ""
        """The enumerator's run; set by the operator."""
        self._mail: Deque[Mail] = deque()
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._touched: Set[Feed] = set()
        self._report_at = self._show_at = 0.0
        self._gauges = SlotGauges()
        self.shown: List[Gauge] = []
        """The gauges, as of a second ago at most."""
        self._lock = threading.Lock()
        self._outcome = Outcome({}, [])
        self._error: Optional[BaseException] = None
        self._send_at: Optional[float] = None
        self._thread = threading.Thread(target=self._loop, name="worker", daemon=True)

    # -- the operator's thread -----------------------------------------------------------------------------

    def begin(self) -> Worker:
        self._thread.start()
        return self

    def open(self, number: int, saved: Entries) -> None:
        self.post(_Opened(number, list(saved)))

    def take(self, number: int, entry: int, order: Order) -> None:
        """Follow an order; `entry` is its number in the slot's state."""
        self.post(_Taken(number, entry, order))

    def step(self) -> Outcome:
        """What has become durable since the last call. Raises the error that ended the worker."""
        if self._error is not None:
            raise self._error
        with self._lock:
            taken, self._outcome = self._outcome, Outcome({}, [])
        return taken

    @property
    def retries(self) -> int:
        return self._pipeline.retries

    @property
    def throttles(self) -> int:
        return self._pipeline.throttles

    def close(self) -> None:
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def post(self, mail: Mail) -> None:
        self._mail.append(mail)
        if not self._wake.is_set():
            self._wake.set()

    # -- the worker's thread -------------------------------------------------------------------------------

    def _loop(self) -> None:
        try:
            while not self._stopped.is_set():
                self.turn()
        except BaseException as error:  # passed to the operator's step, which raises it
            self._error = error
        finally:
            for slot in self.slots.values():
                slot.close()
            self._pipeline.close()
            self._env.close()

    def turn(self, patience: float = IDLE_SECONDS) -> None:
        """One round: new pages and orders, reads that are due, requests, responses. Waits for something to do
        for at most `patience` seconds."""
        self._wake.clear()
        while self._mail:
            self._handle(self._mail.popleft())
        self._reads.start_due()
        self._send()
        self._land(patience)
        self._settle()
        self._report()
        self._hand_over()

    def _handle(self, mail: Mail) -> None:
        if isinstance(mail, Fetched):
            self._fetched(mail)
        elif isinstance(mail, _Taken):
            self.slots[mail.number].take(mail.entry, mail.order)
        elif isinstance(mail, _Opened):
            # Registered before its splits are opened.
            self.slots[mail.number] = WorkerSlot(mail.number, self, self._env.opener, mail.saved, self._clock)
        else:
            mail.slot.follow(mail.order)

    def start(self, split: ReadSplit, work: TableWork, slot: WorkerSlot) -> Feed:
        """Called by a slot: read this split from now on."""
        feed = self._reads.open(split)
        feed.owner = (slot, work)
        self._reads.schedule(feed)
        return feed

    def drop(self, table: str, feeds: Iterable[Feed]) -> None:
        gone = set(feeds)
        self._outbox.drop(table, lambda page: page.feed in gone)
        self._touched |= gone

    def set_rates(self, order: RateOrder) -> None:
        self._env.set_rates(order)

    def children_of(self, slot: WorkerSlot, order: StreamOrder, shard_id: str, root: str) -> None:
        """If none are found, no harm is done: the enumerator finds the children too, later."""

        def found(children: StreamOrder) -> None:
            if children.assign:
                self.post(_Found(slot, children))

        find = self._env.find_children
        if find is not None:
            find(order, shard_id, root, found)

    # -- reading -------------------------------------------------------------------------------------------

    def _fetched(self, fetched: Fetched) -> None:
        feed, page = fetched.feed, fetched.page
        if fetched.idle:
            feed.busy = False
        slot, work = feed.owner
        if fetched.error is not None:
            slot.failed(work, feed, fetched.error)
        if page is not None:
            self._add(feed, work, Page(feed, page))
        if fetched.idle:
            if feed.stopped:
                self._touched.add(feed)
            elif fetched.error is None:
                self._reads.schedule(feed)

    def _add(self, feed: Feed, work: TableWork, page: Page) -> None:
        read = page.page
        if work.feeds.get(feed.split.split_id) is not feed:
            feed.release(read.size)  # the split was closed meanwhile
            return
        feed.ended = read.done
        feed.line.add(page)
        self.counts.read(work.table, read)
        self._outbox.add(work.table, page)
        if not page.left:
            self._touched.add(feed)

    # -- writing -------------------------------------------------------------------------------------------

    def _send(self) -> None:
        self._send_at = None
        while True:
            now = self._clock()
            request, wait = self._outbox.next(self._pipeline, now)
            if request is None:
                self._send_at = now + wait
                return
            self._pipeline.send(request)

    def _land(self, patience: float) -> None:
        wait = min(self._wait(), patience)
        if len(self._pipeline):
            for landed in self._pipeline.landed(min(wait, LAND_SECONDS)):
                self._landed(landed)
        elif wait > 0 and not self._mail:
            self._wake.wait(wait)

    def _wait(self) -> float:
        """Seconds until something other than a response or a mail requires action."""
        if self._touched or self._mail:
            return 0.0
        now = self._clock()
        due = [now + IDLE_SECONDS, self._reads.next_due, self._send_at]
        return max(0.0, min(at for at in due if at is not None) - now)

    def _landed(self, landed: Landed) -> None:
        request = landed.request
        if landed.error is not None:
            for feed in feeds_of(landed):
                feed.owner[0].jammed(feed, landed.error)
        if request.owner is not None:  # copied items
            page: Page = request.owner
            if landed.whole:
                page.left -= 1
            self.counts.copied(landed)
            self._refused(landed, page, request.table)
            self._touched.add(page.feed)
            return
        for page in self._outbox.landed(landed.writes):
            self._touched.add(page.feed)
        if landed.error is None:
            self.counts.changed(landed)
        if landed.dead:  # then it is the only write
            write = landed.writes[0]
            self._refused(landed, write.pages[0], write.table)  # type: ignore[attr-defined]

    def _refused(self, landed: Landed, page: Page, table: str) -> None:
        if landed.dead:
            page.feed.owner[0].refused(table, landed.dead)

    # -- what follows --------------------------------------------------------------------------------------

    def _settle(self) -> None:
        while self._touched:
            feed = self._touched.pop()
            durable = feed.line.settle()
            slot, work = feed.owner
            if durable:
                feed.release(sum(page.size for page in durable))
                slot.settled(work, feed, durable)
            elif feed.stopped and feed.quiet:
                slot.quiet(work)

    def _report(self) -> None:
        now = self._clock()
        if now < self._report_at:
            return
        self._report_at = now + REPORT_SECONDS
        for slot in self.slots.values():
            slot.check()
            if self.run:
                self._env.publish(slot.document(self.run, self._env.wall()))
        if now >= self._show_at:
            self._show_at = now + SHOWN_SECONDS
            self.shown = self._gauges.of(self.slots.values(), self._env.wall())

    def _hand_over(self) -> None:
        changed = [slot for slot in self.slots.values() if slot.changed or slot.notices]
        if not changed:
            return
        with self._lock:
            for slot in changed:
                if slot.changed:
                    self._outcome.changed.setdefault(slot.number, Changed()).merge(slot.changed)
                    slot.changed = Changed()
                self._outcome.notices.extend(slot.notices)
                slot.notices = []
