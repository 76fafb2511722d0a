"""The steps that require a check of both sides."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, Optional

from connectors.base.errors import TerminalError
from connectors.base.text import timestamp
from connectors.check.changes.chain import BrokenChain, Chain
from connectors.command.cutover.chain_gate import closes, equal_chain, useless
from connectors.command.cutover.check_progress import reported
from connectors.command.cutover.foreign import described
from connectors.command.cutover.health import listed
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import since_then
from connectors.command.cutover.report_gate import ReportRequirement, equal, unfit
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.config.choices import Direction

RETURN_SECONDS = 3600.0
"""Maximum age of the last check that is accepted when the command is run again after the job has ended."""
NOT_YET = "it is not proven that the writes have stopped"


class Proof(NamedTuple):
    verdict: StepVerdict
    began: str = ""
    """When the check or the generation of the verdict began."""


def first(context: Context) -> StepVerdict:
    """Both sides are equal except for changes in flight, so the cut-over may begin."""
    if context.record.check:
        return passed(f"covered by the last check, which began at {context.record.check}")
    wanted = _wanted(context, context.clock() - context.options.max_age_seconds)
    verdict = _whole(context, wanted).verdict
    return verdict if verdict.ok else _equal_since(context, wanted) or verdict


def last(context: Context) -> StepVerdict:
    """A check that began after the writes had stopped found both sides equal. No change arrived
    during it."""
    record = context.record
    if record.quiet and record.check and context.ended():
        if context.over:
            return passed(f"the check that began at {record.check} found both sides equal")
        # After the job has ended, only a new check shows whether the source has been written again.
        since = max(record.quiet.through, context.clock() - RETURN_SECONDS)
        return _closing(context, _wanted(context, since)).verdict
    if record.quiet is None:
        if context.options.dry_run:
            return would("not due before the writes have stopped", _forecast(context))
        return refused(NOT_YET, "Run this command again; it proves that first.")
    proof = _closing(context, _wanted(context, record.quiet.through))
    if not proof.verdict.ok or proof.verdict.do:
        return proof.verdict
    changes = since_then(record.quiet, context.streams.poll(context.job()))
    if changes:
        saw = f"writes came in while the check ran: {listed(changes)}"
        return refused(saw, "Stop the application's writes and run this command again.")
    record.check = proof.began
    return proof.verdict


def _oldest(context: Context, wanted: ReportRequirement) -> float:
    """The earliest begin of the full check of a chain. On the way back its age does not matter: it was
    followed by the switch, and every change since then is in the record."""
    forward = wanted.direction is Direction.FORWARD
    return wanted.now - context.options.max_age_seconds if forward else float("-inf")


def _forecast(context: Context) -> str:
    """What the last check will compare, as far as it is known now."""
    wanted = _wanted(context, context.clock())
    try:
        chain = context.reports.chain()
        reason = useless(chain, wanted, _oldest(context, wanted))
    except BrokenChain as error:
        reason = str(error)
    if reason is None:
        return "compare what has changed since the last check"
    return f"compare all items, because {reason}: `{_command(context)}`"


def _closing(context: Context, wanted: ReportRequirement) -> Proof:
    """The proof from a check of the changes, whose duration does not depend on the size of the tables; from a
    check of all items if there is one or if the changes are not known."""
    if unfit(context.reports.last(), wanted) is None:
        return _whole(context, wanted)
    try:
        chain = context.reports.chain()
        reason = useless(chain, wanted, _oldest(context, wanted))
        if chain is not None and reason is None:
            return _generation(context, wanted, chain)
    except BrokenChain as error:
        reason = str(error)
    context.tell(f"all items must be compared: {reason}")
    return _whole(context, wanted)


def _generation(context: Context, wanted: ReportRequirement, chain: Chain) -> Proof:
    if not closes(chain, wanted):
        if context.options.dry_run:
            return Proof(
                would("no generation began after that", "compare what has changed since the last check")
            )
        if not context.options.run_jobs:
            command = context.runner.command("changes", context.direction.value)
            return Proof(
                refused("no generation began after that", f"Run it, then this command again: `{command}`")
            )
        context.tell(f"comparing what has changed since {timestamp(chain.last.started)}")
        context.runner.check_changes(context.direction.value, context.tell)
    after = context.reports.chain()
    if after is None or after.root != chain.root or not closes(after, wanted):
        raise TerminalError(
            "the check of the changes has left no proof. Check the clocks, and the report's folder"
        )
    verdict = equal_chain(after, wanted._replace(now=context.clock()))
    if verdict.ok and context.foreign and not context.options.dry_run:
        others = described(context.foreign.since(after.full.started, context.tell))
        if others.refuses:
            context.tell(f"all items must be compared: {others.text}")
            return _whole(context, wanted)
        verdict = passed("; ".join(filter(None, [verdict.saw, others.text])))
    return Proof(verdict, timestamp(after.last.started))


def _equal_since(context: Context, wanted: ReportRequirement) -> Optional[StepVerdict]:
    """A generation has found equal what the full check had found to differ."""
    try:
        chain = context.reports.chain()
    except BrokenChain:
        return None
    if chain is None or useless(chain, wanted, wanted.since) or not chain.last.generation:
        return None
    verdict = equal_chain(chain, wanted)
    return verdict if verdict.ok else None


def _whole(context: Context, wanted: ReportRequirement) -> Proof:
    summary = context.reports.last()
    why = unfit(summary, wanted)
    if summary is not None and why is None:
        return Proof(equal(summary, wanted), summary.started)
    if context.options.dry_run:
        return Proof(would(f"{why}", f"compare all items: `{_command(context)}`"))
    if not context.options.run_jobs:
        return Proof(refused(f"{why}", f"Run a check, then this command again: `{_command(context)}`"))
    context.tell(f"{why}; a check started at {timestamp(context.clock())}")
    check = partial(context.runner.check, context.direction.value)
    reported(check, context.flink, context.tell, context.clock, context.tell_every)
    summary = context.reports.last()
    why = unfit(summary, wanted)
    if summary is None or why is not None:
        saw = f"after the check: {why}"
        return Proof(
            refused(
                saw,
                "Check that --report is the folder that the workers write to, and that the clocks are right.",
            )
        )
    return Proof(equal(summary, wanted._replace(now=context.clock())), summary.started)


def _wanted(context: Context, since: float) -> ReportRequirement:
    return ReportRequirement(
        context.direction,
        context.record.source,
        context.record.target,
        since,
        context.clock(),
        context.required(),
        context.record.position if context.direction is Direction.REVERSE else 0,
    )


def _command(context: Context) -> str:
    return context.runner.command("check", context.direction.value)
