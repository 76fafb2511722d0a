"""Verdicts on the state of the job and of the replication slots. Pure."""

from __future__ import annotations

from typing import Optional, Sequence

from connectors.base.errors import TerminalError
from connectors.base.text import plural, size
from connectors.command.cutover.verdict import StepVerdict, passed, refused
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress, Stage
from connectors.command.progress.states import ENDED
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.facts import SlotFacts
from connectors.postgres.replication.problems import slot_problems

MOST_LISTED = 5
"""Names in one line."""


def running(jobs: Sequence[FlinkJob], name: str, wanted: Optional[str] = None) -> str:
    """The id of the one job of this name that has not ended. Raises TerminalError."""
    matching = [
        job for job in jobs if job.name == name and job.state not in ENDED and job.id.startswith(wanted or "")
    ]
    if not matching:
        raise TerminalError(f"no job `{name}` runs on this cluster. Check --flink; see `polarshake status`")
    if len(matching) > 1:
        ids = ", ".join(job.id for job in matching)
        raise TerminalError(
            f"several jobs `{name}` run on this cluster: {ids}. Name one with --job, or stop the others"
        )
    return matching[0].id


def caught_up(job: JobProgress) -> StepVerdict:
    """Whether every change in the streams is at the target. Requires that the writes have stopped."""
    tables = [table for table in job.tables.values() if not table.resting]
    released = [table.table for table in job.tables.values() if table.stage is Stage.RELEASED]
    if job.suspended:
        saw = "; ".join(
            f"{name} is suspended: {suspension.reason}" for name, suspension in job.suspended.items()
        )
        return refused(
            saw, " ".join(f"{name}: {suspension.advice}" for name, suspension in job.suspended.items())
        )
    behind = [
        f"{table.table} is {table.stage.value}{_lag(table.lag)}"
        for table in tables
        if table.stage is not Stage.LIVE
    ]
    unread = [table.table for table in tables if table.lag is not None and not table.shards.reading]
    if not tables:
        return refused(
            "Flink shows no table of the job yet", "Wait until its workers run, then run this command again."
        )
    if behind:
        return refused(listed(behind), "Wait until every table is live: `polarshake status --watch`.")
    if unread:
        saw = f"no shard of {listed(unread)} is being read"
        return refused(
            saw,
            "A shard has just ended, or the stream is disabled. Wait a minute, then run this command again.",
        )
    worst = max(table.lag or 0 for table in tables)
    saw = f"{plural(len(tables), 'table')} live, the largest lag is {worst} s (an idle table shows about 6)"
    saw += f"; released, so not moved: {listed(released)}" if released else ""
    saw += f"; handed over earlier: {listed(job.handed_over)}" if job.handed_over else ""
    dead = [f"{table.table} {table.dead_letters:,}" for table in tables if table.dead_letters]
    return passed(
        f"{saw}; dead letters: {listed(dead)}; the last check shows whether they matter" if dead else saw
    )


def slots_follow(
    slots: Sequence[SlotFacts], names: Sequence[str], position: int, active: bool
) -> StepVerdict:
    """Whether every slot has confirmed `position` and, with `active`, is being read by a job."""
    missing = sorted(set(names) - {slot.name for slot in slots})
    if missing:
        return refused(f"slot {', '.join(missing)} does not exist", "polarshake slot create creates it.")
    problems = [text for slot in slots for text in slot_problems(slot, slot.database or "")]
    if problems:
        return refused(" ".join(problems), "Fix it, then run this command again.")
    idle = [slot.name for slot in slots if active and slot.active_pid is None]
    if idle:
        return refused(f"slot {', '.join(idle)} is not active: no job reads it", "Start the reverse job.")
    late = [slot for slot in slots if (slot.confirmed_lsn or 0) < position]
    if late:
        saw = "; ".join(_late(slot, position) for slot in late)
        return refused(saw, "The reverse job must catch up first: `polarshake status --watch`.")
    return passed("; ".join(_position(slot) for slot in slots))


def listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - MOST_LISTED} more" if len(texts) > MOST_LISTED else ""
    return ", ".join(texts[:MOST_LISTED]) + more


def _late(slot: SlotFacts, position: int) -> str:
    confirmed = slot.confirmed_lsn or 0
    behind = size(position - confirmed)
    return f"slot {slot.name} is at {lsn_text(confirmed)}, {behind} before {lsn_text(position)}"


def _position(slot: SlotFacts) -> str:
    read = f"read by pid {slot.active_pid}" if slot.active_pid is not None else "not being read"
    return f"slot {slot.name} at {lsn_text(slot.confirmed_lsn or 0)}, {read}"


def _lag(lag: Optional[int]) -> str:
    return "" if lag is None else f" (lag {lag} s)"
