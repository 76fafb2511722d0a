"""The protocol: what was seen and done, by whom and when. A file beside the check's report."""

from __future__ import annotations

import getpass
import platform
import time
from pathlib import Path
from typing import List, Optional

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
    """done, refused, or unclear: it could not be found out."""
    saw: str
    do: str = ""


class Stopped(msgspec.Struct, frozen=True):
    at: float
    savepoint: str
    """Empty where Flink does not tell."""


class Journal(msgspec.Struct, kw_only=True):
    """The state of a cut-over, or of a rollback."""

    kind: str
    begun: str
    source: ReportSide
    target: ReportSide
    flink: str
    job: str = ""
    """The one that is ended: forward in a cut-over, reverse in a rollback."""
    quiet: Optional[Quiescence] = None
    check: str = ""
    """When the last check began that found both sides equal after the writes had stopped."""
    stopping: bool = False
    """The job may have been told to end."""
    stopped: Optional[Stopped] = None
    position: int = 0
    """Where PolarDB's log ended when nothing was under way; 0: not looked yet."""
    reverse: str = ""
    """The reverse job that was started."""
    log: List[JournalEntry] = []

    def note(self, step: str, title: str, outcome: str, saw: str, do: str, now: float) -> None:
        self.log.append(JournalEntry(timestamp(now), who(), step, title, outcome, saw, do))

    def latest(self, step: str) -> Optional[JournalEntry]:
        """The last time that the step was done."""
        return next((one for one in reversed(self.log) if one.step == step and one.outcome == DONE), None)


_decode = msgspec.json.Decoder(Journal).decode


class JournalFile:
    """`kind`.json in a folder. `dry`: nothing is written."""

    def __init__(self, folder: Path, kind: str, dry: bool = False) -> None:
        self.path, self.page, self._dry = folder / f"{kind}.json", folder / f"{kind}.md", dry

    def load(self) -> Optional[Journal]:
        """Raises TerminalError for a file that cannot be read."""
        try:
            return _decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise TerminalError(f"{self.path} cannot be read: {error}. --anew begins a new one") from error

    def save(self, record: Journal, page: str = "") -> None:
        """Durable on return."""
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
        """Keep an earlier one under its time."""
        for path in (self.path, self.page):
            if path.exists() and not self._dry:
                stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(path.stat().st_mtime))
                path.rename(path.with_name(f"{path.stem}-{stamp}{path.suffix}"))


def who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "unknown"
    return f"{user}@{platform.node()}"


TITLES = {"cutover": "Cut-over", "rollback": "Rollback"}


def page(record: Journal) -> str:
    lines = [
        f"# {TITLES[record.kind]}",
        "",
        f"Begun {record.begun}. Times are UTC.",
        "",
        f"- from: {record.source.system}, {record.source.endpoint}",
        f"- to: {record.target.system}, {record.target.endpoint}",
        f"- Flink: {record.flink}",
        *_facts(record),
        "",
        "| when | who | step | outcome | seen |",
        "|---|---|---|---|---|",
    ]
    for one in record.log:
        seen = f"{one.saw} To do: {one.do}" if one.do else one.saw
        lines.append(f"| {one.at} | {_cell(one.by)} | {one.title} | {one.outcome} | {_cell(seen)} |")
    return "\n".join([*lines, ""])


def _facts(record: Journal) -> List[str]:
    facts = [f"- job ended: {record.job}"] if record.stopped else []
    if record.quiet:
        began, until = timestamp(record.quiet.since), timestamp(record.quiet.through)
        facts.append(f"- nothing was written between {began} and {until}")
    if record.check:
        facts.append(f"- equal by the check that began at {record.check}")
    if record.stopped:
        facts.append(f"- savepoint: {record.stopped.savepoint or 'Flink does not tell where'}")
    if record.position:
        facts.append(f"- position in PolarDB's log: {lsn_text(record.position)}")
    if record.reverse:
        facts.append(f"- reverse job: {record.reverse}")
    return facts


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
