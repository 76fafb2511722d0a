"""The steps that stop a job: writes to its source have stopped, it has caught up, it is stopped."""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import TransientError
from connectors.base.text import duration, timestamp
from connectors.command.cutover.health import caught_up, listed, slots_follow
from connectors.command.cutover.holding import all_handed_over, changed, lacking
from connectors.command.cutover.journal import Stopped
from connectors.command.cutover.ports import Flow
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import BEGAN, Quiescence, QuiescenceWatch, since_then
from connectors.command.cutover.reverse_steps import no_reverse_job
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.states import FINISHED, RUNNING

TELL_SECONDS = 3.0
"""Seconds between two progress lines while a step waits. A poll can take another second."""
CATCH_UP_SECONDS = 60.0
END_SECONDS = 120.0
STOP_WRITES = "Stop the application's writes, then run this command again."


def quiet(context: Context) -> StepVerdict:
    """Writes to the source have stopped."""
    record = context.record
    if record.quiet and context.ended():
        return passed(f"{_proof(record.quiet)}; the job has been stopped since")
    job = context.job()
    shown = context.flink.progress(job) if record.group else None
    refusal = lacking(shown, record.group) if shown else None
    if refusal:
        return refusal
    if record.quiet:
        changes = since_then(record.quiet, context.streams.poll(job))
        if not changes:
            return passed(f"{_proof(record.quiet)}, and nothing since")
        if shown and record.stopping and shown.handed_over:
            return changed(shown, changes)
        context.tell(f"changed since the last run: {listed(changes)}")
    record.quiet, record.check, record.stopping, record.tables = None, "", False, []
    return _watched(context, job)


def lag(context: Context) -> StepVerdict:
    """Every change is at the target."""
    if context.ended():
        return passed("the job had caught up before it was stopped")
    if context.record.quiet is None:
        return refused("it is not proven that the writes have stopped", STOP_WRITES)
    job = context.job()
    if context.record.group and all_handed_over(context.flink.progress(job)):
        return passed("the job had caught up before it let go of the tables")
    patience = 0.0 if context.options.dry_run else CATCH_UP_SECONDS
    verdict = context.until(lambda: caught_up(context.flink.progress(job)), patience)
    until = timestamp(context.record.quiet.through)
    return (
        passed(f"{verdict.saw}; every change made before {until} is at the target") if verdict.ok else verdict
    )


def slot_lag(context: Context) -> StepVerdict:
    """The slots are past the end of the log: every commit is durable in DynamoDB."""
    record, slots = context.record, context.slots
    assert slots
    if context.ended():
        return passed("the slots were past the end of the log before the job was stopped")
    position = slots.end()
    patience = 0.0 if context.options.dry_run else CATCH_UP_SECONDS
    verdict = context.until(lambda: slots_follow(slots.poll(), slots.names(), position, True), patience)
    if verdict.ok:
        record.position = position
    return verdict


def stop(context: Context) -> StepVerdict:
    """The job is stopped with a savepoint."""
    record = context.record
    if context.ended():
        return _ended(context)
    refusal = obstacle(context)
    if refusal:
        return refusal
    job = record.job
    if context.options.dry_run:
        return would(f"job {job} is RUNNING", "stop it with a savepoint")
    record.stopping = True
    context.keep()
    savepoint = context.flink.stop_with_savepoint(job, context.options.savepoint_folder)
    record.stopped = Stopped(context.clock(), savepoint)
    context.keep()
    return _ended(context)


def obstacle(context: Context) -> Optional[StepVerdict]:
    """Why the job may not be stopped, or let go of a group; None if it may."""
    job, state = context.job(), context.state(context.job())
    if state != RUNNING:
        return refused(f"job {job} is {state}: {context.flink.failure(job)}", "See `polarshake status`.")
    missing = _unready(context)
    if missing and not context.options.dry_run:
        return refused(missing, "Nothing was stopped. Run this command again.")
    obstacles = context.slots.obstacles() if context.slots else []
    if obstacles:
        return refused(" ".join(obstacles), "Nothing was stopped. Fix this first: the reverse job needs it.")
    return no_reverse_job(context)


def _watched(context: Context, job: str) -> StepVerdict:
    options = context.options
    watch = QuiescenceWatch(options.quiet_seconds)
    patience = options.quiet_seconds + CATCH_UP_SECONDS if options.dry_run else options.patience_seconds
    began = reported = context.clock()
    while True:
        flow = context.streams.poll(job)
        if flow.state != RUNNING:
            saw = f"job {job} is {flow.state}: {context.flink.failure(job)}"
            return refused(saw, "The job must run. See `polarshake status`.")
        now = context.clock()
        proof = watch.take(flow, now)
        if proof:
            context.record.tables = sorted(context.required())
            context.record.quiet = proof
            return passed(_proof(proof))
        if now - began >= patience:
            return _impatient(watch, patience)
        if now - reported >= TELL_SECONDS:
            reported = now
            context.tell(_so_far(watch))
        context.sleep(context.every)


def _impatient(watch: QuiescenceWatch, patience: float) -> StepVerdict:
    if not watch.known:
        saw = f"for {duration(patience)} no metric has shown how far the job has read"
        return refused(
            saw, "Wait until the job has caught up and Flink shows its metrics: `polarshake status`."
        )
    saw = f"not quiet within {duration(patience)}; {_so_far(watch)}"
    return refused(saw, STOP_WRITES)


def _so_far(watch: QuiescenceWatch) -> str:
    quiet_for = f"no change for {duration(watch.quiet_for)}"
    if watch.moved == [BEGAN]:
        return f"{quiet_for}, since this command began to watch"
    return f"{quiet_for}; the last changes: {listed(watch.moved)}"


def _proof(proof: Quiescence) -> str:
    began, until = timestamp(proof.since), timestamp(proof.through)
    return f"nothing was written between {began} and {until} ({duration(proof.through - proof.since)})"


def _unready(context: Context) -> Optional[str]:
    """Why the results of earlier steps do not permit the stop; None if they do."""
    record = context.record
    if record.quiet is None or not record.check:
        return "it is not proven that the writes have stopped, or no check was made since"
    flow: Flow = context.streams.poll(record.job)
    changes = since_then(record.quiet, flow)
    return f"writes have come in since: {listed(changes)}" if changes else None


def _ended(context: Context) -> StepVerdict:
    """The job has ended: according to Flink while it remembers the job, then according to the journal."""
    record = context.record
    verdict = context.until(lambda: _finished(context), END_SECONDS)
    if verdict.ok and record.stopped is None:
        record.stopped = Stopped(context.clock(), context.flink.savepoint(record.job) or "")
    where = record.stopped.savepoint if record.stopped else ""
    return passed(f"{verdict.saw}; savepoint {where or 'unknown to Flink'}") if verdict.ok else verdict


def _finished(context: Context) -> StepVerdict:
    job = context.record.job
    state = context.state(job)
    if state == FINISHED:
        return passed(f"job {job} is FINISHED")
    if not state and context.record.stopped:
        return passed(f"job {job} has ended; Flink no longer lists it")
    if not state:
        raise TransientError(f"Flink does not know job {job}, which was asked to stop")
    return refused(
        f"job {job} is {state} after its savepoint",
        "Find out why it did not finish, then run this command again.",
    )
