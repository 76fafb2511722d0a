"""Polls the source in the background, so that the enumerator's step never waits for the network."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Protocol, Tuple, Union

import msgspec

from connectors.base.errors import PreflightError, TransientError
from connectors.base.table_fault import FaultKind
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams.gap import replaced
from connectors.engine.enumerator.background_results import BackgroundResults
from connectors.engine.enumerator.command_watch import CommandWatch
from connectors.engine.enumerator.observations import (
    Listed,
    Observation,
    Prepared,
    Reported,
    Restreamed,
    RunAccepted,
)
from connectors.engine.enumerator.table_planner import TablePhase, TableState
from connectors.engine.table_faults import fault_of
from connectors.model.steps import TableFault

log = logging.getLogger(__name__)

BOARD_SECONDS, CALM_SECONDS = 0.5, 5.0
"""Intervals at which the workers' reports are read: while tables are copied, and when all are live."""
STREAM_CHECK_SECONDS = 60.0
"""Interval at which a table is checked for a recreated stream, and for a recreated table of the target."""
MISSED = 2
"""Consecutive checks that do not find a target's table, before it counts as dropped: a description may come
from a server that does not know the table yet."""
RETRY_SECONDS = 2.0
"""Delay before a retry after a transient error."""
PREPARE_THREADS = 8


class ListedNames(NamedTuple):
    """The source's tables that pass the filter."""

    names: List[str]


class NoTablesError(PreflightError):
    """The source has no table that passes the filter: an error only if the job has no tables yet."""


class TableDiscovery(Protocol):
    """Finds and prepares tables. A TransientError is retried later. Another error that concerns one table is
    an observation, if the poller suspends tables. Any other error fails the job."""

    def names(self) -> List[str]: ...

    def prepare(self, state: TableState) -> Prepared:
        """Create the table's target and enable its stream, as configured; return when both are usable."""
        ...


class StreamDiscovery(Protocol):
    """Finds streams, shards and gaps. Errors are handled as for TableDiscovery."""

    def shards(self, table: str, arn: str) -> Listed: ...

    def stream_arn(self, table: str) -> Optional[str]:
        """The table's current stream; empty if none is enabled, None if the table does not exist."""
        ...


class TargetDiscovery(Protocol):
    """Finds tables of the target that were dropped. Errors are handled as for TableDiscovery."""

    def target_id(self, table: str) -> Optional[str]:
        """See Prepared; None if the target has no such table."""
        ...


class ReportSource(Protocol):
    """The reports of the workers. A TransientError is retried later; any other error fails the job."""

    def begin(self) -> None:
        """Called once, before anything is ordered."""
        ...

    def read(self) -> Optional[Reported]:
        """None if nothing has changed."""
        ...


Seen = Union[ListedNames, Observation]


class DiscoveryPace(NamedTuple):
    """Seconds between two polls."""

    names: float = 60.0
    """Seconds between polls of the list of tables; 0: poll once."""
    shards: float = 5.0
    """Seconds between listings of a stream's shards."""


class DiscoveryPoller:
    """`watch` sets the known tables; `seen` returns the observations since the last call."""

    def __init__(
        self,
        source: TableDiscovery,
        streams: Optional[StreamDiscovery],
        pace: DiscoveryPace,
        clock: Callable[[], float] = time.monotonic,
        reports: Optional[ReportSource] = None,
        targets: Optional[TargetDiscovery] = None,
        suspends: bool = False,
        commands: Optional[CommandWatch] = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """`streams`: None for a job that reads no streams. `reports`: None for a job without steps.
        `targets`: None for a job that does not write. `suspends`: an error that concerns one table does not
        fail the job. `commands`: None if operators have no commands for the job. `on_close` must
        not block."""
        self._commands, self._on_close = commands, on_close
        self._reports, self._begun = reports, False
        self._unread: Optional[Reported] = None
        self._targets, self._suspends = targets, suspends
        self._missed: Dict[str, int] = {}
        self._source, self._streams, self._pace, self._clock = source, streams, pace, clock
        self._found: BackgroundResults[Seen] = BackgroundResults()
        self._tables: Mapping[str, TableState] = {}
        self._due: Dict[str, float] = {}
        self._preparing: Dict[Tuple[str, int, int], Future[bool]] = {}
        self._pool = ThreadPoolExecutor(PREPARE_THREADS, thread_name_prefix="prepare")
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="discovery", daemon=True).start()
        if self._reports is not None:
            threading.Thread(target=self._watch_reports, name="reports", daemon=True).start()
        if self._commands is not None:
            self._commands.start(self._found.put)

    def watch(self, tables: Mapping[str, TableState]) -> None:
        self._tables = dict(tables)

    def seen(self) -> List[Seen]:
        """Observations since the last call. Raises the error of a poll unless it was transient."""
        return self._found.take()

    def close(self) -> None:
        self._stop.set()
        if self._commands is not None:
            self._commands.close()
        self._on_close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            self._guard(self.round)

    def _watch_reports(self) -> None:
        while not self._stop.is_set():
            if not self._guard(self.reports):
                self._stop.wait(RETRY_SECONDS)
            self._stop.wait(CALM_SECONDS if self._is_calm else BOARD_SECONDS)

    @property
    def _is_calm(self) -> bool:
        """Only errors are reported now."""
        states = self._tables.values()
        return self._streams is None or (
            bool(states) and all(state.live or state.resting for state in states)
        )

    def reports(self) -> None:
        """Read the reports once."""
        assert self._reports is not None
        if not self._begun:
            self._reports.begin()
            self._begun = True
            self._found.put(RunAccepted())
        self._unread = self._reports.read() or self._unread
        if self._unread is not None:
            faults = [self._explained(fault) for fault in self._unread.faults]
            self._found.put(Reported(self._unread.facts, faults))
            self._unread = None

    def round(self) -> None:
        """Poll everything that is due, once."""
        if self._is_due("names", self._pace.names):
            self._find_tables()
        for state in list(self._tables.values()):
            if self._stop.is_set():
                return
            if not state.resting:
                self._guard_table(state, lambda state=state: self._visit(state))  # type: ignore[misc]

    def _find_tables(self) -> None:
        try:
            self._found.put(ListedNames(self._source.names()))
        except NoTablesError:
            if not self._tables:
                raise
        except TransientError:
            self._due["names"] = self._clock() + RETRY_SECONDS
            raise

    def _visit(self, state: TableState) -> None:
        table = state.table
        if state.phase is TablePhase.NEW:
            self._prepare(state)
            return
        if self._targets is not None and self._is_due(f"target {table}", STREAM_CHECK_SECONDS):
            self._check_target(state, self._targets.target_id(table))
        if self._streams is not None:
            waiting = state.phase is TablePhase.PREPARED
            if self._is_due(f"stream {table}", STREAM_CHECK_SECONDS) and not waiting:
                self._check_stream(state, self._streams.stream_arn(table))
            if self._is_due(f"shards {table}", 0.5 if waiting else self._pace.shards):
                self._found.put(self._streams.shards(table, state.arn))

    def _check_stream(self, state: TableState, present: Optional[str]) -> None:
        if present is None:
            self._found.put(_fault(state, FaultKind.SOURCE_GONE, no_table(state.table)))
            return
        reason = replaced(state.arn, present)
        if reason is not None:
            self._found.put(Restreamed(state.table, state.arn, reason))

    def _check_target(self, state: TableState, present: Optional[str]) -> None:
        missed = self._missed[state.table] = self._missed.get(state.table, 0) + 1 if present is None else 0
        recreated = bool(present and state.target_id) and present != state.target_id
        if missed >= MISSED or recreated:
            what = "was dropped and created again" if recreated else "does not exist any more"
            reason = f"table {state.table}: the target's table {what}."
            self._found.put(_fault(state, FaultKind.TARGET_GONE, reason))

    def _prepare(self, state: TableState) -> None:
        """Prepare each generation of a table once, unless it fails: a repetition could drop written items. A
        table that goes on in another generation, or after a suspension, waits until the attempt before has
        ended."""
        key = (state.table, state.generation, state.hold)
        running = self._preparing.get(key)
        failed = running is not None and running.done() and not running.result()
        due = running is None or (failed and self._is_due(f"prepare {key}", RETRY_SECONDS))
        if due and all(
            future.done() for (table, _, _), future in self._preparing.items() if table == state.table
        ):
            self._preparing[key] = self._pool.submit(
                self._guard_table, state, lambda: self._found.put(self._prepared(state))
            )

    def _prepared(self, state: TableState) -> Prepared:
        return self._source.prepare(state)._replace(attempt=(state.generation, state.hold))

    def _guard_table(self, state: TableState, work: Callable[[], None]) -> bool:
        """Run `work` for one table. False if it must be retried."""

        def suspending() -> None:
            try:
                work()
            except Exception as error:
                fault = fault_of(error, state.table) if self._suspends else None
                if fault is None:
                    raise
                self._found.put(self._explained(_fault(state, fault.kind, fault.reason)))

        return self._guard(suspending)

    def _explained(self, fault: TableFault) -> TableFault:
        """A gap whose cause is that the table was deleted at the source, as that."""
        if fault.kind != FaultKind.GAP or self._streams is None or not self._suspends:
            return fault
        try:
            if self._streams.stream_arn(fault.table) is not None:
                return fault
        except ServiceError:  # it does not tell
            return fault
        reason = f"{no_table(fault.table)} {fault.reason}"
        return msgspec.structs.replace(fault, kind=int(FaultKind.SOURCE_GONE), reason=reason)

    def _guard(self, work: Callable[[], None]) -> bool:
        """Run `work`. False if it must be retried."""
        try:
            work()
        except TransientError as error:
            log.warning("transient error, will retry: %s", error)
            return False
        except BaseException as error:  # passed to the enumerator's step, which raises it
            self._found.put(error)
        return True

    def _is_due(self, what: str, every: float) -> bool:
        now = self._clock()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + every if every else float("inf")
        return True


def _fault(state: TableState, kind: FaultKind, reason: str) -> TableFault:
    return TableFault(state.table, state.generation, state.hold, int(kind), reason)


def no_table(table: str) -> str:
    return f"table {table}: no longer exists at the source."
