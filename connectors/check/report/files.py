"""The files of the report: report.jsonl, summary.json and report.html in one folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterable, Iterator, Optional, Protocol

import msgspec

from connectors.base import durable
from connectors.base.errors import TerminalError
from connectors.check.report.difference import Difference, decode, encode
from connectors.check.report.examples import PER_KIND, choose
from connectors.check.report.order import detailed, examples_per_kind
from connectors.check.report.summary import Summary

DIFFERENCES = "report.jsonl"
SUMMARY = "summary.json"
PAGE = "report.html"
CHAIN = "chain.json"


class ReportSink(Protocol):
    def add(self, differences: Iterable[Difference]) -> None:
        """Append differences, which are durable on return. Raises TerminalError."""
        ...

    def rewrite(self, differences: Iterable[Difference]) -> None:
        """Replace all differences: at the start, after a restart, and after some have settled. Deletes the
        chain, which belongs to another check. Raises TerminalError."""
        ...

    def publish(self, summary: Summary) -> None:
        """Rewrite summary and page, with examples from the added differences. Raises TerminalError."""
        ...

    def put_chain(self, chain: bytes) -> None:
        """Write what a check of the changes since this one needs, last of all. Raises TerminalError."""
        ...

    def close(self) -> None: ...


class FileReport(ReportSink):
    """The report in a folder. Only one process writes to a folder at a time, and it starts with `rewrite`.

    report.jsonl grows line by line. `rewrite` and `publish` replace whole files atomically, so that a reader
    never sees an incomplete file. report.jsonl stays open: if an old process still runs, it appends to the
    file that was replaced.
    """

    def __init__(self, directory: str) -> None:
        """Raises PreflightError if `directory` cannot be created or written to."""
        self._directory = Path(directory)
        self._file: Optional[int] = None
        durable.make_folder(self._directory, "report")

    def add(self, differences: Iterable[Difference]) -> None:
        lines = b"".join(map(encode, differences))
        if not lines:
            return
        try:
            if self._file is None:
                self._file = durable.open_to_append(self._directory / DIFFERENCES)
            durable.append(self._file, lines)
        except OSError as error:
            raise self._unwritable(DIFFERENCES, error) from error

    def rewrite(self, differences: Iterable[Difference]) -> None:
        self._delete(CHAIN)
        self._replace(DIFFERENCES, map(encode, differences))
        self.close()

    def publish(self, summary: Summary) -> None:
        from connectors.check.report.page.render import (
            render,
        )  # Imports Jinja, which only the check job needs.

        tables = detailed(summary.tables)
        few = choose(read(self._directory / DIFFERENCES), examples_per_kind(len(tables), PER_KIND), tables)
        page = render(summary, few)
        body = msgspec.json.format(msgspec.json.encode(summary), indent=2)
        self._replace(PAGE, [page.encode("utf-8", "replace")])
        # The summary is written last: if it exists, the other files do too.
        self._replace(SUMMARY, [body, b"\n"])

    def put_chain(self, chain: bytes) -> None:
        self._replace(CHAIN, [chain])

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _replace(self, name: str, chunks: Iterable[bytes]) -> None:
        try:
            durable.replace(self._directory / name, chunks)
        except OSError as error:
            raise self._unwritable(name, error) from error

    def _delete(self, name: str) -> None:
        try:
            (self._directory / name).unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self._unwritable(name, error) from error

    def _unwritable(self, name: str, error: OSError) -> TerminalError:
        return TerminalError(
            f"report: {self._directory / name} cannot be written: {error.strerror}. The check resumes "
            f"from its last checkpoint when the folder is writable again."
        )


def read(path: Path) -> Iterator[Difference]:
    """The differences of a report.jsonl: see `differences`."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        yield from differences(file, str(path))


def differences(lines: Iterable[bytes], place: str) -> Iterator[Difference]:
    """The differences of a report's lines.

    A last line without a line feed is incomplete and ignored. Raises TerminalError for any other invalid
    line.
    """
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return
        try:
            yield decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise TerminalError(f"report: {place}, line {number} is not a difference: {error}") from error
