"""The forward job, and its parts on the workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Callable, Optional

from connectors.base.parent_watchdog import watchdog
from connectors.config.choices import GapPolicy
from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, streams_client
from connectors.dynamodb.scan.rates import PREFETCH_THREADS, SCANS_AT_ONCE
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.engine.components import LaneJob, WritingParts
from connectors.engine.enumerator.discovery import DiscoveryPace, DiscoveryPoller
from connectors.engine.enumerator.observations import Trimmed
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.engine.enumerator.table_planner import PlannerRules
from connectors.engine.lane.lane import Lane
from connectors.engine.reader.prefetch import Prefetch
from connectors.engine.reader.reader_shard import ReaderShard
from connectors.forward.discovery import ForwardDiscovery
from connectors.forward.gaps import GapNotes, Gaps, NoGapNotes
from connectors.forward.opener import ForwardOpener
from connectors.model.dead_letters import DeadLetters
from connectors.model.state import Entries
from connectors.targets.contract import TargetTables
from connectors.targets.open import open_target


@dataclass(frozen=True)
class ForwardJob(LaneJob["ForwardParts"]):
    settings: Settings

    @property
    def readers(self) -> int:
        return self.settings.readers

    @property
    def lanes(self) -> int:
        return self.settings.lanes

    def open(self) -> ForwardParts:
        return ForwardParts(self.settings)


class ForwardParts(WritingParts):
    """Clients are made when they are first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def planner(self, saved: Entries, first_attempt: bool) -> TablesPlanner:
        grace = self.settings.streams.grace_seconds
        return TablesPlanner(
            rules_of(self.settings), self.settings.lanes, grace, saved, first_attempt=first_attempt
        )

    def poller(self, first_attempt: bool) -> DiscoveryPoller:
        self._dead_letters.close()  # the place is tried before a table is created
        discovery = ForwardDiscovery(
            self.settings, self._source, self._streams, self._target, self._gaps, first_attempt
        )
        streaming = self.settings.mode.follows
        names = (
            self.settings.streams.discovery_seconds if streaming and self.settings.streams.new_tables else 0
        )
        return DiscoveryPoller(discovery, discovery if streaming else None, DiscoveryPace(names))

    def reader(self, number: int, saved: Entries) -> ReaderShard:
        opener = ForwardOpener(self.settings, self._source, self._streams, self._target)
        prefetch = Prefetch(self._threads, self.settings.scan.prefetch_bytes)
        return ReaderShard(
            number,
            self.settings.lanes,
            opener,
            prefetch,
            SCANS_AT_ONCE,
            saved,
            on_gap=self._on_gap,
            shards=opener,
        )

    def lane(self, number: int, saved: Entries) -> Lane:
        return Lane(self._target.writer(number, self._dead_letters), saved)

    @property
    def _on_gap(self) -> Optional[Callable[[Trimmed], None]]:
        return self._gaps.write if self.settings.streams.gap is GapPolicy.RESCAN else None

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(PREFETCH_THREADS, thread_name_prefix="prefetch")

    @cached_property
    def _source(self) -> Client:
        return source_client(self.settings)

    @cached_property
    def _streams(self) -> HttpStreamCalls:
        return HttpStreamCalls(streams_client(self.settings))

    @cached_property
    def _target(self) -> TargetTables:
        return open_target(self.settings).tables(self._source, watchdog().check)

    @cached_property
    def _gaps(self) -> Gaps:
        path = self.settings.dead_letter.path
        return GapNotes(path) if path and self.settings.streams.gap is GapPolicy.RESCAN else NoGapNotes()

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        return dead_letters(self.settings)


def rules_of(settings: Settings) -> PlannerRules:
    return PlannerRules(
        readers=settings.readers,
        scan=settings.mode.scans,
        stream=settings.mode.follows,
        oldest=settings.streams.start == "oldest",
        rescan=settings.streams.gap is GapPolicy.RESCAN,
        segments=settings.scan.segments or 0,
    )
