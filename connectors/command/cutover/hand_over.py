"""The step in which the forward job lets go of a group of tables.

Claim: after it, no write of the migration reaches these tables at the target any more.

1. Before, it is proven that nothing was written up to a time, and that everything is at the target.
2. The job has answered that it holds the tables. This is in its state, but a restart from an older
   checkpoint would undo it. So a checkpoint that began after the answer must be complete.
3. That checkpoint reached every worker after the order to hold the tables. A worker measures the lags after
   it has followed its orders. Lags measured after the checkpoint show workers that read nothing more.
4. The counters of the next poll are those of 1, and the job has not restarted. So nothing was read since,
   and nothing is in flight.
"""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import TransientError
from connectors.base.text import timestamp
from connectors.command.cutover.health import listed
from connectors.command.cutover.holding import HoldWatch, changed
from connectors.command.cutover.journal import Stopped
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import since_then
from connectors.command.cutover.stop_steps import obstacle
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.model.commands import CommandAnswer

HOLD_SECONDS = 180.0
"""For a checkpoint and new measurements."""


def let_go(context: Context) -> StepVerdict:
    """The forward job has let go of the group."""
    record = context.record
    if context.ended():
        assert record.stopped
        return passed(f"the forward job let go of {listed(record.group)} at {timestamp(record.stopped.at)}")
    refusal = obstacle(context)
    if refusal:
        return refusal
    if context.options.dry_run:
        return would(f"job {record.job} is RUNNING", f"let it hold {listed(record.group)}")
    assert context.control
    record.stopping = True
    context.keep()
    answer = answered(context.control.hand_over(record.group))
    return not_followed(answer) or _held(context, answer.at)


def answered(answer: Optional[CommandAnswer]) -> CommandAnswer:
    if answer is None:
        raise TransientError("the forward job has not answered the command; it may still follow it")
    return answer


def not_followed(answer: CommandAnswer) -> Optional[StepVerdict]:
    if answer.followed:
        return None
    texts = [table_answer.text for table_answer in answer.answers if not table_answer.followed]
    return refused(
        "; ".join(texts) or "the command names no table",
        "Run this command again after that. Until then, resume what is handed over: polarshake table resume "
        "NAME@NUMBER, as polarshake status shows them.",
    )


def _held(context: Context, since: float) -> StepVerdict:
    """Wait for the proof. `since`: when the job has answered."""
    record = context.record
    assert record.quiet
    watch = HoldWatch(since)
    verdict = context.until(lambda: watch.take(context.flink.progress(record.job)), HOLD_SECONDS)
    if not verdict.ok:
        return verdict
    context.sleep(context.every)
    changes = since_then(record.quiet, context.streams.poll(record.job))
    if changes:
        return changed(context.flink.progress(record.job), changes)
    record.stopped = Stopped(context.clock(), "")
    context.keep()
    return passed(f"{verdict.saw}, and nothing was written since {timestamp(record.quiet.since)}")
