"""The last step of a rollback before the switch: the forward job follows DynamoDB again.

1. Both sides are equal, and nothing writes: the steps before this one have verified it.
2. The job therefore needs no copy. It starts with the changes of now (`streams.start: now`).
3. A later cut-over finds it running, and needs no new copy either.
"""

from __future__ import annotations

from connectors.command.cutover import other_job
from connectors.command.cutover.health import caught_up
from connectors.command.cutover.other_job import OtherJob
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.verdict import StepVerdict, passed
from connectors.model.jobs import FORWARD

THE_FORWARD_JOB = OtherJob(FORWARD, "forward")


def follows(context: Context) -> StepVerdict:
    """The forward job runs, and has read every change made so far."""
    record = context.record
    if not context.options.follow:
        return passed("skipped: no forward job is to be started")
    if context.over:
        return passed(f"forward job {record.forward} was started")
    too_early = "" if record.stopped else "the reverse job has not been stopped"
    found = other_job.found_or_submitted(context, THE_FORWARD_JOB, record.forward, too_early)
    if isinstance(found, StepVerdict):
        return found
    record.forward = found
    context.keep()
    return other_job.awaited(
        context, THE_FORWARD_JOB, found, lambda: caught_up(context.flink.progress(found))
    )
