"""The enumerator's state of all tables. Pure except for the clock that measures the grace period."""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, Iterator, List, Set, Tuple, Union

import msgspec

from connectors.base.errors import ConfigError
from connectors.dynamodb.streams.lineage import Lineage
from connectors.engine.enumerator.discovery import ListedNames
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.observations import Observation
from connectors.engine.enumerator.table_planner import (
    PlannerRules,
    TablePhase,
    TableState,
    decide,
    fresh,
    start_scan,
)
from connectors.model.notices import Plan, PlannedTable, encode
from connectors.model.orders import NoticeOrder, Order
from connectors.model.state import Changed, Entries

Orders = List[Tuple[int, Order]]


class Frame(msgspec.Struct, array_like=True):
    """Values that must not change while a job's state is in use, and the tables it started with."""

    readers: int
    lanes: int
    tables: List[str] = []
    """The tables of the first listing. A job with an end waits for these."""


_frame = msgspec.msgpack.Decoder(Frame).decode
_table = msgspec.msgpack.Decoder(TableState).decode


def tables_of(planned: List[TableState]) -> str:
    """The forward job's plan, as announced to the end of the job."""
    return encode(Plan([PlannedTable(state.table) for state in planned]))


class TablesPlanner:
    """State entries: `frame`, and `table/<name>` for each table."""

    def __init__(
        self,
        rules: PlannerRules,
        lanes: int,
        grace: float,
        saved: Entries = (),
        clock: Callable[[], float] = time.monotonic,
        first_attempt: bool = True,
        announce: Callable[[List[TableState]], str] = tables_of,
    ) -> None:
        """`first_attempt`: no earlier run has written anything, unless `saved` shows it. `announce` formats
        the plan after the orders for all tables of the first listing."""
        self._announce = announce
        self._first_attempt = first_attempt
        self._rules, self._grace, self._clock = rules, grace, clock
        self.tables: Dict[str, TableState] = {}
        self._due: Dict[Tuple[str, int], float] = {}
        # Not saved: after a restart the process that waits for the end may be a new one.
        self._announced = False
        self.frame = Frame(rules.readers, lanes)
        self._restore(saved)
        refuse_other_frame(self.frame, rules.readers, lanes)

    def found(self, names: Iterable[str]) -> Changed:
        """Process a listing of the source's tables that pass the filter."""
        changed = Changed()
        later = bool(self.frame.tables) or not self._first_attempt
        for name in sorted(set(names) - set(self.tables)):
            state = fresh(name, self._rules, later)
            self._keep(msgspec.structs.replace(state, after_plan=bool(self.frame.tables)), changed)
        if not self.frame.tables:
            self.frame.tables = sorted(self.tables)
            changed.put("frame", msgspec.msgpack.encode(self.frame))
        return changed

    def observe(self, seen: Union[ListedNames, Observation]) -> Tuple[Orders, Changed]:
        """Process an observation. Raises GapError if `streams.gap` is fail."""
        if isinstance(seen, ListedNames):
            return [], self.found(seen.names)
        changed = Changed()
        state = self.tables.get(seen.table)
        if state is None:  # a gap note of another job
            return [], changed
        decision = decide(state, seen, self._rules)
        if decision.state is not state:
            self._keep(decision.state, changed)
        return decision.orders, changed

    def advance(self) -> Tuple[Orders, Changed]:
        """Orders that are due: scans after their grace period, and the announcement of the plan."""
        orders: Orders = []
        changed = Changed()
        for state in list(self.tables.values()):
            if state.phase is TablePhase.REGISTERED and state.generation > 0:
                orders += self._scan_if_due(state, changed)
        if not self._announced and self._all_ordered():
            self._announced = True
            planned = [self.tables[name] for name in self.frame.tables]
            orders.append((0, NoticeOrder(self._announce(planned))))
        return orders, changed

    def gauges(self) -> Iterator[Gauge]:
        for state in self.tables.values():
            yield Gauge("phase", int(state.phase), state.table)
            yield Gauge("segments", state.parts, state.table)
            yield Gauge("expectedItems", state.items, state.table)
            yield Gauge("expectedTargetItems", state.target_items, state.table)
            yield Gauge("generation", state.generation, state.table)
            yield from shards_left_out(state)
        yield Gauge("tables", len(self.tables))
        yield Gauge("tablesPrepared", sum(s.phase >= TablePhase.PREPARED for s in self.tables.values()))

    def _scan_if_due(self, state: TableState, changed: Changed) -> Orders:
        now, grace = self._clock(), self._grace if self._rules.stream else 0.0
        if now < self._due.setdefault((state.table, state.generation), now + grace):
            return []
        decision = start_scan(state, self._rules)
        self._keep(decision.state, changed)
        return decision.orders

    def _all_ordered(self) -> bool:
        last = (
            TablePhase.SCANNING if self._rules.scan else TablePhase.REGISTERED
        )  # also the last phase of mode schema
        known: Set[str] = set(self.frame.tables)
        return bool(known) and all(self.tables[name].phase >= last for name in known)

    def _keep(self, state: TableState, changed: Changed) -> None:
        self.tables[state.table] = state
        changed.put("table/" + state.table, msgspec.msgpack.encode(state))

    def _restore(self, saved: Entries) -> None:
        for name, value in saved:
            if name == "frame":
                self.frame = _frame(value)
            else:
                state = _table(value)
                if not state.lineage.registered:  # the run that saved it may have written after the save
                    state = msgspec.structs.replace(state, lineage=Lineage(oldest=True))
                self.tables[state.table] = state


def shards_left_out(state: TableState) -> Iterator[Gauge]:
    """Counts of a stream's shards without a reader: found before the start is decided (nimo-shake:
    `not process`), and closed before the start (`no need to process`)."""
    if not state.arn:
        return
    lineage = state.lineage
    passed_over = sum(1 for shard in lineage.shards.values() if not shard.root) if lineage.registered else 0
    yield Gauge("shardsFound", 0 if lineage.registered else len(lineage.shards), state.table)
    yield Gauge("shardsPassedOver", passed_over, state.table)


def refuse_other_frame(frame: Frame, readers: int, lanes: int) -> None:
    """Raises ConfigError if the numbers of readers or lanes have changed. The keys of Flink's state depend on
    them: with other numbers, parts of the state would not be read.
    """
    for key, now, then in (("readers", readers, frame.readers), ("lanes", lanes, frame.lanes)):
        if now != then:
            raise ConfigError(
                "application.yaml",
                key,
                f"is {now}, but the job's savepoint was made with {then}",
                [str(then)],
            )
