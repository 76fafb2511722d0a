"""`polarshake slot watch`: what others than the forward job have written at PolarDB."""

from __future__ import annotations

import time
from typing import Callable, List, Optional

import msgspec

from connectors.base.errors import TerminalError
from connectors.base.text import timestamp, visible
from connectors.check.report.stored import KEY, place_of
from connectors.config import require
from connectors.config.settings import Settings
from connectors.model.jobs import OK, PROBLEM
from connectors.reverse.foreign import ForeignWrites, verdict
from connectors.reverse.foreign_watch import ForeignWatch, WritesFile
from connectors.reverse.validate import NEEDS, set_up
from connectors.storage.contract import Storage, content
from connectors.storage.open import open_storage

FOREIGN = "foreign.json"
Say = Callable[[str], None]

_decode = msgspec.json.Decoder(ForeignWrites).decode


class StoredWrites(WritesFile):
    """A file beside the check's report."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def load(self) -> Optional[ForeignWrites]:
        body = content(self._storage, FOREIGN)
        try:
            return _decode(body) if body else None
        except msgspec.DecodeError as error:
            raise TerminalError(
                f"{self._storage.place}/{FOREIGN} cannot be read: {error}. Delete it to begin the watch again"
            ) from error

    def save(self, writes: ForeignWrites) -> None:
        self._storage.write(FOREIGN, [msgspec.json.encode(writes)])


def open_watch(settings: Settings) -> ForeignWatch:
    """The watch whose findings are stored beside the check's report. Raises PolarshakeError."""
    require(settings, *NEEDS)
    return ForeignWatch(settings, StoredWrites(open_storage(place_of(settings), KEY, settings)))


def watched(settings: Settings, say: Say, every: Optional[float]) -> int:
    """The exit code. `every`: seconds between two looks; None: one look. Raises PolarshakeError."""
    watch = open_watch(settings)
    set_up(settings, say)
    while True:
        writes, _ = watch.look(say)
        for line in lines(writes):
            say(visible(line))
        if every is None:
            return PROBLEM if verdict(writes, writes.since).found else OK
        time.sleep(every)


def lines(writes: ForeignWrites) -> List[str]:
    since = timestamp(writes.since)
    foreign = verdict(writes, writes.since).found
    if not foreign:
        return [f"nobody but the forward job has written to PolarDB since {since}"]
    return [f"others than the forward job have written to PolarDB: {text}" for text in foreign]
