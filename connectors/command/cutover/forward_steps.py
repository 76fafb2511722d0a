"""The last step of a rollback before the switch: the forward job follows DynamoDB again.

1. Both sides are equal, and nothing writes: the steps before this one have verified it.
2. The job therefore needs no copy. It starts with the changes of now (`streams.start: now`).
3. A later cut-over finds it running, and needs no new copy either.
4. If the forward job still runs, and has handed over some tables, it goes on with these where it was. It
   writes again what the reverse job has written to DynamoDB since then, in its order. Both sides end equal.
"""

from __future__ import annotations

from typing import Optional

from connectors.command.cutover import other_job
from connectors.command.cutover.hand_over import answered, not_followed
from connectors.command.cutover.health import caught_up, listed
from connectors.command.cutover.holding import numbered, too_old
from connectors.command.cutover.other_job import OtherJob
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.snapshot import JobProgress
from connectors.model.commands import CommandAnswer
from connectors.model.jobs import FORWARD

CATCH_UP_SECONDS = 600.0
THE_FORWARD_JOB = OtherJob(FORWARD, "forward")


def follows(context: Context) -> StepVerdict:
    """The forward job runs, and has read every change made so far."""
    record = context.record
    if not context.options.follow:
        return passed("skipped: no forward job is to be started")
    if record.earlier:
        return _takes_back(context)
    if context.over:
        return passed(f"forward job {record.forward} was started")
    too_early = "" if record.stopped else "the reverse job has not been stopped"
    job = other_job.found_or_submitted(context, THE_FORWARD_JOB, record.forward, too_early)
    if isinstance(job, StepVerdict):
        return job
    record.forward = job
    context.keep()
    return other_job.awaited(context, THE_FORWARD_JOB, job, lambda: caught_up(context.flink.progress(job)))


def _takes_back(context: Context) -> StepVerdict:
    """The forward job goes on with the tables that were handed over, and has caught up."""
    record = context.record
    if context.over:
        return passed(f"the forward job has taken back {listed(record.earlier)}")
    job = other_job.running(context, THE_FORWARD_JOB, record.forward)
    if not job:
        return refused("no forward job runs", "Resume it from its last checkpoint or savepoint.")
    held = _handed_over(context, job)
    if context.options.dry_run:
        return would(f"job {job} runs", f"let it take back {listed(record.earlier)}")
    if held and not record.stopped:
        return refused("the reverse job has not been stopped", "Run this command again.")
    if held:
        refusal = too_old(held, context.clock()) or not_followed(_taken_back(context, held))
        if refusal:
            return refusal
    record.forward = job
    context.keep()
    return context.until(lambda: caught_up(_of_earlier(context, job)), CATCH_UP_SECONDS)


def _taken_back(context: Context, held: JobProgress) -> CommandAnswer:
    assert context.control
    return answered(context.control.take_back(numbered(held)))


def _handed_over(context: Context, job: str) -> Optional[JobProgress]:
    shown = _of_earlier(context, job)
    return shown if shown.handed_over else None


def _of_earlier(context: Context, job: str) -> JobProgress:
    progress = context.flink.progress(job)
    tables = {name: table for name, table in progress.tables.items() if name in context.record.earlier}
    return progress._replace(tables=tables)
