"""Looks for commands in the background, and writes their answers: the enumerator never waits for the place.

A place that cannot be read fails no job: it is logged, and tried again.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import Callable, List, NamedTuple, Optional, Protocol, Set, Union

from connectors.base.errors import PolarshakeError
from connectors.engine.enumerator.observations import Commanded, CommandsBegin
from connectors.model.commands import CommandListing, FollowedCommands, OperatorCommand, PlaceReader

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""Between two listings of the place."""
ANSWER_SECONDS = 0.5
"""Between two looks for answers to be written."""


class CommandPlace(Protocol):
    """See connectors.model.commands.StoredCommands."""

    def listing(self) -> CommandListing: ...

    def command(self, name: str) -> Optional[OperatorCommand]: ...

    def put_answer(self, name: str, answer: bytes) -> None: ...

    def reader(self) -> Optional[PlaceReader]: ...

    def put_reader(self, reader: PlaceReader) -> None: ...


class WatchedJob(NamedTuple):
    """The job for which commands are looked for."""

    submission: str
    """See PlaceReader."""
    record: Callable[[], Optional[FollowedCommands]]
    """The job's record; None before CommandsBegin. Called from the background thread."""


CommandSeen = Union[CommandsBegin, Commanded]


class CommandWatch:
    def __init__(
        self,
        open_place: Callable[[], CommandPlace],
        job: WatchedJob,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`open_place` is called in the background, again after each failure. `wall`: epoch seconds."""
        self._open, self._job, self._clock, self._wall = open_place, job, clock, wall
        self._place: Optional[CommandPlace] = None
        self._begun = False
        self._seen: Set[str] = set()
        self._answered: Set[str] = set()
        """Commands whose answers are in the place, and that this run does not answer."""
        self._written: Set[str] = set()
        self._look_at = clock()
        self._problem = ""
        self._stop = threading.Event()

    def start(self, put: Callable[[CommandSeen], None]) -> None:
        threading.Thread(target=self._run, args=(put,), name="commands", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _run(self, put: Callable[[CommandSeen], None]) -> None:
        while not self._stop.wait(ANSWER_SECONDS):
            try:
                for seen in self.round():
                    put(seen)
            except Exception:  # commands never end a job
                log.exception("commands of operators cannot be read now, and are tried again")

    def round(self) -> List[CommandSeen]:
        """What is new, if a look is due. Writes the answers that are missing."""
        try:
            place = self._place = self._place or self._open()
            seen = self._look(place) if self._clock() >= self._look_at else []
            self._write_answers(place)
            self._problem = ""
            return seen
        except PolarshakeError as error:
            self._failed(error)
            return []

    def _failed(self, error: PolarshakeError) -> None:
        self._place, self._look_at = None, self._clock() + LOOK_SECONDS
        if str(error) != self._problem:
            self._problem = str(error)
            log.warning("commands of operators cannot be read now, and are tried again: %s", error)

    def _look(self, place: CommandPlace) -> List[CommandSeen]:
        listing = place.listing()
        self._answered = set(listing.answers)
        if not self._begun:
            begin = self._begin(place, listing)
            self._begun = True
            return [begin]
        record = self._job.record()
        if record is None:  # the enumerator has not processed the first look yet
            return []
        new = [name for name in listing.commands if name not in self._seen and not record.knows(name)]
        commanded = [Commanded(name, place.command(name)) for name in new]
        self._seen.update(new)
        self._look_at = self._clock() + LOOK_SECONDS
        return list(commanded)

    def _begin(self, place: CommandPlace, listing: CommandListing) -> CommandsBegin:
        """A job that was restarted before its first checkpoint began where it began the first time."""
        known = place.reader()
        if known is not None and known.submission == self._job.submission:
            before = known.before
        else:
            before = listing.commands[-1] if listing.commands else ""
        place.put_reader(PlaceReader(self._job.submission, before, self._wall(), socket.gethostname()))
        old = [name for name in listing.commands if name <= before]
        return CommandsBegin(before, [name for name in old if name not in self._answered])

    def _write_answers(self, place: CommandPlace) -> None:
        record = self._job.record()
        for name, answer in (record.answers if record is not None else {}).items():
            missing = self._begun and name not in self._answered
            if name not in self._written and (missing or name in self._seen):
                place.put_answer(name, answer)
                self._written.add(name)
