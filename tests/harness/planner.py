"""The planner of tables, with a clock and with state that is restored."""

from __future__ import annotations

from typing import Dict, List, Tuple

from connectors.base.table_fault import FaultKind
from connectors.dynamodb.streams.calls import Shard
from connectors.engine.enumerator.observations import (
    Listed,
    Observation,
    Prepared,
    Reported,
    Restreamed,
    RunAccepted,
)
from connectors.engine.enumerator.planner import Orders, TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules, TablePhase
from connectors.model.orders import Order, SegmentOrder, StreamOrder
from connectors.model.state import Changed
from connectors.model.steps import TableFact, TableFault
from tests.fakes.clock import FakeClock
from tests.fakes.look import open_shard

ALL = PlannerRules(readers=4, scan=True, stream=True, steps=True, hold_seconds=100.0)
RESCAN = ALL._replace(rescan=True)
INCREMENTAL = ALL._replace(scan=False)
FULL = ALL._replace(stream=False)
SCHEMA = FULL._replace(scan=False)
T0 = 1_700_000_000.0
GRACE = 5.0
IDS = (f"id{number}" for number in range(1_000_000))


def prepared(table: str = "t", size: int = 0, arn: str = "arn", target: int = 0) -> Prepared:
    return Prepared(table, [("pk", "S")], arn, size, 10, target)


def listed(*shards: Shard, table: str = "t", arn: str = "arn", at: float = T0) -> Listed:
    return Listed(table, arn, list(shards) or [open_shard("s")], at)


def trimmed(table: str, generation: int, hold: int = 0) -> TableFault:
    return TableFault(table, generation, hold, FaultKind.GAP, "trimmed")


class Rig:
    def __init__(self, rules: PlannerRules = ALL) -> None:
        self.rules, self.clock = rules, FakeClock()
        self.state: Dict[str, bytes] = {}
        self.start()

    def start(self, first_attempt: bool = True) -> None:
        saved = list(self.state.items())
        self.plans = TablesPlanner(
            self.rules, 0, GRACE, saved, self.clock, first_attempt, wall=self.clock, new_id=lambda: next(IDS)
        )
        self.see(RunAccepted())

    def find(self, *names: str) -> None:
        self._keep(self.plans.found(names))

    def see(self, *observations: Observation) -> Orders:
        orders: Orders = []
        for seen in observations:
            due, changed = self.plans.observe(seen)
            self._keep(changed)
            orders += due
        return orders

    def report(self, complete: bool = True, table: str = "t") -> None:
        """Every slot of the table has reached its step."""
        state = self.plans.tables[table]
        fact = TableFact(state.generation, state.step, complete)
        self.see(Reported({(slot, table): fact for slot in state.slots}, []))

    def advance(self, seconds: float = 0.0) -> Orders:
        self.clock.now += seconds
        due, changed = self.plans.advance()
        self._keep(changed)
        return due

    def register(self, table: str = "t", size: int = 0) -> Orders:
        self.find(table)
        return self.see(prepared(table, size), listed(table=table))

    def scan(self, size: int = 0) -> Orders:
        self.register(size=size)
        self.advance()
        return self.advance(GRACE)

    def phase(self, table: str = "t") -> TablePhase:
        return self.plans.tables[table].phase

    def _keep(self, changed: Changed) -> None:
        self.state.update(changed.puts)
        assert not changed.removes


def streams(orders: Orders) -> List[StreamOrder]:
    return [order for _, order in orders if isinstance(order, StreamOrder)]


def segments(orders: Orders) -> List[SegmentOrder]:
    return [order for _, order in orders if isinstance(order, SegmentOrder)]


def of(kind: type, orders: Orders) -> List[Tuple[int, Order]]:
    return [(slot, order) for slot, order in orders if isinstance(order, kind)]


GAPS = [
    trimmed("t", 1),
    Restreamed("t", "arn", "recreated"),
]
