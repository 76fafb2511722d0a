"""The check job, and its parts on the workers."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Dict, List, Optional, Sequence

from connectors.base.parent_watchdog import watchdog
from connectors.check import notices
from connectors.check.access import BothSides
from connectors.check.changes.chain import selection_of
from connectors.check.changes.link import root_chain
from connectors.check.chunks import BulkState
from connectors.check.convergence import ConvergenceRules as Patience
from connectors.check.discovery import CheckDiscovery
from connectors.check.lane import CheckLane, CheckPolicy
from connectors.check.opener import CheckOpener
from connectors.check.report.stored import open_report, place_of
from connectors.check.report.summary import CheckMode, CheckRun, Repair, Scope
from connectors.check.report_collector import ReportCollector
from connectors.check.sides import report_sides
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.scan.rates import PREFETCH_THREADS, SCANS_AT_ONCE
from connectors.dynamodb.tables import api
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.engine.components import LaneJob, ReadingParts
from connectors.engine.enumerator.discovery import DiscoveryPace, DiscoveryPoller
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.reader.prefetch import Prefetch
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.model.dead_letters import DeadLetters, Ignored
from connectors.model.state import Entries
from connectors.targets.check_contract import CheckSides
from connectors.targets.open import open_target

TASK_THREADS = 8

Chosen = Dict[str, List[bytes]]
"""Keys by table."""


@dataclass(frozen=True)
class CheckJob(LaneJob["CheckParts"]):
    """The part of the job that is created at the submission, by `job_of`, and sent to the workers."""

    settings: Settings
    chosen: Chosen
    report: str
    """The place of the report: an absolute folder or s3://bucket/prefix."""
    run: CheckRun
    """The facts about the run that are known at the submission."""

    @property
    def readers(self) -> int:
        return self.settings.readers

    @property
    def lanes(self) -> int:
        return self.settings.check.lanes

    def open(self) -> CheckParts:
        return CheckParts(self)

    def collector(self) -> ReportCollector:
        """Raises PreflightError or TransientError if the report's place cannot be used."""
        selection = selection_of(self.settings.filter)
        chain_of = partial(root_chain, self.run, selection, uuid.uuid4().hex)
        report = open_report(self.report, self.settings)
        return ReportCollector(self.run, self.lanes, report, chain_of=chain_of)


def job_of(settings: Settings, chosen: Optional[Chosen] = None, left_out: Sequence[str] = ()) -> CheckJob:
    """The job. `left_out`: tables that the filter excludes, for the report."""
    place = place_of(settings)
    run = run_of(settings, time.time(), left_out, mode_of(settings), place)
    return CheckJob(settings, chosen or {}, place, run)


class CheckParts(ReadingParts):
    """The parts of the job on a worker. Clients are created on first use."""

    def __init__(self, job: CheckJob) -> None:
        self.job, self.settings, self.chosen = job, job.settings, job.chosen

    def planner(self, saved: Entries, first_attempt: bool) -> TablesPlanner:
        return TablesPlanner(
            rules_of(self.settings, bool(self.chosen)), self.job.lanes, 0.0, saved, announce=notices.plan
        )

    def poller(self, first_attempt: bool) -> DiscoveryPoller:
        return DiscoveryPoller(self.discovery(), None, DiscoveryPace(0))

    def discovery(self) -> CheckDiscovery:
        sides = self._sides
        return CheckDiscovery(self.settings, sides.caller, sides.definitions, sorted(self.chosen))

    def reader(self, number: int, saved: Entries) -> ReaderShard:
        opener = CheckOpener(self.settings, self._sides.source, self._sides.target, self.chosen)
        prefetch = Prefetch(self._threads, self.settings.scan.prefetch_bytes)
        return ReaderShard(number, self.job.lanes, opener, prefetch, SCANS_AT_ONCE, saved)

    def lane(self, number: int, bulk: BulkState, saved: Entries) -> CheckLane:
        check = self.settings.check
        policy = CheckPolicy(
            Patience(check.settle_seconds, check.window_seconds),
            check.repair,
            check.delete_extra,
            max(1, check.suspects // self.job.lanes),
        )
        sides = self._sides
        access = BothSides(sides.source, sides.target, sides.writer(self._dead_letters), self._may_delete)
        return CheckLane(number, policy, access, bulk, self._tasks, saved)

    def _may_delete(self, table: str) -> bool:
        """Whether a repair may delete items of a table. A table that only the target has may be unrelated to
        the migration, so it must be named in full."""
        check = self.settings.check
        if not (check.repair and check.delete_extra):
            return False
        named = table in self.settings.filter.white_table_set
        return named or api.describe_table(self._sides.caller, table) is not None

    @property
    def source(self) -> Caller:
        """For the definitions at the source."""
        return self._sides.caller

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(PREFETCH_THREADS, thread_name_prefix="prefetch")

    @cached_property
    def _tasks(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(TASK_THREADS, thread_name_prefix="check-task")

    @cached_property
    def _sides(self) -> CheckSides:
        return open_target(self.settings).check_sides(watchdog().check)

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        """The dead letters of a repair. They can be discarded if there is no place for them, because the
        report contains every item that a repair cannot write."""
        return dead_letters(self.settings, otherwise=Ignored)


def mode_of(settings: Settings) -> CheckMode:
    """The mode of a check that is not one of changes."""
    check = settings.check
    if check.keys:
        return CheckMode(Scope.KEYS, file=check.keys)
    if check.sample:
        return CheckMode(Scope.SAMPLE, sample=check.sample)
    return CheckMode(Scope.ALL)


def run_of(
    settings: Settings, started: float, left_out: Sequence[str], mode: CheckMode, report: str
) -> CheckRun:
    """`report`: its place."""
    check = settings.check
    source, target = report_sides(settings)
    return CheckRun(
        started=started,
        ended=started,
        direction=check.direction,
        mode=mode,
        source=source,
        target=target,
        left_out=list(left_out),
        repair=Repair(done=True) if check.repair else None,
        report=report,
    )


def rules_of(settings: Settings, chosen: bool) -> PlannerRules:
    """The rules of the plan. Chosen keys have one part, which belongs to neither side."""
    return PlannerRules(
        readers=settings.readers,
        scan=True,
        stream=False,
        segments=1 if chosen else settings.scan.segments or 0,
        both=not chosen,
        sample=0 if chosen else settings.check.sample,
    )
