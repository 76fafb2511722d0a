"""The last step of a rollback before the switch: the forward job follows DynamoDB again.

1. Both sides are equal, and nothing writes: the steps before this one have verified it.
2. The job therefore needs no copy. It starts with the changes of now (`streams.start: now`).
3. A later cut-over finds it running, and needs no new copy either.
"""

from __future__ import annotations

from connectors.command.cutover import other_job
from connectors.command.cutover.health import caught_up
from connectors.command.cutover.other_job import START_SECONDS, OtherJob
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.model.jobs import FORWARD

THE_FORWARD_JOB = OtherJob(FORWARD, "forward")


def follows(context: Context) -> StepVerdict:
    """The forward job runs, and has read every change made so far."""
    record = context.record
    if not context.options.follow:
        return passed("skipped: no forward job is to be started")
    if context.over:
        return passed(f"forward job {record.forward} was started")
    running = other_job.running(context, THE_FORWARD_JOB, record.forward)
    if not running:
        command = context.runner.command(THE_FORWARD_JOB.word)
        if context.options.dry_run:
            return would("no forward job runs", f"start it: {command}")
        if record.stopped is None:
            return refused("the reverse job has not been stopped", "Run this command again.")
        if not context.options.run_jobs:
            return refused("no forward job runs", f"Start it, then run this command again: {command}")
        running = other_job.submitted(context, THE_FORWARD_JOB)
    record.forward = running
    context.keep()
    return context.until(lambda: _follows(context), 0.0 if context.options.dry_run else START_SECONDS)


def _follows(context: Context) -> StepVerdict:
    job = context.record.forward
    not_yet = other_job.not_running(context, THE_FORWARD_JOB, job)
    if not_yet:
        return not_yet
    verdict = caught_up(context.flink.progress(job))
    return passed(f"forward job {job} runs; {verdict.saw}") if verdict.ok else verdict
