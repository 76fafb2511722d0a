"""What the steps need from the world: one small Protocol each. All raise TerminalError for what will not pass
by itself, TransientError for what may."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Protocol

from connectors.check.report.summary import Summary
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress
from connectors.postgres.replication.facts import SlotFacts

Say = Callable[[str], None]


class FlinkCluster(Protocol):
    """A connectors.command.progress.flink.FlinkJobs."""

    @property
    def address(self) -> str: ...

    def jobs(self) -> List[FlinkJob]: ...

    def progress(self, job_id: str) -> JobProgress: ...

    def failure(self, job_id: str) -> str: ...

    def state(self, job_id: str) -> str: ...

    def savepoint(self, job_id: str) -> Optional[str]: ...

    def stop_with_savepoint(self, job_id: str, folder: Optional[str] = None) -> str: ...


class Flow(NamedTuple):
    """What a job has taken in, at one moment."""

    job: str
    state: str
    """Flink's word."""
    restarts: int
    changes: Dict[str, int]
    """By table; counted anew after a restart of the job."""
    through: Optional[float]
    """Every change made before it (epoch seconds) is counted in the *next* look's `changes`, or in these
    already; None as long as nothing tells."""


class ChangeStreams(Protocol):
    """The changes that a job reads: DynamoDB's streams, or PolarDB's log."""

    def look(self, job_id: str) -> Flow: ...


class ReplicationSlots(Protocol):
    """The replication slots of the reverse job. Positions are integers."""

    def names(self) -> List[str]: ...

    def obstacles(self) -> List[str]:
        """What of the server makes replication impossible, each with what mends it."""
        ...

    def look(self) -> List[SlotFacts]:
        """Those that exist."""
        ...

    def end(self) -> int:
        """Where the log ends now: behind everything that has committed."""
        ...

    def set_up(self, say: Say) -> None:
        """Make what is missing: the publication, then the slots."""
        ...

    def advance(self, slot: str, position: int) -> None:
        """Pass over what the slot holds up to `position`. The slot must not be read by anybody."""
        ...


class CheckReports(Protocol):
    def last(self) -> Optional[Summary]:
        """None where there is none."""
        ...


class JobRunner(Protocol):
    """`flink run`."""

    def command(self, job: str, direction: str = "forward") -> str:
        """How a person would start it: `check` or `reverse`."""
        ...

    def check(self, direction: str) -> None:
        """Returns when it has ended, with whatever verdict; the report tells. Raises TerminalError when it
        could not check."""
        ...

    def reverse(self) -> str:
        """Submit; the job's id."""
        ...
