"""The proof that writes have stopped. Pure.

Claim: between `since` and `through` nothing was written to the tables that the job reads.

1. The job has read every change made before `through`; a Flow reports this time.
2. The job has counted no change after `since`.
3. The proof takes two polls, because in the poll that reports `through`, Flink may return older counters. The
   counters of the next poll are at least as new as `through`.
4. A restart of the job resets the counters, so the watch starts again.

`since` is measured by this machine's clock and `through` by the service's. They may differ by seconds, not by
more.
"""

from __future__ import annotations

from typing import Dict, List, Optional

import msgspec

from connectors.command.cutover.ports import Flow


class Quiescence(msgspec.Struct, frozen=True):
    """The proof, as the journal stores it."""

    job: str
    restarts: int
    changes: Dict[str, int]
    since: float
    through: float
    """Both epoch seconds."""


BEGAN = "the watch began"
"""In place of a change: earlier ones are not known."""


class QuiescenceWatch:
    """Collects one Flow per poll until they prove quiescence."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long there must have been no writes."""
        self._seconds = seconds
        self._base: Optional[Flow] = None
        self._through: Optional[float] = None
        self.since = 0.0
        self.moved: List[str] = []
        """Why the watch last started again."""

    def take(self, flow: Flow, now: float) -> Optional[Quiescence]:
        """The proof, once there is one.

        `now`: epoch seconds at the end of the poll. Every change that the poll counted was made before it.
        """
        changes = movement(self._base, flow) if self._base else [BEGAN]
        if changes:
            self.moved, self._base, self.since, self._through = changes, flow, now, None
        before, self._through = self._through, flow.through
        if changes or before is None or before - self.since < self._seconds:
            return None
        return Quiescence(flow.job, flow.restarts, dict(flow.changes), self.since, before)

    @property
    def quiet_for(self) -> float:
        """Seconds without writes that are proven so far."""
        return max(0.0, self._through - self.since) if self._through is not None else 0.0

    @property
    def known(self) -> bool:
        """Whether the time up to which the job has read is known."""
        return self._through is not None


def movement(before: Flow, now: Flow) -> List[str]:
    """What changed between two polls, as text; empty if nothing did."""
    if (before.job, before.restarts) != (now.job, now.restarts):
        return ["the job has restarted"]
    return grown(before.changes, now.changes)


def since_then(quiet: Quiescence, now: Flow) -> List[str]:
    """What changed since the proof, as `movement` returns it."""
    if (quiet.job, quiet.restarts) != (now.job, now.restarts):
        return ["the job has restarted"]
    return grown(quiet.changes, now.changes)


def grown(before: Dict[str, int], now: Dict[str, int]) -> List[str]:
    tables = sorted({*before, *now})
    more = {table: now.get(table, 0) - before.get(table, 0) for table in tables}
    return [f"{table} {count:+,}" for table, count in more.items() if count]
