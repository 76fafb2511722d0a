"""The environment of a cut-over: its ports, each a list of facts that a test changes."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

import msgspec

from connectors.base.errors import TerminalError
from connectors.base.text import timestamp
from connectors.check.changes.chain import (
    BrokenChain,
    Chain,
    ChainLink,
    ChainTable,
    LogState,
    Selection,
    extended,
)
from connectors.check.report.summary import (
    CheckMode,
    DifferenceCounts,
    ReportSide,
    Scope,
    Summary,
    TableResult,
    Verdict,
    totals_of,
)
from connectors.command.cutover.ports import Flow, Say
from connectors.config.choices import Direction
from connectors.postgres.replication.continuity import KnownIdentities
from connectors.postgres.replication.facts import SlotFacts
from tests.fakes.flink import FakeFlink, FakeJob

LIVE = {
    "phase": 3,
    "generation": 1,
    "segments": 1,
    "segmentsDone": 1,
    "lagSeconds": 6,
    "shardsReading": 1,
}
"""Metrics of a table that is copied and whose stream is being read."""
DYNAMODB, POLARDB = ReportSide("Amazon DynamoDB", "cn-north-1"), ReportSide("PolarDB", "http://pe:5432")


def slot(
    name: str = "flink_slot", confirmed: int = 100, end: int = 100, pid: Optional[int] = None
) -> SlotFacts:
    return SlotFacts(name, "pgoutput", "logical", "db", pid, confirmed, confirmed, "reserved", False, end)


def summary(
    began: float,
    verdict: Verdict = Verdict.EQUAL,
    direction: Direction = Direction.FORWARD,
    scope: Scope = Scope.ALL,
    equal: int = 1000,
    different: int = 0,
    others: Sequence[str] = (),
) -> Summary:
    """The summary of a check, which took a minute, of the table orders, and of others, which are equal."""
    table = TableResult(table="orders", compared=equal + different, equal=equal, different=different)
    source, target = (DYNAMODB, POLARDB) if direction is Direction.FORWARD else (POLARDB, DYNAMODB)
    return Summary(
        verdict=verdict,
        problems=["no table was checked"] if verdict is Verdict.INCOMPLETE else [],
        started=timestamp(began),
        ended=timestamp(began + 60),
        seconds=60.0,
        direction=direction,
        mode=CheckMode(scope=scope),
        source=source,
        target=target,
        totals=DifferenceCounts(
            **{name: getattr(totals_of([table]), name) for name in DifferenceCounts.__struct_fields__}
        ),
        tables=[table, *(TableResult(table=name, compared=equal, equal=equal) for name in others)],
        left_out=[],
    )


def chain(began: float, verdict: Verdict = Verdict.EQUAL, equal: int = 1000) -> Chain:
    """The chain of a full check of one table, which took a minute."""
    link = ChainLink(generation=0, started=began, ended=began + 60, verdict=verdict, keys=equal)
    table = ChainTable(arn="arn", since=began)
    return Chain(
        root="r",
        source=DYNAMODB,
        target=POLARDB,
        selection=Selection(),
        links=[link],
        tables={"orders": table},
    )


def log_state(positions: Dict[str, int]) -> LogState:
    return LogState(
        positions=positions, server="1", publications={"flink_slot": "pub"}, known=KnownIdentities()
    )


def chain_back(began: float, position: int = 100) -> Chain:
    """The chain that a cut-over leaves for the way back."""
    full = chain(began)
    log = log_state({"flink_slot": position})
    return msgspec.structs.replace(full, source=POLARDB, target=DYNAMODB, log=log)


def generation_after(
    chain: Chain,
    began: float,
    verdict: Verdict = Verdict.EQUAL,
    left: int = 0,
    position: int = 0,
) -> Chain:
    """`position`: how far PolarDB's log is covered, on the way back."""
    differences = 3 if verdict is Verdict.DIFFERENT else 0
    link = ChainLink(
        generation=chain.last.generation + 1,
        started=began,
        ended=began + 8,
        verdict=verdict,
        keys=20,
        differences=differences,
        open=differences or left,
    )
    log = log_state({"flink_slot": position}) if chain.log else None
    return extended(chain, link, chain.tables, {}, log)


class FakeStreams:
    """Implements `ChangeStreams`. It has read everything up to `lag` seconds ago, and counts the calls of
    `write`."""

    def __init__(self, clock: Callable[[], float], lag: float = 6.0) -> None:
        self._clock, self.lag = clock, lag
        self.state, self.restarts = "RUNNING", 0
        self.changes: Dict[str, int] = {"orders": 5}
        self.blind = False
        """The read position is unknown."""
        self.before_look: Callable[[], None] = lambda: None

    def write(self, table: str = "orders", count: int = 1) -> None:
        self.changes[table] = self.changes.get(table, 0) + count

    def poll(self, job_id: str) -> Flow:
        self.before_look()
        through = None if self.blind else self._clock() - self.lag
        return Flow(job_id, self.state, self.restarts, dict(self.changes), through)


class FakeSlots:
    """Implements `ReplicationSlots`. `set_up` creates missing slots at the end of the log; an active slot
    follows the log."""

    def __init__(self, *slots: SlotFacts, end: int = 100, names: Sequence[str] = ("flink_slot",)) -> None:
        self._names, self.found, self.log_end = list(names), {slot.name: slot for slot in slots}, end
        self.problems: List[str] = []
        self.advanced: List[str] = []
        self.records = True
        """The reverse job records the keys of the changes."""
        self.log_unknown = ""

    def names(self) -> List[str]:
        return self._names

    def obstacles(self) -> List[str]:
        return self.problems

    def poll(self) -> List[SlotFacts]:
        for name, each in self.found.items():
            if each.active_pid is not None:
                self.found[name] = each._replace(confirmed_lsn=self.log_end)
        return [each._replace(current_lsn=self.log_end) for each in self.found.values()]

    def end(self) -> int:
        return self.log_end

    def set_up(self, say: Say) -> None:
        for name in self._names:
            if name not in self.found:
                self.found[name] = slot(name, self.log_end, self.log_end)
                say(f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput');")

    def log(self, positions: Dict[str, int], tables: Sequence[str]) -> Optional[LogState]:
        if self.log_unknown:
            raise TerminalError(self.log_unknown)
        return log_state(positions) if self.records else None

    def advance(self, slot: str, position: int) -> None:
        self.advanced.append(slot)
        self.found[slot] = self.found[slot]._replace(confirmed_lsn=position)

    def read(self, pid: Optional[int]) -> None:
        """Make a job read all slots, or stop reading them."""
        self.found = {name: each._replace(active_pid=pid) for name, each in self.found.items()}


class FakeReports:
    def __init__(self, last: Optional[Summary] = None) -> None:
        self.summary = last
        self.known: Optional[Chain] = None
        self.damaged = False

    def chain(self) -> Optional[Chain]:
        if self.damaged:
            raise BrokenChain("chain.json is damaged")
        return self.known

    def end_chain(self) -> None:
        self.known = None

    def turn_chain(self, chain: Chain) -> None:
        self.known = chain

    def last(self) -> Optional[Summary]:
        return self.summary


class FakeRunner:
    """Implements `JobRunner`. A check writes the report that `verdict` returns."""

    def __init__(
        self, reports: FakeReports, flink: FakeFlink, slots: Optional[FakeSlots], clock: Callable[[], float]
    ) -> None:
        self._reports, self._flink, self._slots, self._clock = reports, flink, slots, clock
        self.verdict = Verdict.EQUAL
        self.others: Sequence[str] = ()
        """Tables that a check compares, in addition to orders."""
        self.ran: List[str] = []
        self.during_check: Callable[[], None] = lambda: None
        self.fails = self.breaks = False

    def command(self, job: str, direction: str = "forward") -> str:
        return f"flink run -py jobs/{job}.py"

    def check(self, direction: str) -> None:
        self.ran.append(f"check {direction}")
        if self.fails:
            raise TerminalError("the check could not check: no route")
        different = 3 if self.verdict is Verdict.DIFFERENT else 0
        began = self._clock() + 1
        way = Direction(direction)
        self._reports.summary = summary(began, self.verdict, way, different=different, others=self.others)
        self.during_check()

    def check_changes(self, direction: str, say: Say) -> None:
        self.ran.append("changes")
        if self.breaks:
            raise BrokenChain("the stream was replaced")
        if self._reports.known is not None:
            began = self._clock() + 1
            end = self._slots.end() if self._slots else 0
            self._reports.known = generation_after(self._reports.known, began, self.verdict, position=end)
        self.during_check()

    def submit(self, job: str) -> str:
        """A reverse job reads the slots at once, and a forward job has caught up at once."""
        self.ran.append(job)
        submitted = FakeJob(job[0] + "1", f"polarshake {job}", started=self._clock())
        self._flink.known[submitted.id] = submitted
        if job == "forward":
            submitted.tables = {"orders": dict(LIVE)}
        elif self._slots:
            self._slots.read(42)
        return submitted.id
