"""One poll: from the jobs' progress to the document that the page shows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import msgspec

from connectors.base.errors import TerminalError, TransientError
from connectors.base.text import duration, plural, timestamp
from connectors.command.console import memory as memories
from connectors.command.console.attention import HealthWatch
from connectors.command.console.document import ConsoleDocument, Urgency
from connectors.command.console.gates import GatesView
from connectors.command.console.history import extended, point
from connectors.command.console.rows import rows
from connectors.command.console.stages import StageFacts, headline, stages
from connectors.command.console.story import appended, told
from connectors.command.console.tiles import tiles
from connectors.command.progress.rates import ProgressRates
from connectors.command.status import document
from connectors.command.status.choose import chosen
from connectors.command.status.document import JobDocument
from connectors.command.status.health import JobHealth
from connectors.command.status.observer import Jobs
from connectors.model.jobs import PREFIX

SAVE_SECONDS = 10.0


class Collector:
    """Polls the jobs that `polarshake status` would show, also those that are started later."""

    def __init__(
        self,
        jobs: Jobs,
        gates: Callable[[], GatesView],
        path: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`gates`: the latest result of `Gates.look`. `path`: the file of the history."""
        self._flink, self._gates, self._path, self._clock = jobs, gates, path, clock
        self._memory = memories.load(path)
        self._rates: Dict[str, ProgressRates] = {}
        self._watch = HealthWatch()
        self._jobs: List[JobDocument] = []
        self._healths: List[JobHealth] = []
        self._problem, self._saved = "Flink has not been asked yet", 0.0
        self._unsaved = ""
        self._last: Optional[ConsoleDocument] = None

    def poll(self) -> ConsoleDocument:
        now, gates = self._clock(), self._gates()
        try:
            self._poll(gates, now)
            self._problem = ""
        except TransientError as error:
            self._problem = str(error)
        if not self._problem:
            self._remember(gates, now)
        self._last = self._document(gates, now)
        return self._last

    def with_problem(self, problem: str) -> ConsoleDocument:
        """The last document, or an empty one, with a reason why it is not current."""
        last = self._last or self._document(GatesView(), self._clock())
        return msgspec.structs.replace(last, problem=problem, level=Urgency.WARN)

    def _poll(self, gates: GatesView, now: float) -> None:
        polled, healths, ids = [], [], self._ids()
        for job_id in ids:
            try:
                job = self._flink.progress(job_id)
                failure, failed_at = self._flink.failure(job_id), self._flink.failed_at(job_id)
            except TerminalError:  # Flink has just forgotten it
                continue
            rates = self._rates.setdefault(job_id, ProgressRates())
            rates.take(job, now)
            polled.append(document.job(job, rates, failure))
            healths.append((job.name, self._watch.take(job, failed_at, gates.rules, now)))
        self._watch.keep(ids)
        self._jobs, self._healths = polled, healths

    def _ids(self) -> Sequence[str]:
        jobs = self._flink.jobs()
        return chosen(jobs) if any(job.name.startswith(PREFIX) for job in jobs) else []

    def _remember(self, gates: GatesView, now: float) -> None:
        memory = self._memory
        if self._jobs:
            memory.points = extended(memory.points, point(self._jobs, now))
        happened = told(memory.seen, self._jobs, gates.summary, gates.records, now, gates.events)
        memory.story = appended(memory.story, happened)
        if happened or now - self._saved >= SAVE_SECONDS:
            self._unsaved, self._saved = memories.save(self._path, memory), now

    def _document(self, gates: GatesView, now: float) -> ConsoleDocument:
        facts = StageFacts(
            self._jobs, gates.summary, gates.conditions, gates.cutover, self._memory.seen.copied, now
        )
        head = headline(facts)
        return ConsoleDocument(
            at=timestamp(now),
            headline=head.text,
            level=Urgency.WARN if self._problem else head.level,
            sides=gates.sides,
            facts=[
                *map(_fact, self._jobs),
                *filter(None, [gates.changes, gates.events.problem, self._unsaved]),
            ],
            problem=self._problem,
            stages=stages(facts),
            tiles=tiles(self._memory.points, self._jobs),
            tables=rows(self._jobs, gates.summary),
            before=gates.conditions,
            before_note=gates.note,
            story=self._memory.story[::-1],
            report=gates.summary is not None,
            status=document.status(self._flink.address, now, self._jobs, self._healths),
        )


def _fact(job: JobDocument) -> str:
    name = job.name[len(PREFIX) :] if job.name.startswith(PREFIX) else job.name
    parts = [f"{name} job {job.state.lower()} for {duration(job.seconds)}", plural(job.restarts, "restart")]
    last = job.checkpoints.last
    if last is not None:
        parts.append(f"last checkpoint at {last.at[11:19]} UTC")
    if job.checkpoints.failed:
        parts.append(f"{plural(job.checkpoints.failed, 'failed checkpoint')}")
    return ", ".join(parts) + _failure(job.failure)


def _failure(failure: Optional[str]) -> str:
    return f"; last failure: {failure}" if failure else ""
