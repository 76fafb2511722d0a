"""The steps around the end of a job: its sources are quiet, it has caught up, it is stopped."""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import TransientError
from connectors.base.text import duration
from connectors.check.report.difference import timestamp
from connectors.command.cutover.health import caught_up, listed, slots_follow
from connectors.command.cutover.journal import Stopped
from connectors.command.cutover.ports import Flow
from connectors.command.cutover.procedure import Night
from connectors.command.cutover.quiescence import Quiet, Watch, since_then
from connectors.command.cutover.verdict import Verdict, passed, refused, would

TELL_SECONDS = 15.0
"""Between two lines about what is waited for."""
CATCH_UP_SECONDS = 60.0
END_SECONDS = 120.0
RUNNING = "RUNNING"
STIRRED = "Stop the application's writes, then run this command again."


def quiet(night: Night) -> Verdict:
    """Nothing is written any more."""
    record = night.record
    if record.quiet and night.ended():
        return passed(f"{_proof(record.quiet)}; the job has ended since")
    job = night.job()
    if record.quiet:
        stirred = since_then(record.quiet, night.streams.look(job))
        if not stirred:
            return passed(f"{_proof(record.quiet)}, and nothing since")
        night.tell(f"since the last time: {listed(stirred)}")
    record.quiet, record.check = None, ""
    return _watched(night, job)


def lag(night: Night) -> Verdict:
    """Every change is at the target."""
    if night.ended():
        return passed("the job had caught up, and has ended since")
    if night.record.quiet is None:
        return refused("the writes have not been seen to have stopped", STIRRED)
    job = night.job()
    patience = 0.0 if night.options.dry_run else CATCH_UP_SECONDS
    verdict = night.until(lambda: caught_up(night.flink.progress(job)), patience)
    until = timestamp(night.record.quiet.through)
    return passed(f"{verdict.saw}; every change made before {until} is written") if verdict.ok else verdict


def slot_lag(night: Night) -> Verdict:
    """The slots have passed the end of the log: every commit is durable at the other side."""
    record, slots = night.record, night.slots
    assert slots
    if night.ended():
        return passed("the slots had passed the log's end, and the job has ended since")
    position = slots.end()
    patience = 0.0 if night.options.dry_run else CATCH_UP_SECONDS
    verdict = night.until(lambda: slots_follow(slots.look(), slots.names(), position, True), patience)
    if verdict.ok:
        record.position = position
    return verdict


def stop(night: Night) -> Verdict:
    """The job has ended with a savepoint."""
    record = night.record
    if night.ended():
        return _ended(night)
    job, state = night.job(), night.state(night.job())
    if state != RUNNING:
        return refused(f"job {job} is {state}: {night.flink.failure(job)}", "See `polarshake status`.")
    missing = _unready(night)
    if missing and not night.options.dry_run:
        return refused(missing, "Nothing was stopped. Run this command again from its first step on.")
    obstacles = night.slots.obstacles() if night.slots else []
    if obstacles:
        return refused(" ".join(obstacles), "Nothing was stopped. Mend it first: the way back needs it.")
    if night.options.dry_run:
        return would(f"job {job} is {state}", "stop it with a savepoint")
    record.stopping = True
    night.keep()
    savepoint = night.flink.stop_with_savepoint(job, night.options.savepoint_folder)
    record.stopped = Stopped(night.clock(), savepoint)
    night.keep()
    return _ended(night)


def _watched(night: Night, job: str) -> Verdict:
    options = night.options
    watch = Watch(options.quiet_seconds)
    patience = options.quiet_seconds + CATCH_UP_SECONDS if options.dry_run else options.patience_seconds
    began = told = night.clock()
    while True:
        flow = night.streams.look(job)
        if flow.state != RUNNING:
            saw = f"job {job} is {flow.state}: {night.flink.failure(job)}"
            return refused(saw, "It must run: see `polarshake status`.")
        now = night.clock()
        proof = watch.take(flow, now)
        if proof:
            night.record.quiet = proof
            return passed(_proof(proof))
        if now - began >= patience:
            return _impatient(watch, patience)
        if now - told >= TELL_SECONDS:
            told = now
            night.tell(_so_far(watch))
        night.sleep(night.every)


def _impatient(watch: Watch, patience: float) -> Verdict:
    if not watch.known:
        saw = f"for {duration(patience)} nothing has told how far the job has read"
        return refused(saw, "Is the job catching up, or does Flink show no metrics? `polarshake status`")
    saw = f"not quiet within {duration(patience)}; {_so_far(watch)}"
    return refused(saw, STIRRED)


def _so_far(watch: Watch) -> str:
    return f"quiet for {duration(watch.quiet_for)} by now; before that: {listed(watch.moved)}"


def _proof(proof: Quiet) -> str:
    began, until = timestamp(proof.since), timestamp(proof.through)
    return f"nothing was written between {began} and {until} ({duration(proof.through - proof.since)})"


def _unready(night: Night) -> Optional[str]:
    """What a step before should have seen, and does not hold any more."""
    record = night.record
    if record.quiet is None or not record.check:
        return "the writes have not been seen to have stopped, or nothing was checked since"
    flow: Flow = night.streams.look(record.job)
    stirred = since_then(record.quiet, flow)
    return f"writes have come in since: {listed(stirred)}" if stirred else None


def _ended(night: Night) -> Verdict:
    """Flink says so, as long as it remembers the job; then the record does."""
    record = night.record
    verdict = night.until(lambda: _finished(night), END_SECONDS)
    if verdict.ok and record.stopped is None:
        record.stopped = Stopped(night.clock(), night.flink.savepoint(record.job) or "")
    where = record.stopped.savepoint if record.stopped else ""
    return passed(f"{verdict.saw}; savepoint {where or 'unknown to Flink'}") if verdict.ok else verdict


def _finished(night: Night) -> Verdict:
    job = night.record.job
    state = night.state(job)
    if state == "FINISHED":
        return passed(f"job {job} is FINISHED")
    if not state and night.record.stopped:
        return passed(f"job {job} has ended; Flink has forgotten it")
    if not state:
        raise TransientError(f"Flink does not know job {job}, which was told to end")
    return refused(f"job {job} is {state} after its savepoint", "Look at it; then run this command again.")
