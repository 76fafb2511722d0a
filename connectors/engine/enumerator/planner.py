"""The enumerator's state of all tables. Pure except for its clocks."""

from __future__ import annotations

import time
import uuid
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple, Union

import msgspec

from connectors.base.errors import ConfigError
from connectors.dynamodb.streams.lineage import Lineage
from connectors.engine.board.runs import SavedRun
from connectors.engine.enumerator.command_queue import UNKNOWN, CommandQueue
from connectors.engine.enumerator.commands import decide_command
from connectors.engine.enumerator.discovery import ListedNames
from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.job_events import change_events, command_events
from connectors.engine.enumerator.observations import (
    Commanded,
    CommandsBegin,
    Observation,
    Reported,
    RunAccepted,
)
from connectors.engine.enumerator.planner_gauges import gauges_of_commands, gauges_of_tables
from connectors.engine.enumerator.stepping import Facts, next_step
from connectors.engine.enumerator.suspension import Choices, WayOut, choose, follow
from connectors.engine.enumerator.table_events import event_of, state_notice
from connectors.engine.enumerator.table_planner import (
    FIRST_RESCAN,
    PlannerRules,
    TableDecision,
    TablePhase,
    TableState,
    decide,
    fresh,
    go_to,
    start_scan,
)
from connectors.engine.enumerator.throttling import (
    RATES,
    TableRates,
    rate_gauges,
    rate_orders,
    restored,
    throttle,
)
from connectors.model.commands import Action, OperatorCommand, TableAnswer
from connectors.model.events import Tell, tell_nobody
from connectors.model.notices import Plan, PlannedTable, encode
from connectors.model.orders import NoticeOrder, Order
from connectors.model.state import Changed, Entries
from connectors.model.steps import StepKind, kind_of

Orders = List[Tuple[int, Order]]


class Frame(msgspec.Struct, array_like=True):
    """Values that must not change while a job's state is in use, and the tables it started with."""

    readers: int
    lanes: int
    tables: List[str] = []
    """The tables of the first listing. A job with an end waits for these."""
    job: str = ""
    """Identifies the job over its restarts and savepoints: a random text."""


_frame = msgspec.msgpack.Decoder(Frame).decode
_run = msgspec.msgpack.Decoder(SavedRun).decode
_table = msgspec.msgpack.Decoder(TableState).decode


def tables_of(planned: List[TableState]) -> str:
    """The forward job's plan, as announced to the end of the job."""
    return encode(
        Plan([PlannedTable(state.table, 0 if state.suspension else state.parts) for state in planned])
    )


def random_id() -> str:
    return uuid.uuid4().hex[:12]


class TablesPlanner:
    """State entries: `frame`, `run` (a SavedRun), `commands` (FollowedCommands), `rates` (TableRates by
    table), and `table/<name>` for each table."""

    def __init__(
        self,
        rules: PlannerRules,
        lanes: int,
        grace: float,
        saved: Entries = (),
        clock: Callable[[], float] = time.monotonic,
        first_attempt: bool = True,
        announce: Callable[[List[TableState]], str] = tables_of,
        wall: Callable[[], float] = time.time,
        new_id: Callable[[], str] = random_id,
        choices: Choices = Choices(),  # noqa: B008 - immutable
        tell: Tell = tell_nobody,
    ) -> None:
        """`first_attempt`: no earlier run has written anything, unless `saved` shows it. `announce` formats
        the plan after the orders for all tables of the first listing. `wall`: epoch seconds."""
        self._announce, self._wall, self._tell = announce, wall, tell
        self._facts: Facts = {}
        # A job that reads no streams can repeat what it has done: no run of it is left behind.
        self._accepted = not self._follows(rules)
        self.saved_run = SavedRun("", 0)
        """The run that saved the state; empty if there is none."""
        self._first_attempt = first_attempt
        self._rules, self._grace, self._clock = rules, grace, clock
        self.tables: Dict[str, TableState] = {}
        self._due: Dict[Tuple[str, int, int], float] = {}
        # Not saved: after a restart the process that waits for the end may be a new one.
        self._announced = self._chosen = False
        self._choices = choices
        self.commands = CommandQueue()
        self.rates: Dict[str, TableRates] = {}
        self._rates_sent = False
        self.frame = Frame(rules.readers, lanes)
        self._restore(saved)
        refuse_other_frame(self.frame, rules.readers, lanes)
        self._new_job = not self.frame.job
        self.frame.job = self.frame.job or new_id()
        self._run = SavedRun(new_id(), 0)

    @property
    def run(self) -> Optional[str]:
        """Identifies this run: the job and a random text. Empty for a job to which nothing is reported; None
        until the run has been accepted."""
        if not self._rules.steps:
            return ""
        return self.run_id if self._accepted else None

    @staticmethod
    def _follows(rules: PlannerRules) -> bool:
        return rules.steps and rules.stream

    @property
    def run_id(self) -> str:
        return f"{self.frame.job}.{self._run.run}"

    def found(self, names: Iterable[str]) -> Changed:
        """Process a listing of the source's tables that pass the filter."""
        changed = Changed()
        later = bool(self.frame.tables) or not self._first_attempt
        for name in sorted(filter(self._choices.includes, set(names) - set(self.tables))):
            state = fresh(name, self._rules, later)
            self._keep(msgspec.structs.replace(state, after_plan=bool(self.frame.tables)), changed)
        if not self.frame.tables:
            self.frame.tables = sorted(self.tables)
            changed.put("frame", msgspec.msgpack.encode(self.frame))
        return changed

    def observe(self, seen: Union[ListedNames, Observation]) -> Tuple[Orders, Changed]:
        """Process an observation. Raises what `decide` raises."""
        if isinstance(seen, ListedNames):
            return [], self.found(seen.names)
        if isinstance(seen, RunAccepted):
            self._accepted = True
            return [], Changed()
        if isinstance(seen, (CommandsBegin, Commanded)):
            return [], self._see_command(seen)
        if isinstance(seen, Reported):
            self._facts = seen.facts
            return self._observe_all(seen.faults)
        changed = Changed()
        state = self.tables.get(seen.table)
        if state is None:  # a gap note of another job
            return [], changed
        decision = decide(state, seen, self._rules, self._wall())
        return self._apply(state, decision, changed), changed

    def _apply(self, before: TableState, decision: TableDecision, changed: Changed) -> Orders:
        if decision.state is before:
            return decision.orders
        self._keep(decision.state, changed)
        return [*decision.orders, *event_of(before, decision.state)]

    def _observe_all(self, faults: Iterable[Observation]) -> Tuple[Orders, Changed]:
        orders: Orders = []
        changed = Changed()
        for fault in faults:
            due, more = self.observe(fault)
            orders += due
            changed.merge(more)
        return orders, changed

    def advance(self) -> Tuple[Orders, Changed]:
        """Orders that are due: scans after their grace period, next steps, and the announcement of the
        plan."""
        orders: Orders = []
        changed = Changed()
        if not self._accepted:
            return orders, changed
        self._save_run(changed)
        orders += self._send_rates()
        orders += self._follow_choices(changed)
        orders += self._follow_commands(changed)
        for state in list(self.tables.values()):
            if state.resting:
                continue
            if state.phase is TablePhase.REGISTERED and state.generation > 0:
                orders += self._scan_if_due(state, changed)
            elif state.phase is TablePhase.SCANNING and self._follows(self._rules):
                orders += self._step_if_due(state, changed)
        if not self._announced and self._all_ordered():
            self._announced = True
            planned = [self.tables[name] for name in self.frame.tables if not self.tables[name].released]
            # Each worker slot also says again what it has completed. A reader passes it on to all lanes.
            slots = range(self._rules.readers) if self._rules.steps else (0,)
            orders += [(slot, NoticeOrder(self._announce(planned))) for slot in slots]
        return orders, changed

    def _follow_choices(self, changed: Changed) -> Orders:
        """Once in each run. Tells the state of every table that is not moved."""
        if self._chosen:
            return []
        self._chosen = True
        orders: Orders = []
        for state in list(self.tables.values()):
            choice = choose(state, self._choices)
            if choice is not None:
                orders += self._apply(state, follow(state, choice, self._rules, self._wall()), changed)
            if choice in (None, WayOut.REFUSE) and state.resting:
                orders += state_notice(state, choice is WayOut.REFUSE)
        return orders

    def _send_rates(self) -> Orders:
        """Once in each run: a worker does not keep them."""
        if self._rates_sent:
            return []
        self._rates_sent = True
        return rate_orders(self._rules.readers, self.rates, list(self.rates))

    def _see_command(self, seen: Union[CommandsBegin, Commanded]) -> Changed:
        changed = Changed()
        if isinstance(seen, Commanded):
            self.commands.add(seen)
        elif self.commands.record is None:
            self.commands.begin(seen, self._wall())
            changed.put(CommandQueue.ENTRY, self.commands.encode())
        return changed

    def _follow_commands(self, changed: Changed) -> Orders:
        orders: Orders = []
        for placed in self.commands.take() if self.frame.tables else ():
            orders += self._follow_command(placed, changed)
            changed.put(CommandQueue.ENTRY, self.commands.encode())
        return orders

    def _follow_command(self, placed: Commanded, changed: Changed) -> Orders:
        command = placed.command
        orders: Orders = []
        if command is None:
            answers = [TableAnswer("", False, UNKNOWN)]
        elif command.action is Action.THROTTLE:
            answers, orders = self._throttle(command, changed)
        else:
            answers, orders = self._move(command, changed)
        self.commands.answer(placed, answers, self._wall())
        for event in command_events(placed, answers, self._wall()):
            self._tell(event)
        return orders

    def _move(self, command: OperatorCommand, changed: Changed) -> Tuple[List[TableAnswer], Orders]:
        orders: Orders = []
        decisions = decide_command(command, self.tables, self._rules, self._choices, self._wall())
        for chosen in decisions:
            if chosen.decision is not None:
                orders += self._apply(self.tables[chosen.table], chosen.decision, changed)
                if not self._rules.stream:  # the end of the job waits for other segments now
                    self._announced = False
        return [
            TableAnswer(decision.table, decision.followed, decision.text) for decision in decisions
        ], orders

    def _throttle(self, command: OperatorCommand, changed: Changed) -> Tuple[List[TableAnswer], Orders]:
        chosen = throttle(command, self.rates, self.tables)
        self.rates = chosen.rates
        changed.put(RATES, msgspec.msgpack.encode(self.rates))
        return chosen.answers, rate_orders(self._rules.readers, self.rates, chosen.changed)

    def gauges(self) -> Iterator[Gauge]:
        follows = self._follows(self._rules)
        yield from gauges_of_tables(self.tables.values(), self._rules, follows)
        yield from gauges_of_commands(self.commands.record)
        yield from rate_gauges(self.rates)

    def _save_run(self, changed: Changed) -> None:
        if self._follows(self._rules):
            self._run = SavedRun(self._run.run, self._run.tick + 1)
            changed.put("run", msgspec.msgpack.encode(self._run))
            if self._new_job:
                self._new_job = False
                changed.put("frame", msgspec.msgpack.encode(self.frame))

    def _scan_if_due(self, state: TableState, changed: Changed) -> Orders:
        if not self._grace_has_passed(state):
            return []
        if state.generation >= FIRST_RESCAN and self._rules.steps and not self._has_reached(state):
            return []  # requests of an older generation are in flight
        decision = start_scan(msgspec.structs.replace(state, step_at=self._wall()), self._rules)
        self._keep(decision.state, changed)
        return decision.orders

    def _has_reached(self, state: TableState) -> bool:
        return next_step(state, self._facts, self._wall(), self._rules) is not None

    def _grace_has_passed(self, state: TableState) -> bool:
        now, grace = self._clock(), self._grace if self._rules.stream else 0.0
        return now >= self._due.setdefault((state.table, state.generation, state.step), now + grace)

    def _step_if_due(self, state: TableState, changed: Changed) -> Orders:
        following = next_step(state, self._facts, self._wall(), self._rules)
        if following is None:
            return []
        if kind_of(state.step) is StepKind.FOLLOW_HALT and not self._grace_has_passed(state):
            return []
        decision = go_to(following, following.step, [])
        self._keep(decision.state, changed)
        return decision.orders

    def _all_ordered(self) -> bool:
        last = (
            TablePhase.SCANNING if self._rules.scan else TablePhase.REGISTERED
        )  # also the last phase of mode schema
        known: Set[str] = set(self.frame.tables)
        states = [self.tables[name] for name in known]
        return bool(known) and all(state.resting or state.phase >= last for state in states)

    def _keep(self, state: TableState, changed: Changed) -> None:
        before = self.tables.get(state.table)
        for event in change_events(before, state, self._wall()) if self._rules.steps else ():
            self._tell(event)
        self.tables[state.table] = state
        changed.put("table/" + state.table, msgspec.msgpack.encode(state))

    def _restore(self, saved: Entries) -> None:
        for name, value in saved:
            if name == "frame":
                self.frame = _frame(value)
            elif name == "run":
                self.saved_run = _run(value)
            elif name == RATES:
                self.rates = restored(value)
            elif name == CommandQueue.ENTRY:
                self.commands.restore(value)
            else:
                state = _table(value)
                if not state.lineage.registered:  # the run that saved it may have written after the save
                    state = msgspec.structs.replace(state, lineage=Lineage(oldest=True))
                self.tables[state.table] = state


def refuse_other_frame(frame: Frame, readers: int, lanes: int) -> None:
    """Raises ConfigError if the numbers of readers or lanes have changed. The keys of Flink's state depend on
    them: with other numbers, parts of the state would not be read.
    """
    for key, now, then in (("readers", readers, frame.readers), ("check.lanes", lanes, frame.lanes)):
        if now != then:
            raise ConfigError(
                "application.yaml",
                key,
                f"is {now}, but the job's savepoint was made with {then}",
                [str(then)],
            )
