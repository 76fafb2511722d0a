"""A worker whose turns, reads and writes happen when the test says so, with the state of its slots."""

from __future__ import annotations

from collections import deque
from typing import Callable, Deque, Dict, List, Optional

from connectors.base.timing import Timing
from connectors.engine.worker.counts import TableCount
from connectors.engine.worker.environment import Environment, Found
from connectors.engine.worker.slot import WorkerSlot, inbox_entry
from connectors.engine.worker.table import TableWork
from connectors.engine.worker.worker import Worker
from connectors.model import orders
from connectors.model.assignment import Assignment
from connectors.model.board import Document
from connectors.model.orders import Order, SegmentOrder, StepOrder, StreamOrder
from connectors.model.steps import FIRST_FOLLOW, FIRST_SCAN
from tests.fakes.clock import FakeClock
from tests.fakes.pages import FakePagesOpener, FakePipeline, Step

T0 = 1_700_000_000.0
RUN = "job.1"
P, A, B = Assignment("p", None, "p", "1"), Assignment("a", "p", "p", "2"), Assignment("b", "p", "p", "3")
FindChildren = Callable[[StreamOrder, str, str, Found], object]


def segment(number: int, total: int = 3, generation: int = 1, table: str = "t") -> SegmentOrder:
    return SegmentOrder(table, generation, [("pk", "S")], number, total, number, total)


def shards(*assign: Assignment, generation: int = 1, table: str = "t", forget: List[str] = []) -> StreamOrder:  # noqa: B006
    return StreamOrder(
        table, generation, [("pk", "S")], "arn", T0 - 100, T0 - 400, list(assign), list(forget)
    )


def scan(generation: int = 1, table: str = "t") -> StepOrder:
    return StepOrder(table, generation, FIRST_SCAN)


def follow(generation: int = 1, table: str = "t", live: bool = False) -> StepOrder:
    return StepOrder(table, generation, FIRST_FOLLOW, live)


class Rig:
    def __init__(
        self,
        reports_gaps: bool = True,
        budget: int = 1 << 30,
        find_children: Optional[FindChildren] = None,
        slot: int = 0,
    ) -> None:
        self.opener, self.clock = FakePagesOpener(), FakeClock(T0)
        self.number = slot
        self.state: Dict[str, bytes] = {}
        self.notices: List[str] = []
        self._reports_gaps, self._budget, self._find_children = reports_gaps, budget, find_children
        self._inbox = 0
        self.start()

    def start(self) -> None:
        """Also a restart: from what is in state."""
        self.pool: Deque[Callable[[], object]] = deque()
        self.pipeline = FakePipeline()
        self.documents: List[Document] = []
        self.worker = Worker(
            Environment(
                self.opener,
                self.pipeline,
                self.pool.append,
                self.documents.append,
                self._find_children,
                self._budget,
                self._reports_gaps,
                self.clock,
                timing=Timing(clock=self.clock),
            )
        )
        self.worker.run = RUN
        self.worker.open(self.number, list(self.state.items()))
        self.turn()

    @property
    def slot(self) -> WorkerSlot:
        return self.worker.slots[self.number]

    def work(self, table: str = "t") -> TableWork:
        return self.slot.tables[table]

    def count(self, table: str = "t") -> TableCount:
        return self.worker.counts.tables.get(table, TableCount())

    def steps(self, name: object, *steps: Step) -> None:
        self.opener.steps[name] = list(steps)  # type: ignore[index]

    def arrive(self, *given: Order) -> None:
        """Orders are in the state before the worker has them."""
        for order in given:
            self._inbox += 1
            self.state[inbox_entry(self._inbox)] = orders.encode(order)
            self.worker.take(self.number, self._inbox, order)

    def take(self, *given: Order) -> None:
        self.arrive(*given)
        self.turn()

    def turn(self) -> None:
        self.worker.turn(0.0)
        self.collect()

    def collect(self) -> None:
        """What the operator does."""
        outcome = self.worker.step()
        for number, changed in outcome.changed.items():
            assert number == self.number
            self.state.update(changed.puts)
            for name in changed.removes:
                self.state.pop(name, None)
        self.notices += outcome.notices

    def read(self) -> None:
        """Run what stands in the pool now, and a turn."""
        for _ in range(len(self.pool)):
            self.pool.popleft()()
        self.turn()

    def land(self, dead: bool = False) -> List[str]:
        bodies = self.pipeline.land(dead)
        self.turn()
        return bodies

    def run(self, turns: int = 12) -> List[str]:
        """Read and write until nothing comes any more. Returns what was written."""
        bodies: List[str] = []
        for _ in range(turns):
            self.clock.now += 0.05
            self.read()
            bodies += self.land()
        return bodies

    def names(self) -> List[str]:
        """Names of the state's entries, without the counts, which stay."""
        return sorted(name for name in self.state if not name.startswith("c/"))

    def opened(self) -> List[str]:
        return [name.rsplit("/", 1)[1] for name, _ in self.opener.names()]
