"""Poll the job until it reaches an expected state."""

from __future__ import annotations

import time
from typing import Callable, Optional

from connectors.base.errors import TransientError
from connectors.command.progress.flink import FlinkJobs
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress
from local.demo.scene import Scene
from local.demo.screen import Show
from local.stack.errors import StackError
from local.traffic import Traffic

EVERY = 0.5
PATIENCE = 180.0
"""Seconds without progress after which the job counts as stalled."""
ENDED = ("FAILED", "CANCELED", "FINISHED")


class Stall:
    """Raises StackError when the job has made no progress for PATIENCE seconds. Pure."""

    def __init__(self, now: float) -> None:
        self._seen, self._since = -1, now

    def check(self, job: Optional[JobProgress], now: float) -> None:
        moved = sum(t.scanned + t.streamed for t in job.tables.values()) if job else 0
        if moved != self._seen:
            self._seen, self._since = moved, now
        elif now - self._since > PATIENCE:
            raise StackError(f"the job has made no progress for {PATIENCE:.0f} s")


class Since:
    """True once `state` has held for `seconds` without a break, or `at_most` seconds have passed."""

    def __init__(self, state: Callable[[JobProgress], bool], seconds: float, at_most: float) -> None:
        self._state, self._seconds = state, seconds
        self._held_since = time.monotonic()
        self._latest = self._held_since + at_most

    def __call__(self, job: JobProgress) -> bool:
        now = time.monotonic()
        if not self._state(job):
            self._held_since = now
        return now - self._held_since >= self._seconds or now >= self._latest


class Watch:
    """Polls and shows the job. `until` raises StackError when the job ends or stalls."""

    def __init__(self, jobs: FlinkJobs, job_id: str, traffic: Traffic, address: str, show: Show) -> None:
        self._jobs, self._job_id, self._traffic = jobs, job_id, traffic
        self._address, self._show, self.rates = address, show, ProgressRates()
        self.writing = True
        self.job: Optional[JobProgress] = None

    def until(self, reached: Callable[[JobProgress], bool]) -> None:
        stall = Stall(time.monotonic())
        while not (self._poll() and self.job is not None and reached(self.job)):
            stall.check(self.job, time.monotonic())
            if self.writing and self._traffic.wait(EVERY):
                self._traffic.stop()  # raises the error that ended the traffic
            elif not self.writing:
                time.sleep(EVERY)

    def _poll(self) -> bool:
        """Poll once. False if Flink did not answer, as when its JobManager is busy."""
        try:
            self.job = self._jobs.progress(self._job_id)
        except TransientError:
            return False
        self.rates.take(self.job, time.monotonic())
        self._show(Scene(self.job, self.rates, self._traffic.stats(), self.writing, self._address))
        if self.job.state in ENDED:
            raise StackError(f"the job is {self.job.state}: {self._jobs.failure(self._job_id)}")
        return True
