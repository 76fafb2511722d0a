"""What the jobs have taken in, by their metrics."""

from __future__ import annotations

import time
from collections import deque
from typing import Callable, Deque, Dict, NamedTuple, Optional, Sequence, Tuple

from connectors.command.cutover.ports import ChangeStreams, FlinkCluster, Flow, ReplicationSlots
from connectors.command.progress.snapshot import JobProgress, TableProgress
from connectors.postgres.replication.facts import SlotFacts

ROUNDING = 2.0
"""Seconds: lag and time of measurement are whole, each may be off by one."""


class DynamoStreams(ChangeStreams):
    """Of the forward job. A lane's lag is of the time it was measured: by that time every change older than
    the lag was written, and counted."""

    def __init__(self, flink: FlinkCluster) -> None:
        self._flink = flink

    def look(self, job_id: str) -> Flow:
        job = self._flink.progress(job_id)
        changes = {table.table: table.streamed for table in job.tables.values()}
        return Flow(job_id, job.state, job.restarts, changes, written_through(job))


def written_through(job: JobProgress) -> Optional[float]:
    """Every change made before it is at the target: epoch seconds on the source's clock."""
    times = [_of_table(one) for one in job.tables.values()]
    known = [one for one in times if one is not None]
    return min(known) - ROUNDING if times and len(known) == len(times) else None


def _of_table(table: TableProgress) -> Optional[float]:
    # Between a shard's end and the discovery of its child there may be none, and the lag tells nothing.
    if table.lag is None or table.measured_at is None or not table.shards.reading:
        return None
    return float(table.measured_at - table.lag)


class Counted(NamedTuple):
    """The slots had passed at `seen` where the log ended at `ended`; both epoch seconds, this machine's."""

    ended: float
    seen: float


class PassedLog:
    """Up to what time has the log been read *and* counted? Pure.

    What committed before a look at the log's end has been handed over once every slot has passed that end,
    and stands in the reader's counters if those were measured later still.
    """

    def __init__(self) -> None:
        self._awaited: Optional[Tuple[float, int]] = None
        self._passed: Deque[Counted] = deque()
        self._through: Optional[float] = None

    def take(
        self, slots: Sequence[SlotFacts], asked: float, answered: float, counted: Optional[float]
    ) -> Optional[float]:
        """`asked`, `answered`: around the look at `slots`; `counted`: when the counters were measured."""
        if not slots:
            return None
        confirmed = min(slot.confirmed_lsn or 0 for slot in slots)
        if self._awaited is not None and confirmed >= self._awaited[1]:
            self._passed.append(Counted(self._awaited[0], answered))
            self._awaited = None
        if self._awaited is None:
            self._awaited = (asked, max(slot.current_lsn for slot in slots))
        while counted is not None and self._passed and self._passed[0].seen + ROUNDING <= counted:
            self._through = self._passed.popleft().ended
        return self._through


class PolarLog(ChangeStreams):
    """Of the reverse job."""

    def __init__(
        self, flink: FlinkCluster, slots: ReplicationSlots, clock: Callable[[], float] = time.time
    ) -> None:
        self._flink, self._slots, self._clock = flink, slots, clock
        self._passed = PassedLog()

    def look(self, job_id: str) -> Flow:
        asked = self._clock()
        slots = self._slots.look()
        answered = self._clock()
        job = self._flink.progress(job_id)
        through = self._passed.take(slots, asked, answered, _measured(job, len(slots)))
        changes: Dict[str, int] = {table.table: table.read for table in job.tables.values()}
        return Flow(job_id, job.state, job.restarts, changes, through)


def _measured(job: JobProgress, slots: int) -> Optional[float]:
    times = [one.measured_at for one in job.slots.values() if one.measured_at is not None]
    return float(min(times)) if times and len(times) == slots else None
