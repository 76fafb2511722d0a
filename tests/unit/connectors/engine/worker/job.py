"""The forward job without Flink and network: enumerator, workers and board, under a fault-ridden schedule.

What Flink would keep in state lies in dicts; a checkpoint copies all of them and the orders on their way.
"""

from __future__ import annotations

import copy
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Callable, Deque, Dict, List, Sequence, Tuple

from connectors.base.errors import GapError
from connectors.base.table_fault import FaultKind
from connectors.base.timing import Timing
from connectors.dynamodb.faults import ServiceError
from connectors.engine.board.reader import BoardReader, place_of
from connectors.engine.enumerator.observations import (
    Commanded,
    CommandsBegin,
    Listed,
    Observation,
    Prepared,
    Restreamed,
    RunAccepted,
)
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase
from connectors.engine.worker.environment import Environment
from connectors.engine.worker.slot import inbox_entry
from connectors.engine.worker.worker import Worker
from connectors.model import board, orders
from connectors.model.board import Document
from connectors.model.commands import Action, OperatorCommand
from connectors.model.orders import NoticeOrder, Order
from connectors.model.state import Changed
from connectors.model.steps import StepKind, TableFault, kind_of
from tests.unit.connectors.engine.worker.splits import ModelOpener
from tests.unit.connectors.engine.worker.target import Ledger, ModelPipeline
from tests.unit.connectors.engine.worker.world import TABLE, World

SLOTS = 3
GRACE = 2.0
ALL = PlannerRules(readers=SLOTS, scan=True, stream=True, rescan=True, segments=4, steps=True, suspend=True)
SUSPENDING = ALL._replace(rescan=False, suspend_gaps=True)
INCREMENTAL = ALL._replace(scan=False)
Store = Dict[str, bytes]


@dataclass
class State:
    """What a checkpoint holds."""

    plans: Store = field(default_factory=dict)
    slots: List[Store] = field(default_factory=lambda: [{} for _ in range(SLOTS)])
    ordered: List[Deque[bytes]] = field(default_factory=lambda: [deque() for _ in range(SLOTS)])


class ModelBoard:
    """Documents on their way may be lost, repeated, or arrive late, over those of a later run."""

    def __init__(self) -> None:
        self.rows: Dict[str, bytes] = {}
        self.under_way: List[Tuple[str, bytes]] = []

    def publish(self, place: str, document: bytes) -> None:
        self.rows[place] = document

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        return {place: self.rows[place] for place in places if place in self.rows}

    def remove(self, places: Sequence[str]) -> None:
        raise AssertionError("nothing removes a document")

    def post(self, document: Document) -> None:
        place = place_of(document.run.split(".")[0], document.slot)
        self.under_way = [*self.under_way[-20:], (place, board.encode(document))]

    def deliver(self, place: int, repeated: bool) -> None:
        if self.under_way:
            at = place % len(self.under_way)
            self.publish(*(self.under_way[at] if repeated else self.under_way.pop(at)))

    def flush(self) -> None:
        for each in self.under_way:
            self.publish(*each)
        self.under_way = []


class Job:
    def __init__(self, world: World, rules: PlannerRules, draw: random.Random) -> None:
        self.world, self.rules, self._draw = world, rules, draw
        self.state = State()
        self.checkpoints = [copy.deepcopy(self.state)]
        self.board = ModelBoard()
        self.restarts = 0
        self.commands: List[Tuple[str, OperatorCommand]] = []
        """In the place of commands, which no restart changes."""
        self._start()

    @property
    def generation(self) -> int:
        state = self.plans.tables.get(TABLE)
        return state.generation if state else 0

    @property
    def step_reached(self) -> int:
        works = [
            slot.tables[TABLE] for w in self.workers for slot in w.slots.values() if TABLE in slot.tables
        ]
        newest = max((work.state.generation for work in works), default=0)
        return max((work.state.reached for work in works if work.state.generation == newest), default=-1)

    def _start(self) -> None:
        saved, first = list(self.state.plans.items()), self.restarts == 0
        now = lambda: self.world.now  # noqa: E731
        number = iter(range(1000))
        self.plans = TablesPlanner(
            self.rules,
            0,
            GRACE,
            saved,
            now,
            first,
            wall=now,
            new_id=lambda: f"{self.restarts}-{next(number)}",
        )
        self._reader = BoardReader(self.board, SLOTS)
        self._accepted = False
        self.pool: Deque[Callable[[], None]] = deque()
        self.opener = opener = ModelOpener(self.world)
        self.ledger = Ledger(self.world, self.restarts, lambda: (self.step_reached, opener.opened_again))
        count = self._draw.randint(1, SLOTS)
        self.workers = [self._worker() for _ in range(count)]
        self.worker_of = [self.workers[slot % count] for slot in range(SLOTS)]
        self._inbox = [max((int(n[2:]) for n in s if n[:2] == "i/"), default=0) for s in self.state.slots]
        self._opened = [False] * SLOTS

    def _worker(self) -> Worker:
        clock = lambda: self.world.now  # noqa: E731
        return Worker(
            Environment(
                self.opener,
                ModelPipeline(self.ledger),
                self.pool.append,
                self.board.post,
                None,
                self._draw.choice((1, 100)),
                clock,
                timing=Timing(clock=clock),
            )
        )

    # -- the steps -----------------------------------------------------------------------------------------

    def tick(self) -> bool:
        """A step of the enumerator; True when it ordered something."""
        ordered = False
        for seen in self._look():
            ordered = self._order(*self.plans.observe(seen)) or ordered
        ordered = self._order(*self.plans.advance()) or ordered
        for slot in range(SLOTS):
            if self.plans.run is not None:
                self.worker_of[slot].run = self.plans.run
                self._open(slot)
        return ordered

    def deliver(self, slot: int) -> bool:
        """One order arrives at its slot."""
        if not self.state.ordered[slot]:
            return False
        order = self.state.ordered[slot].popleft()
        self._inbox[slot] += 1
        self.state.slots[slot][inbox_entry(self._inbox[slot])] = order
        if self._opened[slot]:
            self.worker_of[slot].take(slot, self._inbox[slot], orders.decode(order))
        return True

    def fetch(self, place: int) -> None:
        """Out of turn, as one of several threads may be faster."""
        if self.pool:
            self.pool.rotate(-(place % len(self.pool)))
            self.pool.popleft()()

    def turn(self, number: int) -> None:
        """A round of one worker."""
        try:
            self.workers[number % len(self.workers)].turn(0.0)
        except (GapError, ServiceError):  # it has waited too long for the enumerator
            self.crash(0)

    def collect(self, number: int) -> bool:
        """Flink's state gets what has become durable. True when there was something."""
        outcome = self.workers[number % len(self.workers)].step()
        for slot, changed in outcome.changed.items():
            _store(self.state.slots[slot], changed)
        return bool(outcome.changed)

    def land(self, place: int, part: int) -> None:
        """The target answers a request; at times only a part of it was applied."""
        if self.ledger.flying:
            pipeline, request = self.ledger.flying[place % len(self.ledger.flying)]
            pipeline.land(request, part % len(request.writes) if part % 5 == 0 else None)

    def checkpoint(self) -> None:
        self.checkpoints.append(copy.deepcopy(self.state))

    def crash(self, back: int) -> None:
        """Back to the last checkpoint, or an earlier one: those after it never were."""
        del self.checkpoints[len(self.checkpoints) - min(back, len(self.checkpoints) - 1) :]
        self.restarts += 1
        self.state = copy.deepcopy(self.checkpoints[-1])
        self._start()

    def suspend(self, incomplete: bool) -> None:
        """The enumerator finds an error of the table."""
        state = self.plans.tables.get(TABLE)
        if state is not None and not state.resting:
            kind = FaultKind.TARGET_GONE if incomplete else FaultKind.SOURCE_DENIED
            fault = TableFault(TABLE, state.generation, state.hold, kind, "an error")
            self._order(*self.plans.observe(fault))

    def command(self, action: Action) -> None:
        """An operator places a command. It stays where it is: a restart may follow it again."""
        self.commands.append((f"{len(self.commands):09d}", OperatorCommand(action, [TABLE])))

    def choose(self, rescan: bool) -> None:
        """A table that rests is resumed or copied again."""
        state = self.plans.tables.get(TABLE)
        if state is not None and state.resting:
            must = state.released or (state.suspension is not None and state.suspension.incomplete)
            self.command(Action.RESCAN if rescan or must else Action.RESUME)

    def refuse(self, place: int) -> None:
        """The target refuses the table's writes in one of the requests."""
        if self.ledger.flying:
            pipeline, request = self.ledger.flying[place % len(self.ledger.flying)]
            pipeline.refuse(request, ServiceError("AccessDeniedException", "no", 400, "BatchWriteItem"))

    def begin_scan(self) -> None:
        """Skip what leads up to it."""
        while TABLE not in self.plans.tables or self.plans.tables[TABLE].phase < TablePhase.SCANNING:
            self.world.now += 1.0
            self.tick()

    def registered_for_good(self) -> bool:
        """Forget the checkpoints from before the stream was registered: what a stream loses that no saved
        state knows of, nobody can tell. False when there would be none left."""
        kept = [checkpoint for checkpoint in self.checkpoints if _registered(checkpoint)]
        self.checkpoints = kept or self.checkpoints
        return bool(kept)

    def settle(self) -> None:
        """The application has stopped: let the job run until nothing comes any more."""
        quiet = 0
        for turn in range(20_000):
            self.world.now += 1.0
            self.choose(self._draw.random() < 0.3)
            busy = self.tick()
            for slot in range(SLOTS):
                while self.deliver(slot):
                    busy = True
            for _ in range(len(self.pool)):
                self.fetch(0)
            busy = bool(self.ledger.flying) or busy
            while self.ledger.flying:
                self.land(turn, 1)
            for number in range(len(self.workers)):
                self.turn(number)
                busy = self.collect(number) or busy
            self.board.flush()
            quiet = 0 if busy or not self._at_rest() else quiet + 1
            if quiet > 30:
                return
        raise AssertionError(f"it does not come to rest: {self.plans.tables}")

    # -- inside --------------------------------------------------------------------------------------------

    def _at_rest(self) -> bool:
        state = self.plans.tables.get(TABLE)
        return state is not None and state.scanned and kind_of(state.step) is StepKind.FOLLOW

    def _look(self) -> List[Observation]:
        seen: List[Observation] = []
        if not self._accepted:
            self._reader.begin(self.plans.run_id, self.plans.saved_run)
            self._accepted = True
            seen.append(RunAccepted())
        reported = self._reader.read(self.plans.run_id)
        if reported is not None:
            seen.append(reported)
        if TABLE not in self.plans.tables:
            _store(self.state.plans, self.plans.found([TABLE]))
        state = self.plans.tables[TABLE]
        self.world.floor = max(self.world.floor, state.since)
        seen += self._look_for_commands()
        if state.phase is TablePhase.NEW:
            return [*seen, Prepared(TABLE, [("key", "S")], self.world.arn, 0, 0, 2 * (8 << 20))]
        if state.arn != self.world.arn:
            return [*seen, Restreamed(TABLE, state.arn, "recreated")]
        return [*seen, Listed(TABLE, state.arn, self.world.listing(), self.world.now)]

    def _look_for_commands(self) -> List[Observation]:
        record = self.plans.commands.record
        if record is None:
            return [CommandsBegin("", [])]
        return [Commanded(name, command) for name, command in self.commands if not record.knows(name)]

    def _order(self, due: Orders, changed: Changed) -> bool:
        _store(self.state.plans, changed)
        for slot, order in due:
            if not isinstance(order, NoticeOrder):
                self.state.ordered[slot].append(orders.encode(order))
        return bool(due)

    def _open(self, slot: int) -> None:
        if not self._opened[slot]:
            self._opened[slot] = True
            self.worker_of[slot].open(slot, list(self.state.slots[slot].items()))


def _registered(state: State) -> bool:
    tables = TablesPlanner(ALL, 0, GRACE, list(state.plans.items())).tables
    return TABLE in tables and tables[TABLE].phase >= TablePhase.REGISTERED


def _store(store: Store, changed: Changed) -> None:
    """As engine.flink.store does."""
    store.update(changed.puts)
    for name in changed.removes:
        store.pop(name, None)


__all__ = ["ALL", "INCREMENTAL", "SLOTS", "SUSPENDING", "Job", "Order"]
