"""The steps that require a check of both sides."""

from __future__ import annotations

from functools import partial

from connectors.base.text import timestamp
from connectors.command.cutover.check_progress import reported
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import since_then
from connectors.command.cutover.report_gate import ReportRequirement, equal, unfit
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would

RETURN_SECONDS = 3600.0
"""Maximum age of the last check that is accepted when the command is run again after the job has ended."""
NOT_YET = "it is not proven that the writes have stopped"


def first(context: Context) -> StepVerdict:
    """Both sides are equal except for changes in flight, so the cut-over may begin."""
    if context.record.check:
        return passed(f"covered by the last check, which began at {context.record.check}")
    return _checked(context, context.clock() - context.options.max_age_seconds)


def last(context: Context) -> StepVerdict:
    """A check that began after the writes had stopped found both sides equal. No change arrived
    during it."""
    record = context.record
    if record.quiet and record.check and context.ended():
        if context.over:
            return passed(f"the check that began at {record.check} found both sides equal")
        # After the job has ended, only a new check shows whether the source has been written again.
        return _checked(context, max(record.quiet.through, context.clock() - RETURN_SECONDS))
    if record.quiet is None:
        if context.options.dry_run:
            return would("not due before the writes have stopped", f"compare all items: {_command(context)}")
        return refused(NOT_YET, "Run this command again; it proves that first.")
    verdict = _checked(context, record.quiet.through)
    if not verdict.ok or verdict.do:
        return verdict
    changes = since_then(record.quiet, context.streams.poll(context.job()))
    if changes:
        saw = f"writes came in while the check ran: {listed(changes)}"
        return refused(saw, "Stop the application's writes and run this command again.")
    summary = context.reports.last()
    record.check = summary.started if summary else ""
    return verdict


def _checked(context: Context, since: float) -> StepVerdict:
    wanted = _wanted(context, since)
    summary = context.reports.last()
    why = unfit(summary, wanted)
    if summary is not None and why is None:
        return equal(summary, wanted)
    if context.options.dry_run:
        return would(f"{why}", f"compare all items: {_command(context)}")
    if not context.options.run_jobs:
        return refused(f"{why}", f"Run a check, then this command again: {_command(context)}")
    context.tell(f"{why}; a check started at {timestamp(context.clock())}")
    check = partial(context.runner.check, context.direction.value)
    reported(check, context.flink, context.tell, context.clock, context.tell_every)
    summary = context.reports.last()
    why = unfit(summary, wanted)
    if summary is None or why is not None:
        saw = f"after the check: {why}"
        return refused(
            saw, "Check that --report is the folder that the workers write to, and that the clocks are right."
        )
    return equal(summary, _wanted(context, since))


def _wanted(context: Context, since: float) -> ReportRequirement:
    return ReportRequirement(
        context.direction, context.record.source, context.record.target, since, context.clock()
    )


def _command(context: Context) -> str:
    return context.runner.command("check", context.direction.value)
