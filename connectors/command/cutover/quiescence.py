"""Have the writes stopped? Pure.

What is proven: between `since` and `through` nothing was written to the tables that the job reads. The job
has taken in every change made before `through` (a Flow says so), and has counted none after `since`. It takes
two looks: the counters may come out of an older answer of Flink than the time does, never out of an older one
at the next look. A restart counts anew, so the watch begins anew.

`since` is this machine's clock, `through` the service's: they may be seconds apart, no more.
"""

from __future__ import annotations

from typing import Dict, List, Optional

import msgspec

from connectors.command.cutover.ports import Flow


class Quiescence(msgspec.Struct, frozen=True):
    """The proof, as it is kept."""

    job: str
    restarts: int
    changes: Dict[str, int]
    since: float
    through: float
    """Both epoch seconds."""


class QuiescenceWatch:
    """Fold of looks."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long it must have been quiet."""
        self._seconds = seconds
        self._base: Optional[Flow] = None
        self._through: Optional[float] = None
        self.since = 0.0
        self.moved: List[str] = []
        """Why the watch began anew last."""

    def take(self, flow: Flow, now: float) -> Optional[Quiescence]:
        """The proof, once there is one. `now`: when the look had ended, epoch seconds: whatever it
        counted was made before."""
        stirred = movement(self._base, flow) if self._base else ["the watch began"]
        if stirred:
            self.moved, self._base, self.since, self._through = stirred, flow, now, None
        before, self._through = self._through, flow.through
        if stirred or before is None or before - self.since < self._seconds:
            return None
        return Quiescence(flow.job, flow.restarts, dict(flow.changes), self.since, before)

    @property
    def quiet_for(self) -> float:
        """Seconds proven so far."""
        return max(0.0, self._through - self.since) if self._through is not None else 0.0

    @property
    def known(self) -> bool:
        """Whether anything says how far the job has read."""
        return self._through is not None


def movement(before: Flow, now: Flow) -> List[str]:
    """What has happened between two looks, in words; empty: nothing."""
    if (before.job, before.restarts) != (now.job, now.restarts):
        return ["the job has restarted"]
    return grown(before.changes, now.changes)


def since_then(quiet: Quiescence, now: Flow) -> List[str]:
    """As `movement`, since the proof."""
    if (quiet.job, quiet.restarts) != (now.job, now.restarts):
        return ["the job has restarted"]
    return grown(quiet.changes, now.changes)


def grown(before: Dict[str, int], now: Dict[str, int]) -> List[str]:
    tables = sorted({*before, *now})
    more = {table: now.get(table, 0) - before.get(table, 0) for table in tables}
    return [f"{table} {count:+,}" for table, count in more.items() if count]
