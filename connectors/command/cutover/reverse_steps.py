"""The steps that set up the reverse direction.

The slots are advanced past the migration's own writes, and the reverse job reads them.
"""

from __future__ import annotations

from typing import Optional, Set

from connectors.base.errors import TerminalError
from connectors.command.cutover import other_job
from connectors.command.cutover.health import listed, slots_follow
from connectors.command.cutover.other_job import OtherJob
from connectors.command.cutover.ports import ReplicationSlots
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.share import shown_progress
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.states import ENDED, RUNNING
from connectors.config.choices import Direction
from connectors.model.jobs import REVERSE
from connectors.model.metric_names import metric_name
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
        return refused("the forward job still moves the tables", "Run this command again.")
    if not record.position:
        # Determined only once: at a later time the application may already be writing.
        record.position = slots.end()
        context.keep()
    refusal = _earlier_job_stopped(context, slots)
    if refusal:
        return refusal
    existing = {slot.name for slot in slots.poll()}
    slots.set_up(lambda statement: context.tell(f"{statement}"))
    for slot in slots.poll():
        unread = slot.active_pid is None and (slot.confirmed_lsn or 0) < record.position
        if unread and not record.earlier:  # otherwise it may hold what the application has written to those
            slots.advance(slot.name, record.position)
    verdict = context.until(
        lambda: slots_follow(slots.poll(), slots.names(), record.position, False), FOLLOW_SECONDS
    )
    if not verdict.ok:
        return verdict
    if not record.starts:
        # A slot that has just been created begins later than that. Nobody has written meanwhile.
        record.starts = {
            slot.name: record.position if slot.name in existing else slot.confirmed_lsn or 0
            for slot in slots.poll()
        }
        context.keep()
    return passed(f"{verdict.saw}; starting at {lsn_text(record.position)}")


def started(context: Context) -> StepVerdict:
    """The reverse job runs, and the slots are active."""
    slots, record = context.slots, context.record
    if slots is None:
        return passed(NO_REVERSE)
    too_early = _outdated(context) if record.position else "the slots have not been prepared"
    job = other_job.found_or_submitted(context, THE_REVERSE_JOB, record.reverse, too_early)
    if isinstance(job, StepVerdict):
        return job
    record.reverse = job
    context.keep()
    return other_job.awaited(
        context,
        THE_REVERSE_JOB,
        job,
        lambda: slots_follow(slots.poll(), slots.names(), record.position, True),
    )


def no_reverse_job(context: Context) -> Optional[StepVerdict]:
    """Refuses to go on after earlier groups if their reverse job is missing, or would be left out."""
    record = context.record
    if context.direction is not Direction.FORWARD or not record.earlier:
        return None
    job = other_job.running(context, THE_REVERSE_JOB, "")
    if context.slots is not None and not job:
        return refused(
            f"no reverse job runs for {listed(record.earlier)}, handed over earlier",
            "Run the last cut-over with --tables again: it starts the job, and the slot has kept all "
            "changes. If those cut-overs were made with --without-reverse, use it here too.",
        )
    if context.slots is None and job:
        return refused(
            f"reverse job {job} replicates {listed(record.earlier)}, handed over earlier",
            "Without --without-reverse, it will replicate these tables too.",
        )
    return None


def _earlier_job_stopped(context: Context, slots: ReplicationSlots) -> Optional[StepVerdict]:
    """The reverse job of earlier groups has passed the migration's writes of this group, and is stopped. It
    skipped them. The one that is started next replicates the group, too, and goes on at the same position."""
    record = context.record
    if not (record.group or record.earlier) or record.reverse:
        return None
    job = other_job.running(context, THE_REVERSE_JOB, record.replaced)
    if not job:
        return None if record.replaced else no_reverse_job(context)
    more = sorted(set(context.cluster.progress(job).tables) - _replicated(context)) if record.group else []
    if more:
        return refused(
            f"reverse job {job} replicates {listed(more)}, too, which the forward job has not handed over",
            "Stop that job if the application does not write to these tables at the target. Then run this "
            "command again.",
        )
    verdict = context.until(
        lambda: slots_follow(slots.poll(), slots.names(), record.position, True), FOLLOW_SECONDS
    )
    if not verdict.ok:
        return verdict
    record.replaced = job
    context.keep()
    context.flink.stop_with_savepoint(job, context.options.savepoint_folder)
    ended = context.until(lambda: _ended(context, job), FOLLOW_SECONDS)
    return None if ended.ok else ended


def _ended(context: Context, job: str) -> StepVerdict:
    state = context.state(job)
    if state in ("", *ENDED):
        return passed(f"reverse job {job} is stopped")
    return refused(f"reverse job {job} is {state} after its savepoint", "Run this command again.")


def _outdated(context: Context) -> str:
    """Why the reverse job of this group must not be started any more: it would skip what has been handed over
    since, and the slot would pass those changes."""
    record = context.record
    if not record.group:
        return ""
    job = shown_progress(context.cluster, record.job, context.sleep)
    if job is None:
        return "no forward job runs: if the other tables have been cut over since, run that cut-over again"
    later = sorted(set(job.handed_over) - _replicated(context))
    return f"{listed(later)} was handed over since: run that cut-over again instead" if later else ""


def _replicated(context: Context) -> Set[str]:
    """The tables of the reverse job that this cut-over of a group starts."""
    return {*context.record.earlier, *map(metric_name, context.record.group)}


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
