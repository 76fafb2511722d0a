"""One worker slot: its orders, its tables and its state. Used by the worker's thread only.

State entries: `i/<number>` an order that has not been followed, `o/<split>` a segment's order, `p/<split>` a
position, `r/<stream>` a StreamReading, `s/<table>` a StepState, `c/<table>` a Tally, `d/<table>` the number
of dead letters.

Any older checkpoint may be restored: a position is stored only when everything before it is durable.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Callable, DefaultDict, Dict, Iterable, List, NamedTuple, Optional, Protocol

import msgspec

from connectors.dynamodb.streams.shard_set import Ready
from connectors.engine.reader.tally import ENTRY, Tallies
from connectors.engine.table_faults import fault_of
from connectors.engine.worker.feed import Feed
from connectors.engine.worker.reading import StreamReading
from connectors.engine.worker.table import StepState, TableWork
from connectors.model import orders
from connectors.model.board import Document
from connectors.model.notices import ScanDone, encode
from connectors.model.orders import (
    DropOrder,
    NoticeOrder,
    Order,
    RateOrder,
    SegmentOrder,
    StepOrder,
    StreamOrder,
)
from connectors.model.pages import ReadPage, ReadSplit
from connectors.model.state import Changed, Entries
from connectors.model.steps import StepKind, TableFault

SCANS_AT_ONCE = 2
"""Segments that a slot reads concurrently."""
FAULT_PATIENCE_SECONDS = 600.0
"""Seconds for which a reported error may remain without a response before it fails the job."""

_step_state = msgspec.msgpack.Decoder(StepState).decode
_count = msgspec.msgpack.Decoder(int).decode


class Opener(Protocol):
    """Opens splits from orders and saved positions."""

    def segment(self, order: SegmentOrder, saved: Optional[bytes]) -> ReadSplit: ...

    def shard(self, order: StreamOrder, ready: Ready, saved: Optional[bytes]) -> ReadSplit: ...


class _Reported(NamedTuple):
    fault: TableFault
    error: BaseException
    at: float


class SlotHost(Protocol):
    """What a slot needs of its worker."""

    def start(self, split: ReadSplit, work: TableWork, slot: WorkerSlot) -> Feed: ...

    def drop(self, table: str, feeds: Iterable[Feed]) -> None: ...

    def set_rates(self, order: RateOrder) -> None: ...

    def children_of(self, slot: WorkerSlot, order: StreamOrder, shard_id: str, root: str) -> None:
        """Ask for the children of a shard that has ended; the answer comes as an order."""
        ...


class WorkerSlot:
    def __init__(
        self,
        number: int,
        worker: SlotHost,
        opener: Opener,
        saved: Entries = (),
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`clock`: monotonic."""
        self.number, self._worker, self._opener, self._clock = number, worker, opener, clock
        self.tables: Dict[str, TableWork] = {}
        self.tallies = Tallies()
        self.dead: DefaultDict[str, int] = defaultdict(int)
        self.changed = Changed()
        self.notices: List[str] = []
        self._waiting: Dict[str, SegmentOrder] = {}
        self._scans: List[Feed] = []
        self._faults: Dict[str, _Reported] = {}
        self._restore(saved)

    # -- orders --------------------------------------------------------------------------------------------

    def follow(self, order: Order) -> None:
        if isinstance(order, SegmentOrder):
            self._segment(order)
        elif isinstance(order, StreamOrder):
            work = self._work(order.table, order.generation)
            if work is not None:
                work.assign(order)
        elif isinstance(order, StepOrder):
            work = self._work(order.table, order.generation)
            if work is not None:
                work.go(order)
                self._answered(work)
                self._queue_segments(work)
        elif isinstance(order, DropOrder):
            self._drop(order)
        elif isinstance(order, RateOrder):
            self._worker.set_rates(order)
        elif isinstance(order, NoticeOrder):
            self._recall(order.text)

    def take(self, number: int, order: Order) -> None:
        """Follow an order that the state holds as entry `i/<number>`."""
        self.changed.remove(inbox_entry(number))
        self.follow(order)

    def document(self, run: str, now: float) -> Document:
        """`now`: epoch seconds, the source's clock."""
        tables = {table: work.fact(now) for table, work in self.tables.items() if not work.state.live}
        return Document(run, self.number, tables, [table.fault for table in self._faults.values()])

    def check(self) -> None:
        """Raises the error to which nobody has responded."""
        for reported in self._faults.values():
            if self._clock() - reported.at > FAULT_PATIENCE_SECONDS:
                raise reported.error

    def _answered(self, work: TableWork) -> None:
        """The enumerator has suspended the table, or lets it go on: what was reported before is over."""
        reported = self._faults.get(work.table)
        if reported is not None and reported.fault.hold != work.state.hold:
            del self._faults[work.table]
            self._open_segments()

    def _segment(self, order: SegmentOrder) -> None:
        work = self._work(order.table, order.generation)
        if work is None or order.split_id in work.segments:
            return
        work.add(order)
        self.changed.put("o/" + order.split_id, orders.encode(order))
        self._queue_segments(work)

    def _work(self, table: str, generation: int) -> Optional[TableWork]:
        """The table in this generation; None if the slot has a newer one."""
        work = self.tables.get(table)
        if work is None:
            work = self.tables[table] = TableWork(self, table, StepState(generation))
            work.store()
        elif work.state.generation < generation:
            self._renew(work, generation)
        return work if work.state.generation == generation else None

    def _drop(self, order: DropOrder) -> None:
        work = self._work(order.table, order.generation)
        if work is not None:
            self.tallies.drop(order.table, order.generation, self.changed)

    def _renew(self, work: TableWork, generation: int) -> None:
        for split_id in work.segments:
            self._waiting.pop(split_id, None)
        work.renew(generation)
        self._faults.pop(work.table, None)
        self._open_segments()

    def _recall(self, text: str) -> None:
        if self.number == 0:  # every slot gets the notice, one passes it on
            self.notices.append(text)
        for table in self.tables:
            self._report(table)

    def _report(self, table: str) -> None:
        """Tell how many segments of the table this slot has completed, if none is left."""
        work, tally = self.tables[table], self.tallies.tables.get(table)
        if tally is not None and not work.segments:
            self.notices.append(encode(ScanDone(self.number, tally.generation, table, tally.done)))

    # -- splits --------------------------------------------------------------------------------------------

    def _queue_segments(self, work: TableWork) -> None:
        if work.running is StepKind.SCAN:
            for split_id, order in work.segments.items():
                if split_id not in work.feeds:
                    self._waiting[split_id] = order
            self._open_segments()

    def _open_segments(self) -> None:
        self._scans = [feed for feed in self._scans if not feed.stopped]
        while self._waiting and len(self._scans) < SCANS_AT_ONCE:
            split_id = next(iter(self._waiting))
            order = self._waiting.pop(split_id)
            work = self.tables[order.table]
            if work.running is StepKind.SCAN and split_id in work.segments and split_id not in work.feeds:
                split = self._opener.segment(order, work.positions.get(split_id))
                feed = work.feeds[split_id] = self._worker.start(split, work, self)
                self._scans.append(feed)

    def open_shard(self, work: TableWork, order: StreamOrder, ready: Ready) -> Feed:
        assert work.reading is not None
        saved = work.positions.get(work.reading.split_id(ready.assignment.shard_id))
        return self._worker.start(self._opener.shard(order, ready, saved), work, self)

    def drop(self, work: TableWork, feeds: Iterable[Feed]) -> None:
        self._worker.drop(work.table, feeds)

    def settled(self, work: TableWork, feed: Feed, pages: List[ReadPage]) -> None:
        """These pages are durable, and all before them."""
        split_id, last = feed.split.split_id, pages[-1]
        if work.feeds.get(split_id) is not feed:
            self.quiet(work)  # it was stopped
            return
        work.keep(split_id, last.position, last.done or any(page.read for page in pages))
        order = work.segments.get(split_id)
        if order is not None:
            self.tallies.read(order, sum(page.read for page in pages), last.done, self.changed)
            if last.done:
                self._end_segment(work, split_id)
        else:
            self._settled_of_shard(work, split_id, last)
        if feed.stopped and not feed.line:
            self.quiet(work)

    def _end_segment(self, work: TableWork, split_id: str) -> None:
        work.end_segment(split_id)
        if not work.segments:
            self._report(work.table)
        self._open_segments()

    def _settled_of_shard(self, work: TableWork, split_id: str, last: ReadPage) -> None:
        shard_id = split_id.rsplit("/", 1)[1]
        if last.horizon is not None:
            work.reached(shard_id, last.horizon)
        if last.done:
            assert work.reading is not None
            order, root = work.reading.order, work.reading.shards.reading[shard_id].assignment.root_id
            work.end_shard(shard_id, last.position)
            self._worker.children_of(self, order, shard_id, root)

    def quiet(self, work: TableWork) -> None:
        """A feed of this table has stopped."""
        work.advance()
        self._queue_segments(work)
        self._open_segments()

    def failed(self, work: TableWork, feed: Feed, error: BaseException) -> None:
        """A read has failed. Raises the error unless it concerns this table alone."""
        if work.feeds.get(feed.split.split_id) is feed:
            order = work.segments.get(feed.split.split_id)
            self._report_fault(work, error, order is not None and order.of_target)

    def jammed(self, feed: Feed, error: BaseException) -> None:
        """The target refuses the table's writes. Raises the error unless it concerns this table alone."""
        work: TableWork = feed.owner[1]
        if work.feeds.get(feed.split.split_id) is feed:
            self._report_fault(work, error, True)
            work.jam()
            self._open_segments()

    def _report_fault(self, work: TableWork, error: BaseException, of_target: bool) -> None:
        fault = fault_of(error, work.table, of_target)
        if fault is None:
            raise error
        told = TableFault(work.table, work.state.generation, work.state.hold, fault.kind, fault.reason)
        self._faults.setdefault(work.table, _Reported(told, error, self._clock()))

    def refused(self, table: str, writes: int) -> None:
        """Count dead letters."""
        self.dead[table] += writes
        self.changed.put("d/" + table, msgspec.msgpack.encode(self.dead[table]))

    def close(self) -> None:
        for work in self.tables.values():
            for feed in work.feeds.values():
                feed.close()

    # -- state ---------------------------------------------------------------------------------------------

    def _restore(self, saved: Entries) -> None:
        entries = dict(saved)
        named: DefaultDict[str, Dict[str, bytes]] = defaultdict(dict)
        for name, value in entries.items():
            named[name[:2]][name[2:]] = value
        for table, value in named["s/"].items():
            self.tables[table] = TableWork(self, table, _step_state(value))
        for table, value in named[ENTRY].items():
            self.tallies.restore(table, value)
        for table, value in named["d/"].items():
            self.dead[table] = _count(value)
        self._restore_splits(named)
        for work in list(self.tables.values()):
            work.advance()
            self._queue_segments(work)
        for number in sorted(named["i/"], key=int):
            self.take(int(number), orders.decode(named["i/"][number]))

    def _restore_splits(self, named: Dict[str, Dict[str, bytes]]) -> None:
        for value in named["r/"].values():
            reading = StreamReading.decode(value)
            self.tables[reading.order.table].reading = reading
        for value in named["o/"].values():
            order = orders.decode(value)
            assert isinstance(order, SegmentOrder)
            self.tables[order.table].segments[order.split_id] = order
        for split_id, position in named["p/"].items():
            self.tables[split_id.split("/", 1)[0]].positions[split_id] = position


def inbox_entry(number: int) -> str:
    return f"i/{number}"
