"""The report in a bucket. An object cannot grow, so the report is written to a local folder and copied.

The check does not depend on the copy while it runs: after a restart, every difference is reported again.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO, Iterable, Iterator

from connectors.base.timing import REAL, Timing
from connectors.check.report.difference import Difference
from connectors.check.report.files import (
    CHAIN,
    DIFFERENCES,
    PAGE,
    SUMMARY,
    FileReport,
    ReportSink,
    differences,
)
from connectors.check.report.summary import Summary
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.storage.contract import Storage
from connectors.storage.folder import file_lines
from connectors.storage.open import open_storage
from connectors.storage.probe import probe

KEY = "check.report"
COPY_SECONDS = 30.0
"""Minimum seconds between two copies of report.jsonl while differences are added."""
CHUNK = 1 << 20


def place_of(settings: Settings) -> str:
    """The place of the report: an absolute folder or s3://bucket/prefix."""
    return absolute(settings.check.report or "check-report")


def absolute(place: str) -> str:
    return place if is_s3(place) else os.path.abspath(place)


def open_report(place: str, settings: Settings) -> ReportSink:
    """The report at a place. Raises PreflightError or TransientError if an object cannot be written there,
    read and deleted."""
    storage = open_storage(place, KEY, settings)
    probe(storage, KEY)
    return CopiedReport(storage) if is_s3(place) else FileReport(place)


def open_to_replace(place: str, settings: Settings) -> ReportSink:
    """As `open_report`. The report that is there stays until this one is published."""
    storage = open_storage(place, KEY, settings)
    probe(storage, KEY)
    return ReplacedReport(storage)


class CopiedReport(ReportSink):
    def __init__(self, storage: Storage, timing: Timing = REAL) -> None:
        self._storage, self._clock = storage, timing.clock
        self._folder = tempfile.TemporaryDirectory(prefix="check-report-")
        self._local = FileReport(self._folder.name)
        self._copied = self._clock()

    def add(self, differences: Iterable[Difference]) -> None:
        self._local.add(differences)
        if self._clock() - self._copied >= COPY_SECONDS:
            self._copy(DIFFERENCES)

    def rewrite(self, differences: Iterable[Difference]) -> None:
        """Replace all differences. Deletes an old summary, because it belongs to other differences."""
        self._storage.delete(CHAIN)
        self._storage.delete(SUMMARY)
        self._local.rewrite(differences)
        self._copy(DIFFERENCES)

    def publish(self, summary: Summary) -> None:
        self._local.publish(summary)
        # The summary is written last: if it exists, the other files do too.
        for name in (DIFFERENCES, PAGE, SUMMARY):
            self._copy(name)

    def put_chain(self, chain: bytes) -> None:
        self._storage.write(CHAIN, [chain])

    def close(self) -> None:
        self._local.close()
        self._folder.cleanup()

    def _copy(self, name: str) -> None:
        with (Path(self._folder.name) / name).open("rb") as file:
            self._storage.write(name, _chunks(file))
        self._copied = self._clock()


class ReplacedReport(CopiedReport):
    """Replaces an earlier report of the same place at the end, and not before: its chain is still needed."""

    def add(self, differences: Iterable[Difference]) -> None:
        self._local.add(differences)

    def rewrite(self, differences: Iterable[Difference]) -> None:
        self._local.rewrite(differences)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(CHUNK), b"")


def stored_differences(place: str, settings: Settings) -> Iterator[Difference]:
    """The differences of a report; none if it has none. Raises TerminalError or TransientError."""
    return differences(stored_lines(place, DIFFERENCES, settings), f"{place}/{DIFFERENCES}")


def stored_lines(place: str, name: str, settings: Settings) -> Iterator[bytes]:
    """The lines of a file of a report; none if the file does not exist.

    A folder is neither created nor tested, because reading a report must not require write access. Raises
    TerminalError or TransientError.
    """
    if is_s3(place):
        yield from open_storage(place, KEY, settings).lines(name)
    else:
        yield from file_lines(Path(place) / name)
