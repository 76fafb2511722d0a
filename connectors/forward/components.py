"""The forward job, and its parts on the workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Optional

from connectors.base.parent_watchdog import watchdog
from connectors.config.choices import GapPolicy
from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, streams_client
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.engine.board.reader import BoardReader
from connectors.engine.board.runs import SavedRun
from connectors.engine.components import Job, WorkingParts
from connectors.engine.enumerator.discovery import DiscoveryPace, DiscoveryPoller, ReportSource
from connectors.engine.enumerator.observations import Reported
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.worker.environment import Environment
from connectors.engine.worker.worker import Worker
from connectors.forward.children import Children
from connectors.forward.discovery import ForwardDiscovery
from connectors.forward.opener import ForwardOpener
from connectors.forward.threads import WorkerThreads
from connectors.model.dead_letters import DeadLetters
from connectors.model.state import Entries
from connectors.targets.contract import TargetTables
from connectors.targets.open import open_target

DESCRIBES_PER_SECOND, CHILDREN_PER_SECOND = 5.0, 3.0
"""Calls of DescribeStream for listings, and for the children of ended shards, of the whole job. The service
allows about ten a second for the whole account."""


@dataclass(frozen=True)
class ForwardJob(Job["ForwardParts"]):
    settings: Settings

    @property
    def readers(self) -> int:
        return self.settings.readers

    def open(self) -> ForwardParts:
        return ForwardParts(self.settings)


class ForwardParts(WorkingParts):
    """Clients are made when they are first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def planner(self, saved: Entries, first_attempt: bool) -> TablesPlanner:
        grace = self.settings.streams.grace_seconds
        self._planner = TablesPlanner(rules_of(self.settings), 0, grace, saved, first_attempt=first_attempt)
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
            reports=self._reports() if streaming else None,
        )

    def worker(self, number: int, share: float) -> Worker:
        follows = self.settings.mode.follows
        streams = self._stream_calls(CHILDREN_PER_SECOND * share)
        threads = WorkerThreads(Children(streams.children), self._target.board() if follows else None)
        return Worker(
            Environment(
                ForwardOpener(self.settings, self._source, streams, self._target),
                self._target.pipeline(number, share, self._dead_letters),
                threads.reading.submit,
                threads.publish,
                threads.find_children if follows else None,
                self.settings.scan.prefetch_bytes,
                self.settings.streams.gap is GapPolicy.RESCAN,
                time.time,
                threads.close,
            )
        )

    def _reports(self) -> ReportSource:
        board = BoardReader(self._target.board(), self.settings.readers)
        return _Reports(board, self._planner.run_id, self._planner.saved_run)

    def _stream_calls(self, describes: float) -> HttpStreamCalls:
        return HttpStreamCalls(streams_client(self.settings), Limit(describes))

    @cached_property
    def _source(self) -> Client:
        return source_client(self.settings)

    @cached_property
    def _target(self) -> TargetTables:
        return open_target(self.settings).tables(self._source, watchdog().check)

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        return dead_letters(self.settings)


class _Reports(ReportSource):
    def __init__(self, board: BoardReader, run: str, saved: SavedRun) -> None:
        self._board, self._run, self._saved = board, run, saved

    def begin(self) -> None:
        self._board.begin(self._run, self._saved)

    def read(self) -> Optional[Reported]:
        return self._board.read(self._run)


def rules_of(settings: Settings) -> PlannerRules:
    return PlannerRules(
        readers=settings.readers,
        scan=settings.mode.scans,
        stream=settings.mode.follows,
        oldest=settings.streams.start == "oldest",
        rescan=settings.streams.gap is GapPolicy.RESCAN,
        segments=settings.scan.segments or 0,
        steps=True,
        hold_seconds=settings.streams.hold_hours * 3600,
    )
