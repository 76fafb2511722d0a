"""What happened: the differences between two polls, as sentences. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Sequence

import msgspec

from connectors.base.text import duration, plural, timestamp
from connectors.check.report.summary import Summary, Verdict
from connectors.check.report.words import headline
from connectors.command.console.document import SUSPENDED, Happening, Urgency
from connectors.command.console.event_story import ToldEvents, told_events
from connectors.command.console.events import EventsView
from connectors.command.console.stages import copied
from connectors.command.cutover.journal import DONE, REFUSED, Journal
from connectors.command.progress.snapshot import Stage
from connectors.command.progress.states import CANCELED, FAILED, FINISHED, RUNNING
from connectors.command.status.document import JobDocument, TableDocument
from connectors.model.jobs import CHECK

MOST = 200
"""Happenings that are kept."""
LEVELS = {DONE: Urgency.OK, REFUSED: Urgency.WARN}
NO_EVENTS = EventsView()
NAMED = 3
"""Tables named in one sentence."""
LATE, PUNCTUAL = 120, 15
"""Seconds of lag at which a live table counts as late, and at which it no longer does."""


class ToldTable(msgspec.Struct):
    generation: int = 0
    copied: bool = False
    live: bool = False
    """It has been live once."""
    late: bool = False
    dead: bool = False
    suspended: bool = False


class ToldJob(msgspec.Struct):
    name: str
    state: str
    restarts: int = 0
    tables: Dict[str, ToldTable] = {}


class Told(msgspec.Struct):
    """What the story has told already."""

    jobs: Dict[str, ToldJob] = {}
    check: str = ""
    """End of the last check."""
    journals: Dict[str, int] = {}
    """Number of entries of each journal, by its kind and beginning."""
    copied: bool = False
    events: Dict[str, int] = {}
    """Lines of each object of events."""
    latest: Dict[str, str] = {}
    """See event_story."""


def told(
    seen: Told,
    jobs: Sequence[JobDocument],
    summary: Optional[Summary],
    records: Sequence[Journal],
    now: float,
    events: EventsView = NO_EVENTS,
) -> List[Happening]:
    """What has happened since the last call, the oldest first. Updates `seen`."""
    happened = [each for job in jobs for each in _job(seen, job, now, not events.kept)]
    steps = [each for record in records for each in _steps(seen, record)]
    happened += [*_check(seen, summary), *([] if events.kept else steps)]
    happened += told_events(ToldEvents(seen.events, seen.latest), events.latest)
    seen.copied = seen.copied or any(
        job.tables and all(copied(table) for table in job.tables) for job in jobs if job.name != CHECK
    )
    return sorted(happened, key=lambda each: each.at)


def appended(story: Sequence[Happening], new: Iterable[Happening]) -> List[Happening]:
    return [*story, *new][-MOST:]


def _job(seen: Told, job: JobDocument, now: float, phases: bool) -> Iterator[Happening]:
    """`phases`: tell the phases of tables, too."""
    short, at = job.name.partition(" ")[2] or job.name, timestamp(now)
    old = seen.jobs.get(job.id)
    if old is None:
        old = seen.jobs[job.id] = ToldJob(job.name, RUNNING)
        yield Happening(timestamp(now - job.seconds), f"{short} job submitted")
    if job.restarts > old.restarts:
        yield Happening(
            at, _with(f"{short} job restarted, {job.restarts:,} in all", job.failure), Urgency.WARN, "restart"
        )
    if job.state != old.state:
        yield _state(short, job, at)
    old.state, old.restarts = job.state, job.restarts
    if job.name != CHECK:
        yield from _tables(old, job, at, phases)


def _state(short: str, job: JobDocument, at: str) -> Happening:
    if job.state in (FAILED, CANCELED):
        word = "failed" if job.state == FAILED else "was cancelled"
        return Happening(at, _with(f"{short} job {word}", job.failure), Urgency.BAD, "failed")
    if job.state == FINISHED:
        return Happening(at, f"{short} job ended")
    level = Urgency.OK if job.state == RUNNING else Urgency.WARN
    cause = None if job.state == RUNNING else job.failure
    return Happening(at, _with(f"{short} job is {job.state.lower()}", cause), level, "restart")


def _tables(seen: ToldJob, job: JobDocument, at: str, phases: bool) -> Iterator[Happening]:
    """Each kind of change in one sentence, however many tables it concerns."""
    scans, ends, lives, lates, backs, deads, stops, goes = ([] for _ in range(8))
    for table in job.tables:
        old = seen.tables.setdefault(table.table, ToldTable())
        if table.generation > max(1, old.generation) and old.generation:
            scans.append(table.table)
            old.copied = old.live = False
        old.generation = table.generation
        ended, live, late = copied(table), table.phase == Stage.LIVE.value, _late(old, table)
        ends += [table.table] if ended and not old.copied else []
        lives += [table.table] if live and not old.live else []
        lates += [table.table] if late and not old.late else []
        backs += [table.table] if old.late and not late else []
        deads += [f"{table.table} ({table.dead_letters:,})"] if table.dead_letters and not old.dead else []
        suspended = table.phase == SUSPENDED
        stops += [table.table] if suspended and not old.suspended else []
        goes += [table.table] if old.suspended and not suspended else []
        old.suspended = suspended
        old.copied, old.live, old.late = old.copied or ended, old.live or live, late
        old.dead = bool(table.dead_letters)
    of = len(job.tables)
    if phases:
        yield from _said(at, scans, of, "new scan after a gap", Urgency.WARN, "rescan")
    yield from _said(at, ends, of, "copy complete", Urgency.OK)
    if phases:
        yield from _said(at, lives, of, "live", Urgency.OK)
        yield from _said(at, stops, of, "suspended", Urgency.BAD, "suspended")
        yield from _said(at, goes, of, "no longer suspended", Urgency.OK)
    yield from _said(at, lates, of, f"lag above {duration(LATE)}", Urgency.WARN, "lag")
    yield from _said(at, backs, of, "lag low again", Urgency.OK)
    yield from _said(at, deads, of, "the target rejects items", Urgency.BAD, "dead-letters")


def _late(old: ToldTable, table: TableDocument) -> bool:
    """Only a table that has been live can become late: before that, its changes wait for its scan."""
    if not old.live or table.lag_seconds is None:
        return False
    return table.lag_seconds > (PUNCTUAL if old.late else LATE)


def _said(
    at: str, tables: List[str], of: int, what: str, level: Urgency, help: str = ""
) -> Iterator[Happening]:
    if tables:
        named = ", ".join(tables[:NAMED]) if len(tables) <= NAMED else plural(len(tables), "table")
        yield Happening(at, f"{'all tables' if len(tables) == of > 1 else named}: {what}", level, help)


def _check(seen: Told, summary: Optional[Summary]) -> Iterator[Happening]:
    if summary is None or summary.ended == seen.check:
        return
    seen.check = summary.ended
    levels = {Verdict.EQUAL: Urgency.OK, Verdict.DIFFERENT: Urgency.BAD, Verdict.INCOMPLETE: Urgency.WARN}
    text = f"check ended: {headline(summary)}, {plural(summary.totals.compared, 'item')}"
    yield Happening(
        summary.ended, f"{text}, {duration(summary.seconds)}", levels[summary.verdict], "check", True
    )


def _steps(seen: Told, record: Journal) -> Iterator[Happening]:
    key = f"{record.kind} {record.begun}"
    for entry in record.log[seen.journals.get(key, 0) :]:
        text = f"{record.kind}: {entry.title}: {entry.outcome}; {entry.saw}"
        yield Happening(entry.at, text, LEVELS.get(entry.outcome, Urgency.WARN), "cutover")
    seen.journals[key] = len(record.log)


def _with(text: str, cause: Optional[str]) -> str:
    return f"{text}: {cause}" if cause else text
