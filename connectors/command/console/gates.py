"""What the check's report, the journals and the cut-over's dry run say now."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Protocol, Sequence

from connectors.base.errors import PolarshakeError
from connectors.base.text import plural, timestamp
from connectors.check.changes.chain import BrokenChain
from connectors.check.report.files import PAGE
from connectors.check.report.stored import place_of, stored_lines
from connectors.check.report.summary import Summary
from connectors.command.console.events import EventsView, EventWatch
from connectors.command.cutover.command import context_of
from connectors.command.cutover.journal import Journal, JournalFile
from connectors.command.cutover.preview import Condition, preview, steps_taken
from connectors.command.cutover.procedure import Context, Options
from connectors.command.cutover.steps import CUTOVER
from connectors.command.options import job_arguments
from connectors.command.progress.health import HealthRules
from connectors.command.status.health import rules_of
from connectors.config import load
from connectors.config.settings import Settings

NO_CONFIG = "Start the console with --config FILE to see the conditions of the cut-over."


class GatesView(NamedTuple):
    conditions: List[Condition] = []
    note: str = ""
    """Why there are no conditions."""
    summary: Optional[Summary] = None
    records: List[Journal] = []
    """The journals of the cut-over and of the rollback, as far as they exist."""
    sides: str = ""
    changes: str = ""
    """The last generation of the check of the changes; empty if there is none."""
    rules: HealthRules = HealthRules()
    events: EventsView = EventsView()

    @property
    def cutover(self) -> Optional[Journal]:
        return next((record for record in self.records if record.kind == "cutover"), None)


class GateSource(Protocol):
    def look(self) -> GatesView:
        """Never raises because of a configuration or of a service: the note says what is wrong."""
        ...

    def report(self) -> Iterator[bytes]:
        """The page of the check's report; nothing if there is none. Raises PolarshakeError."""
        ...


class Gates(GateSource):
    """Reads the configuration in each call, so that a change takes effect without a restart."""

    def __init__(self, config: Optional[str], sets: Sequence[str], report: Optional[str], flink: str) -> None:
        self._config, self._sets, self._report, self._flink = config, sets, report, flink
        self._events = EventWatch()

    def look(self) -> GatesView:
        if self._config is None:
            return GatesView(note=NO_CONFIG)
        events = EventsView()
        try:
            settings = self._settings()
            events = self._events.look(settings)
            return view(self._context(settings))._replace(rules=rules_of(settings), events=events)
        except PolarshakeError as error:
            return GatesView(note=str(error), events=events)

    def report(self) -> Iterator[bytes]:
        if self._config is None:
            return iter(())
        settings = self._settings()
        return stored_lines(place_of(settings), PAGE, settings)

    def _settings(self) -> Settings:
        words = job_arguments(str(self._config), self._sets)
        report = ["--set", f"check.report={self._report}"] if self._report else []
        return load([*words, *report], os.environ)

    def _context(self, settings: Settings) -> Context:
        given: Dict[str, Any] = {
            **{"config": self._config, "sets": self._sets, "report": self._report, "flink": self._flink},
            **{"new_journal": False, "flink_command": "flink", "parallelism": None},
        }
        with_slots = bool(settings.polardb.hostname and settings.polardb.login)
        context = context_of("cutover", given, Options(dry_run=True), with_slots)
        context.say = _silent
        return context


def view(context: Context) -> GatesView:
    source, target = context.record.source, context.record.target
    folder = context.file.path.parent
    records = [JournalFile(folder, kind).load() for kind in ("cutover", "rollback")]
    known = [record for record in records if record is not None]
    begun = bool(context.record.log)
    return GatesView(
        conditions=steps_taken(context.record, CUTOVER) if begun else preview(context),
        note="",
        summary=_of_these_sides(context),
        records=known,
        sides=f"{source.system}, {source.endpoint} → {target.system}, {target.endpoint}",
        changes=_changes(context),
    )


def _changes(context: Context) -> str:
    try:
        chain = context.reports.chain()
    except BrokenChain as error:
        return str(error)
    if chain is None or not chain.last.generation:
        return ""
    last = chain.last
    again = f"; {plural(last.open, 'key')} to compare again" if last.open else ""
    return (
        f"check of the changes: generation {last.generation} compared {plural(last.keys, 'key')}, "
        f"{last.verdict.value.upper()}, at {timestamp(last.ended)[11:19]} UTC{again}"
    )


def _of_these_sides(context: Context) -> Optional[Summary]:
    """The last check, if it compared the two sides of this configuration, in either direction."""
    summary, record = context.reports.last(), context.record
    if summary is None:
        return None
    sides = (summary.source, summary.target)
    return summary if sides in ((record.source, record.target), (record.target, record.source)) else None


def _silent(_: str) -> None:
    """A dry run reports nothing on the way."""
