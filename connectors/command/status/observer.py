"""Polls jobs often enough to measure their speed."""

from __future__ import annotations

import time
from typing import Callable, List, NamedTuple, Optional, Protocol, Sequence

from connectors.base.timing import REAL, Timing
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.health import HealthRules, Sight, health, is_suspicious
from connectors.command.progress.rates import ProgressRates
from connectors.command.progress.snapshot import JobProgress, Stage
from connectors.command.status.choose import chosen
from connectors.command.status.health import JobHealth

FETCH_SECONDS = 1.0
"""Flink fetches metrics on demand and returns those that it has: the first response is old."""


class Jobs(Protocol):
    """Interface of `connectors.command.progress.flink.FlinkJobs`."""

    @property
    def address(self) -> str: ...

    def jobs(self) -> List[FlinkJob]: ...

    def progress(self, job_id: str) -> JobProgress: ...

    def failure(self, job_id: str) -> str: ...

    def failed_at(self, job_id: str) -> List[float]: ...

    def metrics_seconds(self) -> float: ...


class ObservedJob(NamedTuple):
    job: JobProgress
    rates: ProgressRates
    failure: str


class JobObserver:
    """Observes the same jobs in every poll."""

    def __init__(
        self,
        jobs: Jobs,
        wanted: Optional[str],
        timing: Timing = REAL,
    ) -> None:
        self._jobs, self._timing = jobs, timing
        self._ids: Sequence[str] = chosen(jobs.jobs(), wanted)
        self._rates = {job_id: ProgressRates() for job_id in self._ids}

    def once(self) -> List[ObservedJob]:
        """Polls after a second. During a scan, polls again after Flink has refreshed its metrics, to measure
        the speed."""
        self._warm_up()
        observed = self.poll()
        if any(table.stage is Stage.SCANNING for each in observed for table in each.job.tables.values()):
            self._timing.sleep(self._jobs.metrics_seconds() + FETCH_SECONDS)
            self._warm_up()
            observed = self.poll()
        return observed

    def healths(self, rules: HealthRules, wall: Callable[[], float] = time.time) -> List[JobHealth]:
        """Of all observed jobs. If a stream may be silent, there is a second look when Flink has refreshed
        its metrics. `wall`: epoch seconds."""
        self._warm_up()
        before = {job_id: self._jobs.progress(job_id) for job_id in self._ids}
        if any(map(is_suspicious, before.values())):
            self._timing.sleep(self._jobs.metrics_seconds() + FETCH_SECONDS)
            self._warm_up()
        healths: List[JobHealth] = []
        for job_id in self._ids:
            job = self._jobs.progress(job_id)
            sight = Sight(job, wall(), self._jobs.failed_at(job_id), before[job_id])
            healths.append((job.name, health(sight, rules)))
        return healths

    def poll(self) -> List[ObservedJob]:
        return [self._poll(job_id) for job_id in self._ids]

    def _warm_up(self) -> None:
        for job_id in self._ids:
            self._jobs.progress(job_id)
        self._timing.sleep(FETCH_SECONDS)

    def _poll(self, job_id: str) -> ObservedJob:
        job, rates = self._jobs.progress(job_id), self._rates[job_id]
        rates.take(job, self._timing.clock())
        return ObservedJob(job, rates, self._jobs.failure(job_id))
