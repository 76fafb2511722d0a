"""The steps that rest on a check of both sides."""

from __future__ import annotations

from connectors.base.text import timestamp
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import since_then
from connectors.command.cutover.report_gate import ReportRequirement, equal, unfit
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would

RETURN_SECONDS = 3600.0
"""Age of a check that still stands when the command is run again after the job has ended."""
NOT_YET = "the writes have not been seen to have stopped"


def first(context: Context) -> StepVerdict:
    """Both sides are equal but for what is under way, so that the cut-over may begin."""
    if context.record.check:
        return passed(f"the last check, of {context.record.check}, stands for it")
    return _checked(context, context.clock() - context.options.max_age_seconds)


def last(context: Context) -> StepVerdict:
    """Begun after the writes had stopped: both sides are equal, and stay so."""
    record = context.record
    if record.quiet and record.check and context.ended():
        if context.over:
            return passed(f"equal by the check that began at {record.check}")
        # With the job ended nothing else tells whether the source has been written again.
        return _checked(context, max(record.quiet.through, context.clock() - RETURN_SECONDS))
    if record.quiet is None:
        if context.options.dry_run:
            return would(NOT_YET, f"compare all items: {_command(context)}")
        return refused(NOT_YET, "Run this command again, from that step on.")
    verdict = _checked(context, record.quiet.through)
    if not verdict.ok or verdict.do:
        return verdict
    stirred = since_then(record.quiet, context.streams.look(context.job()))
    if stirred:
        saw = f"writes came in while the check ran: {listed(stirred)}"
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
        return refused(f"{why}", f"Run it, then this command again: {_command(context)}")
    context.tell(f"{why}; checking since {timestamp(context.clock())}")
    context.runner.check(context.direction.value)
    summary = context.reports.last()
    why = unfit(summary, wanted)
    if summary is None or why is not None:
        saw = f"after the check: {why}"
        return refused(saw, "Is --report the folder that the workers write to, and are the clocks right?")
    return equal(summary, _wanted(context, since))


def _wanted(context: Context, since: float) -> ReportRequirement:
    return ReportRequirement(
        context.direction, context.record.source, context.record.target, since, context.clock()
    )


def _command(context: Context) -> str:
    return context.runner.command("check", context.direction.value)
