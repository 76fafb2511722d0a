"""The forward job's parts in one process, without Flink: connected as connectors/engine/flink connects them.

Queues and dicts replace Flink:

1. Orders are queued for each reader, and records for each lane.
2. Every part has its state entries. A checkpoint is a consistent cut through all of them.
3. After a crash only the last cut is left.
4. Everything runs in the caller's thread, in an order that depends on a seed. The parts' own threads, such as
   those that prefetch, run as they do in the job.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict, deque
from typing import Callable, DefaultDict, Deque, Dict, List, Mapping, NamedTuple, Optional

from connectors.config.settings import Settings
from connectors.engine.enumerator.discovery import DiscoveryPoller
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.flink.completion import Completion
from connectors.engine.lane.lane import Lane, LaneOutcome, TableCount
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.forward.components import ForwardParts
from connectors.model import orders, records
from connectors.model.notices import ScanDone, encode
from connectors.model.orders import NoticeOrder
from connectors.model.state import Changed
from tests.harness.paced import Paced

Entries = Dict[str, bytes]
QUEUED = 16
"""Maximum records in flight to the lanes. Then the readers must wait, as they do when Flink's buffers are
full."""
TICK_SECONDS = 0.1


class Cut(NamedTuple):
    """The state entries of all parts at one checkpoint. A part has an entry after it has received
    something."""

    enumerator: Entries
    slots: Dict[int, Entries]
    lanes: Dict[int, Entries]

    def copy(self) -> Cut:
        return Cut(
            dict(self.enumerator),
            {number: dict(entries) for number, entries in self.slots.items()},
            {number: dict(entries) for number, entries in self.lanes.items()},
        )


class Pipeline(Paced):
    """The job. `notices`, `counts`, `dead` (letters) and `emitted` (bytes) survive crashes; everything else
    restarts from the last cut."""

    def __init__(
        self,
        settings: Settings,
        components: Callable[[Settings], ForwardParts] = ForwardParts,
        seed: int = 0,
    ) -> None:
        self.settings, self._make_parts = settings, components
        self._random = random.Random(seed)
        self.completion = Completion(settings.lanes, scan=settings.mode in ("all", "full"))
        self.notices: List[str] = []
        self.counts: DefaultDict[str, TableCount] = defaultdict(TableCount)
        self.dead = self.emitted = 0
        self.last_cut = Cut({}, {}, {})
        self._begin(first_attempt=True)

    def turn(self) -> None:
        """Make a step of each part. Some of the lanes stay behind."""
        if time.monotonic() >= self._next_tick:
            self._tick()
        for number in self._drawn(self._orders):
            self._take_orders(number)
        more = False
        for number in self._drawn(self._state.slots):
            if sum(map(len, self._records.values())) < QUEUED:
                more |= self._step(number)
        for number in self._drawn(self._records):
            self._apply(number, self._random.randint(0, len(self._records[number])))
        if not more and not any(self._records.values()):
            time.sleep(0.005)

    def checkpoint(self) -> Cut:
        """Take a checkpoint with aligned barriers: a part is copied after it has processed everything that
        earlier parts sent before their own copy."""
        enumerator = dict(self._state.enumerator)
        for number in list(self._orders):
            self._take_orders(number)
        slots = self._state.copy().slots
        for number in list(self._records):
            self._apply(number, len(self._records[number]))
        self.last_cut = Cut(enumerator, slots, self._state.copy().lanes)
        return self.last_cut

    def close(self) -> None:
        if self._poller is not None:
            self._poller.close()
        for slot in self._slots.values():
            slot.close()
        for lane in self._lanes.values():
            lane.close()

    def phases(self) -> str:
        tables = self._plans.tables.values() if self._plans else ()
        return ", ".join(f"{state.table}: {state.phase.name} {state.generation}" for state in tables)

    def standing(self) -> str:
        """The state of the job, which shows whether it is slow or makes no progress."""
        to_readers, to_lanes = (
            {to: len(each) for to, each in q.items()} for q in (self._orders, self._records)
        )
        return (
            f"notices {self.notices}, {self.phases()}, {dict(self.counts)}, {self.dead} dead, "
            f"waiting for readers {to_readers}, for lanes {to_lanes}"
        )

    def _begin(self, first_attempt: bool) -> None:
        self.components = self._make_parts(self.settings)
        self._state = self.last_cut.copy()
        self._first_attempt, self._next_tick = first_attempt, 0.0
        self._plans: Optional[TablesPlanner] = None
        self._poller: Optional[DiscoveryPoller] = None
        self._slots: Dict[int, ReaderShard] = {}
        self._lanes: Dict[int, Lane] = {}
        self._orders: DefaultDict[int, Deque[bytes]] = defaultdict(deque)
        self._records: DefaultDict[int, Deque[bytes]] = defaultdict(deque)

    def _drawn(self, keyed: Mapping[int, object]) -> List[int]:
        return self._random.sample(sorted(keyed), len(keyed))

    def _tick(self) -> None:
        """Do what connectors.engine.flink.enumerator.EnumeratorFunction.process_element does."""
        self._next_tick = time.monotonic() + TICK_SECONDS
        plans, poller = self._plans, self._poller
        if plans is None or poller is None:
            plans = self._plans = self.components.planner(self._state.enumerator.items(), self._first_attempt)
            poller = self._poller = self.components.poller(self._first_attempt)
            poller.watch(plans.tables)
            poller.start()
        for observation in poller.seen():
            self._order(*plans.observe(observation))
        self._order(*plans.advance())
        poller.watch(plans.tables)

    def _order(self, due: Orders, changed: Changed) -> None:
        store(self._state.enumerator, changed)
        for number, order in due:
            self._orders[number].append(orders.encode(order))

    def _take_orders(self, number: int) -> None:
        """Do what connectors.engine.flink.reader.ReaderFunction.process_element does."""
        while self._orders[number]:
            entries = self._state.slots.setdefault(number, {})
            slot = self._slot(number, entries)
            order = orders.decode(self._orders[number].popleft())
            if isinstance(order, NoticeOrder):
                for lane in range(self.settings.lanes):
                    self._records[lane].append(records.encode([records.LaneNotice(order.text)]))
            store(entries, slot.take(order))

    def _step(self, number: int) -> bool:
        """Do what connectors.engine.flink.reader.ReaderFunction.on_timer does."""
        entries = self._state.slots[number]
        emission = self._slot(number, entries).step(4 << 20)
        for lane, parts in emission.parts.items():
            self._records[lane].append(records.encode(parts))
        store(entries, emission.changed)
        self.emitted += emission.size
        return emission.more

    def _slot(self, number: int, entries: Entries) -> ReaderShard:
        if number not in self._slots:
            self._slots[number] = self.components.reader(number, list(entries.items()))
        return self._slots[number]

    def _apply(self, number: int, count: int) -> None:
        """Do what connectors.engine.flink.lane.LaneFunction.process_element does, for `count` of the waiting
        records."""
        for _ in range(count):
            entries = self._state.lanes.setdefault(number, {})
            if number not in self._lanes:
                self._lanes[number] = self.components.lane(number, list(entries.items()))
            outcome = self._lanes[number].apply(records.decode(self._records[number].popleft()))
            store(entries, outcome.changed)
            self._note(number, outcome)

    def _note(self, lane: int, outcome: LaneOutcome) -> None:
        notices = list(outcome.notices) if lane == 0 else []
        for table, count in outcome.counts.items():
            for name in ("scanned", "streamed", "dropped", "written"):
                setattr(self.counts[table], name, getattr(self.counts[table], name) + getattr(count, name))
            if count.finished:
                notices.append(encode(ScanDone(lane, count.finished, table)))
        self.dead += outcome.report.dead
        self.notices += notices
        for notice in notices:
            self.completion.take(notice)


def store(entries: Entries, changed: Changed) -> None:
    """Do what connectors.engine.flink.store.store does."""
    entries.update(changed.puts)
    for name in changed.removes:
        entries.pop(name, None)
