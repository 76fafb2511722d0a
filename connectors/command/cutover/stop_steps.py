"""The steps around the end of a job: its sources are quiet, it has caught up, it is stopped."""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import TransientError
from connectors.base.text import duration, timestamp
from connectors.command.cutover.health import caught_up, listed, slots_follow
from connectors.command.cutover.journal import Stopped
from connectors.command.cutover.ports import Flow
from connectors.command.cutover.procedure import Context
from connectors.command.cutover.quiescence import Quiescence, QuiescenceWatch, since_then
from connectors.command.cutover.verdict import StepVerdict, passed, refused, would
from connectors.command.progress.states import FINISHED, RUNNING

TELL_SECONDS = 15.0
"""Between two lines about what is waited for."""
CATCH_UP_SECONDS = 60.0
END_SECONDS = 120.0
STIRRED = "Stop the application's writes, then run this command again."


def quiet(context: Context) -> StepVerdict:
    """Nothing is written any more."""
    record = context.record
    if record.quiet and context.ended():
        return passed(f"{_proof(record.quiet)}; the job has ended since")
    job = context.job()
    if record.quiet:
        stirred = since_then(record.quiet, context.streams.look(job))
        if not stirred:
            return passed(f"{_proof(record.quiet)}, and nothing since")
        context.tell(f"since the last time: {listed(stirred)}")
    record.quiet, record.check = None, ""
    return _watched(context, job)


def lag(context: Context) -> StepVerdict:
    """Every change is at the target."""
    if context.ended():
        return passed("the job had caught up, and has ended since")
    if context.record.quiet is None:
        return refused("the writes have not been seen to have stopped", STIRRED)
    job = context.job()
    patience = 0.0 if context.options.dry_run else CATCH_UP_SECONDS
    verdict = context.until(lambda: caught_up(context.flink.progress(job)), patience)
    until = timestamp(context.record.quiet.through)
    return passed(f"{verdict.saw}; every change made before {until} is written") if verdict.ok else verdict


def slot_lag(context: Context) -> StepVerdict:
    """The slots have passed the end of the log: every commit is durable at the other side."""
    record, slots = context.record, context.slots
    assert slots
    if context.ended():
        return passed("the slots had passed the log's end, and the job has ended since")
    position = slots.end()
    patience = 0.0 if context.options.dry_run else CATCH_UP_SECONDS
    verdict = context.until(lambda: slots_follow(slots.look(), slots.names(), position, True), patience)
    if verdict.ok:
        record.position = position
    return verdict


def stop(context: Context) -> StepVerdict:
    """The job has ended with a savepoint."""
    record = context.record
    if context.ended():
        return _ended(context)
    job, state = context.job(), context.state(context.job())
    if state != RUNNING:
        return refused(f"job {job} is {state}: {context.flink.failure(job)}", "See `polarshake status`.")
    missing = _unready(context)
    if missing and not context.options.dry_run:
        return refused(missing, "Nothing was stopped. Run this command again from its first step on.")
    obstacles = context.slots.obstacles() if context.slots else []
    if obstacles:
        return refused(" ".join(obstacles), "Nothing was stopped. Mend it first: the way back needs it.")
    if context.options.dry_run:
        return would(f"job {job} is {state}", "stop it with a savepoint")
    record.stopping = True
    context.keep()
    savepoint = context.flink.stop_with_savepoint(job, context.options.savepoint_folder)
    record.stopped = Stopped(context.clock(), savepoint)
    context.keep()
    return _ended(context)


def _watched(context: Context, job: str) -> StepVerdict:
    options = context.options
    watch = QuiescenceWatch(options.quiet_seconds)
    patience = options.quiet_seconds + CATCH_UP_SECONDS if options.dry_run else options.patience_seconds
    began = told = context.clock()
    while True:
        flow = context.streams.look(job)
        if flow.state != RUNNING:
            saw = f"job {job} is {flow.state}: {context.flink.failure(job)}"
            return refused(saw, "It must run: see `polarshake status`.")
        now = context.clock()
        proof = watch.take(flow, now)
        if proof:
            context.record.quiet = proof
            return passed(_proof(proof))
        if now - began >= patience:
            return _impatient(watch, patience)
        if now - told >= TELL_SECONDS:
            told = now
            context.tell(_so_far(watch))
        context.sleep(context.every)


def _impatient(watch: QuiescenceWatch, patience: float) -> StepVerdict:
    if not watch.known:
        saw = f"for {duration(patience)} nothing has told how far the job has read"
        return refused(saw, "Is the job catching up, or does Flink show no metrics? `polarshake status`")
    saw = f"not quiet within {duration(patience)}; {_so_far(watch)}"
    return refused(saw, STIRRED)


def _so_far(watch: QuiescenceWatch) -> str:
    return f"quiet for {duration(watch.quiet_for)} by now; before that: {listed(watch.moved)}"


def _proof(proof: Quiescence) -> str:
    began, until = timestamp(proof.since), timestamp(proof.through)
    return f"nothing was written between {began} and {until} ({duration(proof.through - proof.since)})"


def _unready(context: Context) -> Optional[str]:
    """What a step before should have seen, and does not hold any more."""
    record = context.record
    if record.quiet is None or not record.check:
        return "the writes have not been seen to have stopped, or nothing was checked since"
    flow: Flow = context.streams.look(record.job)
    stirred = since_then(record.quiet, flow)
    return f"writes have come in since: {listed(stirred)}" if stirred else None


def _ended(context: Context) -> StepVerdict:
    """Flink says so, as long as it remembers the job; then the record does."""
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
        return passed(f"job {job} has ended; Flink has forgotten it")
    if not state:
        raise TransientError(f"Flink does not know job {job}, which was told to end")
    return refused(f"job {job} is {state} after its savepoint", "Look at it; then run this command again.")
