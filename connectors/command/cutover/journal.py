"""The journal: what was observed and done, by whom and when. It is a file next to the check's report."""

from __future__ import annotations

import getpass
import platform
import time
from pathlib import Path
from typing import Dict, List, Optional

import msgspec

from connectors.base.durable import replace
from connectors.base.errors import TerminalError
from connectors.base.text import timestamp
from connectors.check.report.summary import ReportSide
from connectors.command.cutover.quiescence import Quiescence
from connectors.postgres.pgoutput.lsn import lsn_text

DONE, REFUSED, UNCLEAR = "done", "refused", "unclear"


class JournalEntry(msgspec.Struct, frozen=True):
    """One run of one step."""

    at: str
    by: str
    """user@machine."""
    step: str
    title: str
    outcome: str
    """done, refused, or unclear: the facts could not be read."""
    saw: str
    do: str = ""


class Stopped(msgspec.Struct, frozen=True):
    at: float
    savepoint: str
    """Empty if Flink does not report it."""


class Journal(msgspec.Struct, kw_only=True):
    """The state of a cut-over, or of a rollback."""

    kind: str
    begun: str
    source: ReportSide
    target: ReportSide
    flink: str
    job: str = ""
    """The job that is stopped: forward in a cut-over, reverse in a rollback."""
    quiet: Optional[Quiescence] = None
    check: str = ""
    """Start time of the last check that found both sides equal after the writes had stopped."""
    stopping: bool = False
    """The request to stop the job may have been sent."""
    stopped: Optional[Stopped] = None
    position: int = 0
    """End of PolarDB's log, read when no write was in flight. 0: not determined yet."""
    starts: Dict[str, int] = {}
    """Slot -> a position in PolarDB's log. The slot has every change that commits after it."""
    reverse: str = ""
    """Id of the reverse job that was started by a cut-over."""
    forward: str = ""
    """Id of the forward job that was started by a rollback."""
    group: List[str] = []
    """The tables of `--tables`; empty: all that are left."""
    earlier: List[str] = []
    """Tables that had been handed over before, as Flink's metrics spell them."""
    selection: List[str] = []
    """Arguments of the checks."""
    tables: List[str] = []
    """The tables that the forward job moves in this cut-over, as Flink's metrics spell them."""
    replaced: str = ""
    """Id of the reverse job of earlier groups, which is stopped: another one replicates the group, too."""
    log: List[JournalEntry] = []

    def note(self, step: str, title: str, outcome: str, saw: str, do: str, now: float) -> None:
        self.log.append(JournalEntry(timestamp(now), who(), step, title, outcome, saw, do))

    def latest(self, step: str) -> Optional[JournalEntry]:
        """The latest entry in which the step was done."""
        return next(
            (entry for entry in reversed(self.log) if entry.step == step and entry.outcome == DONE), None
        )


_decode = msgspec.json.Decoder(Journal).decode


class JournalFile:
    """The files `kind`.json and `kind`.md in a folder. `dry`: nothing is written."""

    def __init__(self, folder: Path, kind: str, dry: bool = False) -> None:
        self.path, self.page, self._dry = folder / f"{kind}.json", folder / f"{kind}.md", dry

    def load(self) -> Optional[Journal]:
        """Raises TerminalError for a file that cannot be read."""
        try:
            return _decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise TerminalError(
                f"{self.path} cannot be read: {error}. --new-journal starts a new one"
            ) from error

    def save(self, record: Journal, page: str = "") -> None:
        """Write the journal and, if given, its page. Both are durable on return."""
        if self._dry:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            body = msgspec.json.format(msgspec.json.encode(record), indent=2)
            replace(self.path, [body, b"\n"])
            if page:
                replace(self.page, [page.encode()])
        except OSError as error:
            raise TerminalError(f"{self.path} cannot be written: {error.strerror}") from error

    def set_aside(self) -> None:
        """Rename an existing journal; the new name contains its time."""
        for path in (self.path, self.page):
            if path.exists() and not self._dry:
                stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(path.stat().st_mtime))
                path.rename(path.with_name(f"{path.stem}-{stamp}{path.suffix}"))


def who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the user of a container may have no name
        user = "unknown"
    return f"{user}@{platform.node()}"


TITLES = {"cutover": "Cut-over", "rollback": "Rollback"}


def page(record: Journal) -> str:
    lines = [
        f"# {TITLES[record.kind]}",
        "",
        f"Started at {record.begun}. Times are UTC.",
        "",
        f"- from: {record.source.system}, {record.source.endpoint}",
        f"- to: {record.target.system}, {record.target.endpoint}",
        f"- Flink: {record.flink}",
        *([f"- tables: {', '.join(record.group)}"] if record.group else []),
        *_facts(record),
        "",
        "| when | who | step | outcome | seen |",
        "|---|---|---|---|---|",
    ]
    for entry in record.log:
        text = f"{entry.saw} To do: {entry.do}" if entry.do else entry.saw
        lines.append(f"| {entry.at} | {_cell(entry.by)} | {entry.title} | {entry.outcome} | {_cell(text)} |")
    return "\n".join([*lines, ""])


def _facts(record: Journal) -> List[str]:
    stopped = record.stopped if not record.group else None
    facts = [f"- stopped job: {record.job}"] if stopped else []
    if record.group and record.stopped:
        facts.append(f"- handed over by job {record.job} at {timestamp(record.stopped.at)}")
    if record.quiet:
        began, until = timestamp(record.quiet.since), timestamp(record.quiet.through)
        facts.append(f"- nothing was written between {began} and {until}")
    if record.check:
        facts.append(f"- both sides equal: check that began at {record.check}")
    if stopped:
        facts.append(f"- savepoint: {stopped.savepoint or 'path not reported by Flink'}")
    if record.position:
        facts.append(f"- position in PolarDB's log: {lsn_text(record.position)}")
    if record.reverse:
        facts.append(f"- reverse job: {record.reverse}")
    if record.replaced:
        facts.append(f"- reverse job of earlier groups, stopped: {record.replaced}")
    if record.forward:
        facts.append(f"- forward job: {record.forward}")
    return facts


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
