"""The steps that rest on a check of both sides."""

from __future__ import annotations

from connectors.check.report.difference import timestamp
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Night
from connectors.command.cutover.quiescence import since_then
from connectors.command.cutover.report_gate import Wanted, equal, unfit
from connectors.command.cutover.verdict import Verdict, passed, refused, would

RETURN_SECONDS = 3600.0
"""Age of a check that still stands when the command is run again after the job has ended."""
NOT_YET = "the writes have not been seen to have stopped"


def first(night: Night) -> Verdict:
    """Both sides are equal but for what is under way, so that the night may begin."""
    if night.record.check:
        return passed(f"the last check, of {night.record.check}, stands for it")
    return _checked(night, night.clock() - night.options.max_age_seconds)


def last(night: Night) -> Verdict:
    """Begun after the writes had stopped: both sides are equal, and stay so."""
    record = night.record
    if record.quiet and record.check and night.ended():
        if night.over:
            return passed(f"equal by the check that began at {record.check}")
        # With the job ended nothing else tells whether the source has been written again.
        return _checked(night, max(record.quiet.through, night.clock() - RETURN_SECONDS))
    if record.quiet is None:
        if night.options.dry_run:
            return would(NOT_YET, f"compare all items: {_command(night)}")
        return refused(NOT_YET, "Run this command again, from that step on.")
    verdict = _checked(night, record.quiet.through)
    if not verdict.ok or verdict.do:
        return verdict
    stirred = since_then(record.quiet, night.streams.look(night.job()))
    if stirred:
        saw = f"writes came in while the check ran: {listed(stirred)}"
        return refused(saw, "Stop the application's writes and run this command again.")
    summary = night.reports.last()
    record.check = summary.started if summary else ""
    return verdict


def _checked(night: Night, since: float) -> Verdict:
    wanted = _wanted(night, since)
    summary = night.reports.last()
    why = unfit(summary, wanted)
    if summary is not None and why is None:
        return equal(summary, wanted)
    if night.options.dry_run:
        return would(f"{why}", f"compare all items: {_command(night)}")
    if not night.options.run_jobs:
        return refused(f"{why}", f"Run it, then this command again: {_command(night)}")
    night.tell(f"{why}; checking since {timestamp(night.clock())}")
    night.runner.check(night.direction.value)
    summary = night.reports.last()
    why = unfit(summary, wanted)
    if summary is None or why is not None:
        saw = f"after the check: {why}"
        return refused(saw, "Is --report the folder that the workers write to, and are the clocks right?")
    return equal(summary, _wanted(night, since))


def _wanted(night: Night, since: float) -> Wanted:
    return Wanted(night.direction, night.record.source, night.record.target, since, night.clock())


def _command(night: Night) -> str:
    return night.runner.command("check", night.direction.value)
