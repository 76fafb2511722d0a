"""Reads the events that processes have stored, while they go on storing them."""

from __future__ import annotations

from itertools import islice
from typing import Dict, Iterator, List, NamedTuple, Set

import msgspec

from connectors.model.events import JobEvent
from connectors.notify.sinks import STEM
from connectors.storage.contract import Storage

QUIET = 5
"""Objects that did not grow are read again in turn, this many at a time: most of their processes have
ended."""

_decode = msgspec.json.Decoder(JobEvent).decode


class StoredEvent(NamedTuple):
    name: str
    """Of its object."""
    number: int
    """Of its line in it, from 1."""
    event: JobEvent


class StoredEvents:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._read: Dict[str, int] = {}
        """Object -> lines that have been read."""
        self._growing: Set[str] = set()
        self._turn = 0

    def look(self) -> List[StoredEvent]:
        """The events that are new since the last call, the oldest first. Raises what a Storage raises."""
        events: List[StoredEvent] = []
        for name in self._due(self._storage.names(STEM)):
            new = list(self._new(name))
            (self._growing.add if new or name not in self._read else self._growing.discard)(name)
            self._read[name] = max([self._read.get(name, 0), *(each.number for each in new)])
            events += new
        return sorted(events, key=lambda each: each.event.at)

    def _due(self, names: List[str]) -> List[str]:
        now = [name for name in names if name not in self._read or name in self._growing]
        quiet = [name for name in names if name not in now]
        if not quiet:
            return now
        self._turn = (self._turn + QUIET) % len(quiet)
        return [*now, *islice([*quiet[self._turn :], *quiet[: self._turn]], QUIET)]

    def _new(self, name: str) -> Iterator[StoredEvent]:
        before = self._read.get(name, 0)
        for number, line in enumerate(islice(self._storage.lines(name), before, None), before + 1):
            try:
                yield StoredEvent(name, number, _decode(line))
            except msgspec.DecodeError:  # of a later version, or still being written
                continue
