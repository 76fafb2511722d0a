"""The forward job without Flink and network: plans, slots and lanes joined by channels, under a fault-ridden
schedule. What Flink would keep in state lies in dicts; a checkpoint copies all of them and the channels."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field
from typing import Deque, Dict, List, NamedTuple, Sequence, Tuple

from connectors.base.errors import GapError, TransientError
from connectors.engine.enumerator.observations import Listed, Observation, Prepared, Restreamed, Trimmed
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase
from connectors.engine.lane.lane import Lane
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.model import orders, records
from connectors.model.lane_batch import LaneBatch
from connectors.model.orders import NoticeOrder, Order
from connectors.model.records import Part
from connectors.model.state import Changed
from connectors.model.writes import Write, WriteReport
from tests.fakes.prefetch import ManualPrefetch
from tests.unit.connectors.engine.lane.splits import ModelOpener
from tests.unit.connectors.engine.lane.world import STALE, TABLE, World, key_of, stamp_of

STEP_BYTES = 4 << 20
SLOTS, LANES = 2, 3
GRACE = STALE + 2
ALL = PlannerRules(readers=SLOTS, scan=True, stream=True, rescan=True, segments=3)
INCREMENTAL = PlannerRules(readers=SLOTS, scan=False, stream=True, rescan=True, segments=3)
Store = Dict[str, bytes]


class Shown(NamedTuple):
    """The last write of a key that completed."""

    stamp: int
    scanned: bool
    epoch: Tuple[int, int]
    """Crashes and generation: within one, the stream never goes back."""


@dataclass
class State:
    """What a checkpoint holds."""

    plans: Store = field(default_factory=dict)
    slots: List[Store] = field(default_factory=lambda: [{} for _ in range(SLOTS)])
    lanes: List[Store] = field(default_factory=lambda: [{} for _ in range(LANES)])
    ordered: List[Deque[bytes]] = field(default_factory=lambda: [deque() for _ in range(SLOTS)])
    sent: Dict[Tuple[int, int], Deque[bytes]] = field(
        default_factory=lambda: {(slot, lane): deque() for slot in range(SLOTS) for lane in range(LANES)}
    )


class TargetWriter:
    """Applies to the world's target, and refuses a step back that no restart and no new scan explains."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.fails = False

    def write(self, writes: Sequence[Write]) -> WriteReport:
        for write in writes[::2] if self.fails else writes:
            self._apply(write)
        if self.fails:
            raise TransientError("the target went away half way")
        return WriteReport(len(writes))

    def close(self) -> None:
        pass

    def _apply(self, write: Write) -> None:
        key, stamp = key_of(write.body), stamp_of(write.body)
        scanned = "segment" in write.provenance or "sweep" in write.provenance
        epoch = (self._job.restarts, int(write.provenance.split("/")[1]))
        before = self._job.shown.get(key)
        if before is not None and before.epoch == epoch and stamp < before.stamp:
            # Only from what a scan showed: the stream may be behind it, and so may a page behind a sweep.
            assert before.scanned, f"{key}: {stamp} after {before} by {write.provenance}"
        self._job.shown[key] = Shown(stamp, scanned, epoch)
        if write.delete:
            self._job.world.target.pop(key, None)
        else:
            self._job.world.target[key] = write.body


class Job:
    def __init__(self, world: World, rules: PlannerRules) -> None:
        self.world, self.rules = world, rules
        self.state = State()
        self.checkpoints = [copy.deepcopy(self.state)]
        self.shown: Dict[str, Shown] = {}
        self.notes: Dict[int, Trimmed] = {}
        self.restarts = 0
        self._start()

    @property
    def generation(self) -> int:
        state = self.plans.tables.get(TABLE)
        return state.generation if state else 0

    def _start(self) -> None:
        saved, first = list(self.state.plans.items()), self.restarts == 0
        self.plans = TablesPlanner(self.rules, LANES, GRACE, saved, lambda: self.world.now, first)
        self.prefetch = [ManualPrefetch() for _ in range(SLOTS)]
        self.slots = [self._slot(number) for number in range(SLOTS)]
        self.writers = [TargetWriter(self) for _ in range(LANES)]
        self.lanes = [
            Lane(self.writers[number], list(self.state.lanes[number].items())) for number in range(LANES)
        ]

    def _slot(self, number: int) -> ReaderShard:
        saved = list(self.state.slots[number].items())
        opener, prefetch = ModelOpener(self.world, LANES), self.prefetch[number]
        clock = lambda: self.world.now  # noqa: E731
        return ReaderShard(number, LANES, opener, prefetch, 2, saved, clock, self._note, opener)

    def _note(self, gap: Trimmed) -> None:
        self.notes[gap.generation] = gap

    # -- the steps -----------------------------------------------------------------------------------------

    def tick(self) -> bool:
        """A step of the enumerator; True when it ordered something."""
        ordered = False
        for seen in self._look():
            due, changed = self.plans.observe(seen)
            ordered = self._order(due, changed) or ordered
        if self._old_generation_is_under_way():
            return True
        return self._order(*self.plans.advance()) or ordered

    def deliver(self, slot: int) -> bool:
        """One order arrives at its slot."""
        if not self.state.ordered[slot]:
            return False
        _store(
            self.state.slots[slot], self.slots[slot].take(orders.decode(self.state.ordered[slot].popleft()))
        )
        return True

    def fetch(self, slot: int, place: int) -> None:
        self.prefetch[slot].run_nth(place)

    def step(self, slot: int) -> bool:
        try:
            emission = self.slots[slot].step(STEP_BYTES)
        except GapError:  # it has waited too long for the new scan
            self.crash(0)
            return True
        for lane, parts in emission.parts.items():
            self.state.sent[(slot, lane)].append(records.encode(parts))
        _store(self.state.slots[slot], emission.changed)
        return emission.more

    def write(self, lane: int, slot: int, fails: bool = False) -> bool:
        """The lane takes a record of that slot, else of another. Where the write fails the job restarts."""
        channels = [slot for slot in range(SLOTS) if self.state.sent[(slot, lane)]]
        if not channels:
            return False
        taken = slot if slot in channels else channels[0]
        parts = records.decode(self.state.sent[(taken, lane)].popleft())
        self.writers[lane].fails = fails
        try:
            _store(self.state.lanes[lane], self.lanes[lane].apply(parts).changed)
        except TransientError:
            self.crash(0)
        return True

    def checkpoint(self) -> None:
        self.checkpoints.append(copy.deepcopy(self.state))

    def crash(self, back: int) -> None:
        """Back to the last checkpoint, or an earlier one: those after it never were."""
        del self.checkpoints[len(self.checkpoints) - min(back, len(self.checkpoints) - 1) :]
        self.restarts += 1
        self._restore()

    def resume(self) -> None:
        """From a savepoint made this moment: nothing is replayed, so no step back is excused."""
        self.checkpoint()
        self._restore()

    def _restore(self) -> None:
        self.state = copy.deepcopy(self.checkpoints[-1])
        self._start()

    def begin_scan(self) -> None:
        """Skip what leads up to it."""
        while TABLE not in self.plans.tables or self.plans.tables[TABLE].phase < TablePhase.SCANNING:
            self.world.now += 1.0
            self.tick()

    def registered_for_good(self) -> bool:
        """Forget the checkpoints from before the stream was registered: what a stream loses that no saved
        state knows of, nobody can tell. False when there would be none left."""
        kept = [one for one in self.checkpoints if _registered(one)]
        self.checkpoints = kept or self.checkpoints
        return bool(kept)

    def settle(self) -> None:
        """The application has stopped: let the job run until nothing comes any more."""
        quiet = 0
        for turn in range(10_000):
            self.world.now += 1.0
            busy = self.tick()
            for slot in range(SLOTS):
                while self.deliver(slot):
                    busy = True
                self.prefetch[slot].run()
                busy = self.step(slot) or busy
            for lane in range(LANES):
                while self.write(lane, turn % SLOTS):
                    pass
            quiet = 0 if busy else quiet + 1
            if quiet > GRACE + 3:
                return
        raise AssertionError("it does not come to rest")

    # -- inside --------------------------------------------------------------------------------------------

    def _look(self) -> List[Observation]:
        if TABLE not in self.plans.tables:
            _store(self.state.plans, self.plans.found([TABLE]))
        state = self.plans.tables[TABLE]
        seen: List[Observation] = list(self.notes.values())
        if state.phase is TablePhase.NEW:
            return [*seen, Prepared(TABLE, [("key", "S")], self.world.arn, 0, 0, 2 * (8 << 20))]
        if state.arn != self.world.arn:
            return [*seen, Restreamed(TABLE, state.arn, "made anew")]
        return [*seen, Listed(TABLE, state.arn, self.world.listing(), self.world.now)]

    def _order(self, due: Orders, changed: Changed) -> bool:
        _store(self.state.plans, changed)
        for slot, order in due:
            if not isinstance(order, NoticeOrder):
                self.state.ordered[slot].append(orders.encode(order))
        return bool(due)

    def _old_generation_is_under_way(self) -> bool:
        """What the grace has to cover: see table_planner.start_scan."""
        old = [order for channel in self.state.ordered for order in map(orders.decode, channel)]
        return any(_is_drop(order) for order in old) or any(
            isinstance(part, LaneBatch) and part.generation < self.generation for part in self._under_way()
        )

    def _under_way(self) -> List[Part]:
        return [
            part for channel in self.state.sent.values() for one in channel for part in records.decode(one)
        ]


def _registered(state: State) -> bool:
    tables = TablesPlanner(ALL, LANES, GRACE, list(state.plans.items())).tables
    return TABLE in tables and tables[TABLE].phase >= TablePhase.REGISTERED


def _is_drop(order: Order) -> bool:
    return isinstance(order, orders.DropOrder)


def _store(store: Store, changed: Changed) -> None:
    """As engine.flink.store does."""
    store.update(changed.puts)
    for name in changed.removes:
        store.pop(name, None)
