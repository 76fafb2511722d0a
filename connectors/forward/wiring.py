"""The forward job's parts, built on the workers from the settings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, Callable, Dict, Optional, Union

from connectors.config.settings import Settings
from connectors.deadletter import DeadLetters
from connectors.dynamodb.client import Client
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.enumerator.observations import Trimmed
from connectors.enumerator.plan import Rules
from connectors.enumerator.plans import Plans
from connectors.enumerator.surveyor import Pace, Surveyor
from connectors.forward.clients import refuse_same_server, source_client, streams_client, target_client
from connectors.forward.gaps import GapNotes, NoGapNotes
from connectors.forward.look import ForwardLook
from connectors.forward.opener import ForwardOpener
from connectors.forward.polardb import PolarDbTarget
from connectors.forward.target import Target
from connectors.lane.lane import Lane
from connectors.reader.prefetch import Prefetch
from connectors.reader.slot import Slot
from connectors.runtime.orphan import watchdog
from connectors.scanning import PREFETCH_THREADS, SCANS_AT_ONCE
from connectors.state import Entries
from connectors.writing import dead_letters


class ForwardWiring:
    """A runtime.wiring.Wiring. Pickled with its settings alone; clients are made where they are used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lanes, self.readers = settings.lanes, settings.readers

    def __getstate__(self) -> Dict[str, Any]:
        return {"settings": self.settings, "lanes": self.lanes, "readers": self.readers}

    def plans(self, saved: Entries, first_attempt: bool) -> Plans:
        grace = self.settings.streams.grace_seconds
        return Plans(rules_of(self.settings), self.lanes, grace, saved, first_attempt=first_attempt)

    def surveyor(self, first_attempt: bool) -> Surveyor:
        look = ForwardLook(self.settings, self._source, self._streams, self._side, self._gaps, first_attempt)
        streaming = self.settings.mode in ("all", "incremental")
        names = (
            self.settings.streams.discovery_seconds if streaming and self.settings.streams.new_tables else 0
        )
        return Surveyor(look, streaming, Pace(names))

    def slot(self, number: int, saved: Entries) -> Slot:
        opener = ForwardOpener(self.settings, self._source, self._streams, self._side)
        prefetch = Prefetch(self._threads, self.settings.scan.prefetch_bytes)
        return Slot(number, self.lanes, opener, prefetch, SCANS_AT_ONCE, saved, on_gap=self._on_gap)

    def lane(self, number: int, saved: Entries) -> Lane:
        return Lane(self._side.writer(number, self._dead_letters), saved)

    @property
    def _on_gap(self) -> Optional[Callable[[Trimmed], None]]:
        return self._gaps.write if self.settings.streams.gap == "rescan" else None

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
    def _target(self) -> Client:
        return target_client(self.settings, watchdog().check)

    @cached_property
    def _side(self) -> Target:
        if self.settings.target == "mongodb":
            # Its driver is needed by those alone who write there.
            from connectors.mongodb.target import MongoTarget

            return MongoTarget(self.settings, self._source, watchdog().check)
        refuse_same_server(self.settings)
        return PolarDbTarget(self.settings, self._source, self._target)

    @cached_property
    def _gaps(self) -> Union[GapNotes, NoGapNotes]:
        path = self.settings.dead_letter.path
        return GapNotes(path) if path and self.settings.streams.gap == "rescan" else NoGapNotes()

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        return dead_letters(self.settings)


def rules_of(settings: Settings) -> Rules:
    return Rules(
        readers=settings.readers,
        scan=settings.mode in ("all", "full"),
        stream=settings.mode in ("all", "incremental"),
        oldest=settings.streams.start == "oldest",
        rescan=settings.streams.gap == "rescan",
        segments=settings.scan.segments or 0,
    )
