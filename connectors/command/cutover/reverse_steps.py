"""The steps that set up the reverse direction.

The slots are advanced past the migration's own writes, and the reverse job reads them.
"""

from __future__ import annotations

from connectors.base.errors import TerminalError
from connectors.command.cutover import other_job
from connectors.command.cutover.health import slots_follow
from connectors.command.cutover.other_job import OtherJob
from connectors.command.cutover.ports import ReplicationSlots
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.states import RUNNING
from connectors.model.jobs import REVERSE
from connectors.postgres.pgoutput.lsn import lsn_text

FOLLOW_SECONDS = 30.0
NO_REVERSE = "skipped: no reverse job is to be started"
THE_REVERSE_JOB = OtherJob(REVERSE, "reverse")
ABOUT = "create missing publications and slots, and advance the slots past the migration's writes"


def advanced(context: Context) -> StepVerdict:
    """The slots will contain everything that the application writes, and none of the migration's writes."""
    slots, record = context.slots, context.record
    if slots is None:
        return passed(NO_REVERSE)
    if context.options.dry_run:
        return _dry(slots)
    if record.stopped is None:
        return refused("the forward job has not been stopped", "Run this command again.")
    if not record.position:
        # Determined only once: at a later time the application may already be writing.
        record.position = slots.end()
        context.keep()
    slots.set_up(lambda statement: context.tell(f"{statement}"))
    for slot in slots.poll():
        if slot.active_pid is None and (slot.confirmed_lsn or 0) < record.position:
            slots.advance(slot.name, record.position)
    verdict = context.until(
        lambda: slots_follow(slots.poll(), slots.names(), record.position, False), FOLLOW_SECONDS
    )
    return passed(f"{verdict.saw}; starting at {lsn_text(record.position)}") if verdict.ok else verdict


def started(context: Context) -> StepVerdict:
    """The reverse job runs, and the slots are active."""
    slots, record = context.slots, context.record
    if slots is None:
        return passed(NO_REVERSE)
    too_early = "" if record.position else "the slots have not been prepared"
    found = other_job.found_or_submitted(context, THE_REVERSE_JOB, record.reverse, too_early)
    if isinstance(found, StepVerdict):
        return found
    record.reverse = found
    context.keep()
    return other_job.awaited(
        context,
        THE_REVERSE_JOB,
        found,
        lambda: slots_follow(slots.poll(), slots.names(), record.position, True),
    )


def follows(context: Context) -> StepVerdict:
    """For a rollback: the reverse job runs and reads its slots."""
    slots = context.slots
    if slots is None:
        raise TerminalError("rollback requires target: polardb, because MongoDB has no reverse job")
    if context.ended():
        return passed("the reverse job has ended since")
    job = context.job()
    state = context.state(job)
    if state != RUNNING:
        return refused(f"job {job} is {state}: {context.flink.failure(job)}", "See `polarshake status`.")
    verdict = slots_follow(slots.poll(), slots.names(), 0, True)
    return passed(f"job {job} runs; {verdict.saw}") if verdict.ok else verdict


def _dry(slots: ReplicationSlots) -> StepVerdict:
    obstacles = slots.obstacles()
    if obstacles:
        return refused(" ".join(obstacles), "Fix this before the cut-over: it may need a restart.")
    existing = {slot.name for slot in slots.poll()}
    saw = "; ".join(
        f"slot {name} {'exists' if name in existing else 'does not exist yet'}" for name in slots.names()
    )
    return would(saw, ABOUT)
