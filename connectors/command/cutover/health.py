"""How job and slots stand. Pure."""

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
"""Of tables in a line."""


def running(jobs: Sequence[FlinkJob], name: str, wanted: Optional[str] = None) -> str:
    """The id of the one job of this name that has not ended. Raises TerminalError."""
    found = [
        job for job in jobs if job.name == name and job.state not in ENDED and job.id.startswith(wanted or "")
    ]
    if not found:
        raise TerminalError(f"no job `{name}` runs there. See `polarshake status`; is --flink right?")
    if len(found) > 1:
        ids = ", ".join(job.id for job in found)
        raise TerminalError(f"several jobs `{name}` run there: {ids}. Name one with --job, or end the others")
    return found[0].id


def caught_up(job: JobProgress) -> StepVerdict:
    """Is everything at the target that the streams hold? Of a job whose sources are quiet."""
    tables = list(job.tables.values())
    behind = [
        f"{one.table} is {one.stage.value}{_lag(one.lag)}" for one in tables if one.stage is not Stage.LIVE
    ]
    unread = [one.table for one in tables if one.lag is not None and not one.shards.reading]
    if not tables:
        return refused("Flink shows no table of the job yet", "Wait until its workers run; then again.")
    if behind:
        return refused(listed(behind), "Wait until every table is live: `polarshake status --watch`.")
    if unread:
        saw = f"no shard of {listed(unread)} is being read"
        return refused(saw, "A shard has just ended, or the stream is off. Wait a minute; then again.")
    worst = max(one.lag or 0 for one in tables)
    saw = f"{plural(len(tables), 'table')} live, the largest lag {worst} s (an idle table shows about 6)"
    dead = [f"{one.table} {one.dead_letters:,}" for one in tables if one.dead_letters]
    return passed(f"{saw}; dead letters: {listed(dead)}: the last check tells" if dead else saw)


def slots_follow(
    found: Sequence[SlotFacts], names: Sequence[str], position: int, active: bool
) -> StepVerdict:
    """Has every slot passed `position`, and, with `active`, does a job read it?"""
    missing = sorted(set(names) - {slot.name for slot in found})
    if missing:
        return refused(
            f"slot {', '.join(missing)} does not exist", "python -m jobs.reverse --setup makes it."
        )
    problems = [text for slot in found for text in slot_problems(slot, slot.database or "")]
    if problems:
        return refused(" ".join(problems), "Mend it; then again.")
    idle = [slot.name for slot in found if active and slot.active_pid is None]
    if idle:
        return refused(f"slot {', '.join(idle)} is not active: no job reads it", "Start the reverse job.")
    late = [slot for slot in found if (slot.confirmed_lsn or 0) < position]
    if late:
        saw = "; ".join(_late(slot, position) for slot in late)
        return refused(saw, "The reverse job must follow first: `polarshake status --watch`.")
    return passed("; ".join(_standing(slot) for slot in found))


def listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - MOST_LISTED} more" if len(texts) > MOST_LISTED else ""
    return ", ".join(texts[:MOST_LISTED]) + more


def _late(slot: SlotFacts, position: int) -> str:
    confirmed = slot.confirmed_lsn or 0
    behind = size(position - confirmed)
    return f"slot {slot.name} is at {lsn_text(confirmed)}, {behind} before {lsn_text(position)}"


def _standing(slot: SlotFacts) -> str:
    read = f"read by pid {slot.active_pid}" if slot.active_pid is not None else "read by nobody"
    return f"slot {slot.name} at {lsn_text(slot.confirmed_lsn or 0)}, {read}"


def _lag(lag: Optional[int]) -> str:
    return "" if lag is None else f" (lag {lag} s)"
