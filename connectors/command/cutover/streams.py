"""The changes that the jobs have read, from their metrics."""

from __future__ import annotations

import time
from collections import deque
from typing import Callable, Deque, Dict, NamedTuple, Optional, Sequence, Tuple

from connectors.command.cutover.ports import ChangeStreams, FlinkCluster, Flow, ReplicationSlots
from connectors.command.progress.snapshot import JobProgress, TableProgress
from connectors.postgres.replication.facts import SlotFacts

ROUNDING = 2.0
"""Seconds. Lag and time of measurement are whole numbers; each may be off by one."""


class DynamoStreams(ChangeStreams):
    """The streams that the forward job reads.

    A worker's lag is valid at the time of its measurement. At that time every change older than the lag had
    been written and counted. While changes wait for a scan, the lag says nothing about them.
    """

    def __init__(self, flink: FlinkCluster) -> None:
        self._flink = flink

    def poll(self, job_id: str) -> Flow:
        job = self._flink.progress(job_id)
        changes = {table.table: table.streamed for table in job.tables.values()}
        return Flow(job_id, job.state, job.restarts, changes, written_through(job))


def written_through(job: JobProgress) -> Optional[float]:
    """The time before which every change is at the target: epoch seconds on the source's clock."""
    times = [_of_table(table) for table in job.tables.values() if not table.resting]
    known = [time for time in times if time is not None]
    return min(known) - ROUNDING if times and len(known) == len(times) else None


def _of_table(table: TableProgress) -> Optional[float]:
    # Between a shard's end and the discovery of its child no shard may be read. The lag is then meaningless.
    if table.lag is None or table.measured_at is None or not table.shards.reading or not table.follows:
        return None
    return float(table.measured_at - table.lag)


class Counted(NamedTuple):
    """At `read_at` the slots were past the end that the log had at `ended`.

    Both are epoch seconds on this machine's clock.
    """

    ended: float
    read_at: float


class PassedLog:
    """The time up to which the log has been read *and* counted. Pure.

    1. A poll reads the end of the log. Everything committed before the poll is before that end.
    2. Once every slot has confirmed that end, all of it has been handed over.
    3. Counters of the readers that were measured after that contain all of it.
    """

    def __init__(self) -> None:
        self._awaited: Optional[Tuple[float, int]] = None
        self._passed: Deque[Counted] = deque()
        self._through: Optional[float] = None

    def take(
        self, slots: Sequence[SlotFacts], asked: float, answered: float, counted: Optional[float]
    ) -> Optional[float]:
        """`asked`, `answered`: times before and after `slots` were read; `counted`: when the counters were
        measured."""
        if not slots:
            return None
        confirmed = min(slot.confirmed_lsn or 0 for slot in slots)
        if self._awaited is not None and confirmed >= self._awaited[1]:
            self._passed.append(Counted(self._awaited[0], answered))
            self._awaited = None
        if self._awaited is None:
            self._awaited = (asked, max(slot.current_lsn for slot in slots))
        while counted is not None and self._passed and self._passed[0].read_at + ROUNDING <= counted:
            self._through = self._passed.popleft().ended
        return self._through


class PolarLog(ChangeStreams):
    """PolarDB's log, as the reverse job reads it."""

    def __init__(
        self, flink: FlinkCluster, slots: ReplicationSlots, clock: Callable[[], float] = time.time
    ) -> None:
        self._flink, self._slots, self._clock = flink, slots, clock
        self._passed = PassedLog()

    def poll(self, job_id: str) -> Flow:
        asked = self._clock()
        slots = self._slots.poll()
        answered = self._clock()
        job = self._flink.progress(job_id)
        through = self._passed.take(slots, asked, answered, _measured(job, len(slots)))
        changes: Dict[str, int] = {table.table: table.read for table in job.tables.values()}
        return Flow(job_id, job.state, job.restarts, changes, through)


def _measured(job: JobProgress, slots: int) -> Optional[float]:
    times = [slot.measured_at for slot in job.slots.values() if slot.measured_at is not None]
    return float(min(times)) if times and len(times) == slots else None
