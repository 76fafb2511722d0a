"""The context of every step (ports, options, journal), and the loop that runs the steps."""

from __future__ import annotations

import re
import textwrap
import time
from dataclasses import dataclass
from functools import partial
from typing import Callable, FrozenSet, List, Match, NamedTuple, Optional, Sequence

from connectors.base.errors import TerminalError, TransientError
from connectors.base.heartbeat import SECONDS, while_silent
from connectors.base.text import duration
from connectors.command.cutover.health import running
from connectors.command.cutover.journal import DONE, REFUSED, UNCLEAR, Journal, JournalFile, page
from connectors.command.cutover.ports import (
    ChangeStreams,
    CheckReports,
    FlinkCluster,
    ForeignWriters,
    JobRunner,
    ReplicationSlots,
    Say,
    TableControl,
)
from connectors.command.cutover.share import forward_progress
from connectors.command.cutover.verdict import StepVerdict, refused
from connectors.command.progress.states import ENDED, FINISHED
from connectors.config.choices import Direction
from connectors.model.events import EventKind, JobEvent, Tell, tell_nobody
from connectors.model.jobs import OK, PROBLEM, UNKNOWN

WIDTH = 79
INDENT = " " * 6
COMMAND, BLANK = re.compile(r"`[^`]+`"), "\x00"
"""BLANK: a blank at which a line is not broken."""
OWN = 0.75
"""The part of `tell_every` after which a step that waits tells what it has seen: before a line that only says
that time passes."""


def _nothing() -> None:
    """Outside of a step nobody waits for a line."""


class Options(NamedTuple):
    quiet_seconds: float = 60.0
    """How long there must have been no writes."""
    patience_seconds: float = 900.0
    """How long a step waits for its condition."""
    max_age_seconds: float = 86_400.0
    """Maximum age of the check that step 1 accepts."""
    savepoint_folder: Optional[str] = None
    job: Optional[str] = None
    dry_run: bool = False
    run_jobs: bool = True
    """False: the user runs `flink run`."""
    follow: bool = True
    """For a rollback: start the forward job."""


@dataclass
class Context:
    """Everything that a step uses. `slots` is None if no reverse job is to be started."""

    record: Journal
    file: JournalFile
    options: Options
    flink: FlinkCluster
    streams: ChangeStreams
    slots: Optional[ReplicationSlots]
    reports: CheckReports
    runner: JobRunner
    job_name: str
    """Name of the job that is stopped."""
    direction: Direction
    """Direction of the checks."""
    switch_to: str = ""
    """The address that the application must use afterwards; shown at the end."""
    say: Say = print
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    every: float = 1.0
    """Seconds between two polls."""
    tell_every: float = SECONDS
    """Maximum seconds without a line while a step runs."""
    tell_event: Tell = tell_nobody
    heard: Callable[[], None] = _nothing
    """Called with each line."""
    control: Optional[TableControl] = None
    """Needed to hand tables over and to take them back."""
    foreign: Optional[ForeignWriters] = None
    """None: nobody watches."""
    whole: Optional[FlinkCluster] = None
    """The cluster with all tables, if `flink` shows those of a group only."""

    @property
    def cluster(self) -> FlinkCluster:
        return self.whole or self.flink

    def required(self) -> FrozenSet[str]:
        """The tables that a check must have compared, as the metrics spell them; empty: not known."""
        record = self.record
        if self.direction is Direction.REVERSE:
            return frozenset(record.earlier)
        if record.tables:
            return frozenset(record.tables)
        job = forward_progress(self.flink, self.options.job)
        tables = job.tables.items() if job else ()
        # A suspended table is refused for another reason.
        return frozenset(name for name, table in tables if not (table.resting or table.suspended))

    def job(self) -> str:
        """Id of the job that is, or will be, stopped. Raises TerminalError."""
        stopped = self.record.stopping and not self.record.group
        if self.record.job and (stopped or self._lives(self.record.job)):
            return self.record.job
        self.record.job = running(self.flink.jobs(), self.job_name, self.options.job)
        return self.record.job

    def ended(self) -> bool:
        """Whether this run or an earlier one has stopped the job. Its metrics are then no longer available.
        For a group: whether the job has let go of it.

        Raises TerminalError if a job of the same name has been started since.
        """
        record = self.record
        if record.group:
            return self._let_go()
        ended = bool(record.stopped) or (record.stopping and self.state(record.job) == FINISHED)
        newer = [job.id for job in self.flink.jobs() if job.name == self.job_name and job.state not in ENDED]
        if ended and newer:
            raise TerminalError(
                f"{record.job} was stopped, and job {newer[0]} has been started since: earlier results are "
                f"no longer valid. --new-journal starts a new {record.kind}"
            )
        return ended

    def _let_go(self) -> bool:
        record = self.record
        if record.stopped and self._lives(record.job):
            tables = self.flink.progress(record.job).tables.values()
            back = [table.table for table in tables if table.whole and not table.resting]
            if back:
                raise TerminalError(
                    f"the forward job moves {', '.join(back)} again: earlier results are no longer valid. "
                    f"--new-journal starts a new {record.kind}"
                )
        return record.stopped is not None

    @property
    def over(self) -> bool:
        """Whether an earlier run has reached the last step and printed that the application may switch."""
        return self.record.latest("switch") is not None

    def state(self, job_id: str) -> str:
        """The job's state as Flink names it; empty if Flink does not know the job (any more)."""
        return next((job.state for job in self.flink.jobs() if job.id == job_id), "")

    def _lives(self, job_id: str) -> bool:
        return self.state(job_id) not in ("", *ENDED)

    def tell(self, text: str) -> None:
        """Report progress within a step."""
        self.heard()
        self.say(_wrapped(" " * 6, text))

    def keep(self) -> None:
        self.file.save(self.record)

    def until(self, poll: Callable[[], StepVerdict], seconds: float) -> StepVerdict:
        """Poll until a verdict is ok, for at most `seconds`. Returns the last verdict, and tells those before
        every few seconds."""
        told = self.clock()
        deadline = told + seconds
        while True:
            verdict = poll()
            now = self.clock()
            if verdict.ok or now >= deadline:
                return verdict
            if now - told >= self.tell_every * OWN:
                told = now
                self.tell(verdict.saw)
            self.sleep(self.every)


class ProcedureStep(NamedTuple):
    name: str
    title: str
    run: Callable[[Context], StepVerdict]


def run(context: Context, steps: Sequence[ProcedureStep]) -> int:
    """Run the steps in order, up to the first that does not pass; a dry run continues and shows them all.

    Returns the exit code.
    """
    codes: List[int] = []
    for number, step in enumerate(steps, 1):
        context.say(f"\n{number} of {len(steps)}  {step.title}")
        codes.append(_run(context, step))
        if codes[-1] and not context.options.dry_run:
            break
    return max(codes)


def _run(context: Context, step: ProcedureStep) -> int:
    try:
        verdict = _judged(context, step)
        outcome = DONE if verdict.ok else REFUSED
    except TerminalError as error:
        verdict, outcome = refused(str(error), "Fix this, then run this command again."), REFUSED
    except TransientError as error:
        verdict, outcome = refused(str(error), "Run this command again when the service responds."), UNCLEAR
    _show(context, verdict, outcome)
    context.record.note(step.name, step.title, outcome, verdict.saw, verdict.do, context.clock())
    context.file.save(context.record, page(context.record))
    if not context.options.dry_run:
        context.tell_event(_event(context, step, verdict, outcome))
    return {DONE: OK, REFUSED: PROBLEM, UNCLEAR: UNKNOWN}[outcome]


def _judged(context: Context, step: ProcedureStep) -> StepVerdict:
    """The step's verdict. A line says that it takes time whenever the step itself has said nothing for a
    while, as during a savepoint."""
    beat = partial(_passing, context)
    with while_silent(beat, context.tell_every) as context.heard:
        return step.run(context)


def _passing(context: Context, seconds: float) -> None:
    context.tell(f"{duration(seconds)} so far")


def _event(context: Context, step: ProcedureStep, verdict: StepVerdict, outcome: str) -> JobEvent:
    text = f"{step.title}: {verdict.saw}"
    return JobEvent(context.clock(), EventKind.STEP, context.record.kind, text, outcome=outcome)


def _show(context: Context, verdict: StepVerdict, outcome: str) -> None:
    mark = {DONE: "ok", REFUSED: "NO", UNCLEAR: "??"}[outcome]
    context.say(_wrapped(f"  {mark}  ", verdict.saw))
    if verdict.do:
        context.say(_wrapped("  would: " if verdict.ok else "  do: ", verdict.do))


def _wrapped(head: str, text: str) -> str:
    """Commands, which are between backticks, and paths are not broken, so that they can be copied."""
    return textwrap.fill(
        COMMAND.sub(_unbroken, " ".join(text.split())),
        WIDTH,
        initial_indent=head,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    ).replace(BLANK, " ")


def _unbroken(match: Match[str]) -> str:
    """A command that needs a line of its own, or more, is shown without its backticks: a shell knows them."""
    command = match[0] if len(match[0]) < WIDTH - len(INDENT) else match[0].strip("`")
    return command.replace(" ", BLANK)
