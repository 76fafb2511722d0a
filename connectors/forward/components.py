"""The forward job, and its parts on the workers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Optional

from connectors.base.errors import TerminalError
from connectors.base.parent_watchdog import watchdog
from connectors.config.choices import GapPolicy, OnError
from connectors.config.settings import Settings
from connectors.config.suspensions import names
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, streams_client
from connectors.dynamodb.limits import Limit, LiveLimits, LiveRates
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.engine.board.reader import BoardReader
from connectors.engine.board.runs import SavedRun
from connectors.engine.components import Job, WorkingParts
from connectors.engine.enumerator.command_watch import CommandWatch, WatchedJob
from connectors.engine.enumerator.discovery import DiscoveryPace, DiscoveryPoller, ReportSource
from connectors.engine.enumerator.observations import Reported
from connectors.engine.enumerator.planner import TablesPlanner, random_id
from connectors.engine.enumerator.suspension import Choices
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.worker.environment import Environment
from connectors.engine.worker.worker import Worker
from connectors.forward.children import Children
from connectors.forward.discovery import ForwardDiscovery
from connectors.forward.opener import ForwardOpener
from connectors.forward.threads import WorkerThreads
from connectors.forward.validate import Moved
from connectors.model.commands import StoredCommands
from connectors.model.dead_letters import DeadLetters
from connectors.model.orders import RateOrder
from connectors.model.state import Entries
from connectors.notify.open import open_sender
from connectors.notify.sender import EventSender
from connectors.storage.open import open_storage
from connectors.targets.contract import TargetTables
from connectors.targets.open import open_target

DESCRIBES_PER_SECOND, CHILDREN_PER_SECOND = 5.0, 3.0
"""Calls of DescribeStream for listings, and for the children of ended shards, of the whole job. The service
allows about ten a second for the whole account."""


@dataclass(frozen=True)
class ForwardJob(Job["ForwardParts"]):
    settings: Settings
    submission: str = field(default_factory=random_id)
    """Identifies the submission over the job's restarts."""

    @property
    def readers(self) -> int:
        return self.settings.readers

    def open(self) -> ForwardParts:
        return ForwardParts(self.settings, self.submission)


class ForwardParts(WorkingParts):
    """Clients are created at first use."""

    def __init__(self, settings: Settings, submission: str = "") -> None:
        self.settings, self._submission = settings, submission

    def planner(self, saved: Entries, first_attempt: bool) -> TablesPlanner:
        grace = self.settings.streams.grace_seconds
        self._planner = TablesPlanner(
            rules_of(self.settings),
            0,
            grace,
            saved,
            first_attempt=first_attempt,
            choices=choices_of(self.settings),
            tell=self._events,
        )
        return self._planner

    def poller(self, first_attempt: bool) -> DiscoveryPoller:
        self._dead_letters.close()  # the place is tried before a table is created
        streams = self._stream_calls(DESCRIBES_PER_SECOND)
        discovery = ForwardDiscovery(self.settings, self._source, streams, self._target, first_attempt)
        streaming = self.settings.mode.follows
        names = (
            self.settings.streams.discovery_seconds if streaming and self.settings.streams.new_tables else 0
        )
        return DiscoveryPoller(
            discovery,
            discovery if streaming else None,
            DiscoveryPace(names),
            reports=self._reports(),
            targets=discovery,
            suspends=self.settings.tables.on_error is OnError.SUSPEND,
            commands=self._commands(),
            on_close=self._events.close,
        )

    def worker(self, number: int, share: float) -> Worker:
        follows = self.settings.mode.follows
        streams = self._stream_calls(CHILDREN_PER_SECOND * share)
        scan = LiveRates(self.settings.scan.read_limit.rate)
        write = LiveRates(self.settings.write.limit)

        def set_rates(order: RateOrder) -> None:
            scan.set(order.table, order.scan)
            write.set(order.table, order.write)

        threads = WorkerThreads(Children(streams.children), self._target.board(), follows)
        return Worker(
            Environment(
                ForwardOpener(self.settings, self._source, streams, self._target, scan),
                self._target.pipeline(number, LiveLimits(write, share), self._dead_letters),
                threads.reading.submit,
                threads.publish,
                threads.find_children if follows else None,
                self.settings.scan.prefetch_bytes,
                time.time,
                threads.close,
                set_rates=set_rates,
            )
        )

    def _commands(self) -> Optional[CommandWatch]:
        place, queue = self.settings.control_place, self._planner.commands
        if place is None:
            return None
        return CommandWatch(
            lambda: StoredCommands(open_storage(place, "control.path", self.settings)),
            WatchedJob(self._submission, lambda: queue.record),
        )

    def _reports(self) -> ReportSource:
        board = BoardReader(self._target.board(), self.settings.readers)
        follows = self.settings.mode.follows
        return _Reports(board, self._planner.run_id, self._planner.saved_run, follows)

    def _stream_calls(self, describes: float) -> HttpStreamCalls:
        return HttpStreamCalls(streams_client(self.settings), Limit(describes))

    @cached_property
    def _source(self) -> Client:
        return source_client(self.settings)

    @cached_property
    def _target(self) -> TargetTables:
        return open_target(self.settings).tables(self._source, watchdog().check)

    @cached_property
    def _events(self) -> EventSender:
        return open_sender(self.settings)

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        return dead_letters(self.settings)


class _Reports(ReportSource):
    def __init__(self, board: BoardReader, run: str, saved: SavedRun, follows: bool) -> None:
        """`follows`: false for a job that reads no streams. It can repeat what it has done, so none of its
        savepoints is refused."""
        self._board, self._run, self._saved, self._follows = board, run, saved, follows

    def begin(self) -> None:
        if self._follows:
            self._board.begin(self._run, self._saved)

    def read(self) -> Optional[Reported]:
        """A full copy needs the board only for errors of one table, so it may lack the rights to it. An error
        that cannot be reported fails the job: see connectors.engine.worker.slot."""
        try:
            return self._board.read(self._run)
        except TerminalError:
            if self._follows:
                raise
            return None


def rules_of(settings: Settings) -> PlannerRules:
    return PlannerRules(
        readers=settings.readers,
        scan=settings.mode.scans,
        stream=settings.mode.follows,
        oldest=settings.streams.start == "oldest",
        rescan=settings.streams.gap is GapPolicy.RESCAN,
        suspend_gaps=settings.streams.gap is GapPolicy.SUSPEND,
        suspend=settings.tables.on_error is OnError.SUSPEND,
        segments=settings.scan.segments or 0,
        steps=True,
        hold_seconds=settings.streams.hold_hours * 3600,
    )


def choices_of(settings: Settings) -> Choices:
    tables = settings.tables
    return Choices(
        includes=Moved(settings).allows,
        resume=lambda table, number: names(tables.resume, table, number),
        rescan=lambda table, number: names(tables.rescan, table, number),
    )
