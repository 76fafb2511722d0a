"""The check's parts in one process, without Flink: connected as connectors/engine/flink connects them.

Queues and dicts replace Flink:

1. Orders are queued for each reader, and records for each lane.
2. Every part has its state entries. A checkpoint is a consistent cut through all of them.
3. After a crash only the last cut is left.
4. Everything runs in the caller's thread, in an order that depends on a seed. The parts' own threads run as
   they do in the job.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict, deque
from typing import Any, Callable, DefaultDict, Deque, Dict, List, Mapping, NamedTuple, Optional

from connectors.check.components import CheckParts, job_of
from connectors.check.lane import CheckLane, CheckOutcome
from connectors.check.report.summary import Summary
from connectors.check.report_collector import ReportCollector
from connectors.check.suspects import ENTRY
from connectors.config.settings import Settings
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.model import orders, records
from connectors.model.orders import NoticeOrder
from tests.harness.enumerator import Entries, EnumeratorOperator, store
from tests.harness.paced import PATIENCE_SECONDS, Paced

QUEUED = 16
"""Maximum records in flight to the lanes. Then the readers must wait, as they do when Flink's buffers are
full."""
STEP_BYTES = 4 << 20
_BULK = "bulk/"


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


class DictBulk:
    """A `BulkState` within a lane's other entries."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def get(self, name: str) -> bytes:
        return self._entries.get(_BULK + name, b"")

    def put(self, name: str, value: bytes) -> None:
        self._entries[_BULK + name] = value

    def remove(self, name: str) -> None:
        self._entries.pop(_BULK + name, None)


def parts_of(settings: Settings) -> CheckParts:
    return job_of(settings).open()


class CheckPipeline(Paced):
    """A check. `summary`: its verdict; None until it ends. `summary`, `notices` and `emitted` (bytes) survive
    crashes; everything else restarts from the last cut."""

    def __init__(
        self, settings: Settings, components: Callable[[Settings], Any] = parts_of, seed: int = 0
    ) -> None:
        self.settings, self._make_parts = settings, components
        self._random = random.Random(seed)
        self.summary: Optional[Summary] = None
        self.turns = self.emitted = 0
        self.notices: List[str] = []
        self.last_cut = Cut({}, {}, {})
        self._begin(first_attempt=True)

    @property
    def suspects(self) -> int:
        """Number of suspects that are not settled yet."""
        return sum(name.startswith(ENTRY) for lane in self._state.lanes.values() for name in lane)

    def turn(self) -> None:
        """Make a step of each part. Some of the lanes stay behind."""
        self.turns += 1
        self._enumerator.tick()
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
        for number, lane in list(self._lanes.items()):
            if lane.pause() is not None:
                self._keep(number, lane.step())

    def run(self, seconds: float = PATIENCE_SECONDS) -> Summary:
        self.run_until(lambda: self.summary is not None, seconds)
        assert self.summary is not None
        return self.summary

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
        self._enumerator.close()
        for slot in self._slots.values():
            slot.close()
        for lane in self._lanes.values():
            lane.close()
        self._ending.close()

    def standing(self) -> str:
        to_slots, to_lanes = (
            {to: len(each) for to, each in q.items()} for q in (self._orders, self._records)
        )
        planner = self._enumerator.planner
        known = planner.tables.values() if planner else ()
        tables = [f"{table.table}: {table.phase.name}" for table in known]
        return (
            f"notices {self.notices}, {tables}, {self.suspects} suspects, "
            f"waiting for slots {to_slots}, for lanes {to_lanes}"
        )

    def _begin(self, first_attempt: bool) -> None:
        self.components = self._make_parts(self.settings)
        self._state = self.last_cut.copy()
        self._enumerator = EnumeratorOperator(self.components, self._state.enumerator, first_attempt, [])
        self._slots: Dict[int, ReaderShard] = {}
        self._lanes: Dict[int, CheckLane] = {}
        self._orders = self._enumerator.orders
        self._records: DefaultDict[int, Deque[bytes]] = defaultdict(deque)
        self._ending: ReportCollector = self.components.job.collector()

    def _drawn(self, keyed: Mapping[int, object]) -> List[int]:
        return self._random.sample(sorted(keyed), len(keyed))

    def _take_orders(self, number: int) -> None:
        """Do what connectors.engine.flink.reader.ReaderFunction.process_element does."""
        while self._orders[number]:
            entries = self._state.slots.setdefault(number, {})
            slot = self._slot(number, entries)
            order = orders.decode(self._orders[number].popleft())
            if isinstance(order, NoticeOrder):
                for lane in range(self.settings.check.lanes):
                    self._records[lane].append(records.encode([records.LaneNotice(order.text)]))
            store(entries, slot.take(order))

    def _step(self, number: int) -> bool:
        """Do what connectors.engine.flink.reader.ReaderFunction.on_timer does."""
        entries = self._state.slots[number]
        emission = self._slot(number, entries).step(STEP_BYTES)
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
        """Do what connectors.check.flink.CheckLaneFunction.process_element does, for `count` of the waiting
        records."""
        for _ in range(count):
            entries = self._state.lanes.setdefault(number, {})
            if number not in self._lanes:
                saved = [(name, value) for name, value in entries.items() if not name.startswith(_BULK)]
                self._lanes[number] = self.components.lane(number, DictBulk(entries), saved)
            parts = records.decode(self._records[number].popleft())
            self._keep(number, self._lanes[number].apply(parts))

    def _keep(self, number: int, outcome: CheckOutcome) -> None:
        store(self._state.lanes[number], outcome.changed)
        for notice in outcome.notices:
            self.notices.append(notice)
            self.summary = self._ending.take(notice) or self.summary
