"""The health of the polled jobs, as `polarshake status --health` finds it. No network, no clock."""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, NamedTuple, Sequence

from connectors.command.progress.health import Health, HealthRules, Sight, health
from connectors.command.progress.snapshot import JobProgress

APART = 15.0
"""Seconds between the two moments that are compared. Flink refreshes its metrics every ten seconds."""


class _Seen(NamedTuple):
    at: float
    job: JobProgress


class HealthWatch:
    """Keeps what was seen of each job in the last seconds, to tell a silent stream from a late one."""

    def __init__(self) -> None:
        self._seen: Dict[str, Deque[_Seen]] = {}

    def take(self, job: JobProgress, failed_at: Sequence[float], rules: HealthRules, now: float) -> Health:
        """`failed_at`, `now`: epoch seconds."""
        seen = self._seen.setdefault(job.job_id, deque())
        seen.append(_Seen(now, job))
        while len(seen) > 1 and now - seen[1].at >= APART:
            seen.popleft()
        before = seen[0].job if now - seen[0].at >= APART else None
        return health(Sight(job, now, failed_at, before), rules)

    def keep(self, job_ids: Sequence[str]) -> None:
        """Forget all other jobs."""
        self._seen = {job_id: seen for job_id, seen in self._seen.items() if job_id in job_ids}
