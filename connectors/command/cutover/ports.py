"""Everything outside the process that the steps use, each as a small Protocol.

All raise TransientError for a fault that may disappear without action, and TerminalError for any other.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Protocol, Sequence

from connectors.check.changes.chain import Chain, LogState
from connectors.check.report.summary import Summary
from connectors.command.progress.flink import FlinkJob
from connectors.command.progress.snapshot import JobProgress
from connectors.model.commands import CommandAnswer
from connectors.postgres.replication.facts import SlotFacts
from connectors.reverse.foreign import ForeignVerdict

Say = Callable[[str], None]


class FlinkCluster(Protocol):
    """Interface of `connectors.command.progress.flink.FlinkJobs`."""

    @property
    def address(self) -> str: ...

    def jobs(self) -> List[FlinkJob]: ...

    def progress(self, job_id: str) -> JobProgress: ...

    def failure(self, job_id: str) -> str: ...

    def state(self, job_id: str) -> str: ...

    def savepoint(self, job_id: str) -> Optional[str]: ...

    def stop_with_savepoint(self, job_id: str, folder: Optional[str] = None) -> str: ...


class Flow(NamedTuple):
    """The changes that a job has read, at one moment."""

    job: str
    state: str
    """As Flink names it."""
    restarts: int
    changes: Dict[str, int]
    """Count by table; starts at zero after a restart of the job."""
    through: Optional[float]
    """Epoch seconds. Every change made before this time is counted in these `changes` or in those of the
    *next* call; None while it is unknown."""


class ChangeStreams(Protocol):
    """The changes that a job reads: DynamoDB's streams, or PolarDB's log."""

    def poll(self, job_id: str) -> Flow: ...


class ReplicationSlots(Protocol):
    """The replication slots of the reverse job. Positions are integers."""

    def names(self) -> List[str]: ...

    def obstacles(self) -> List[str]:
        """Each reason why the server cannot replicate, with its fix."""
        ...

    def poll(self) -> List[SlotFacts]:
        """The slots that exist."""
        ...

    def end(self) -> int:
        """The current end of the log, which is after every committed transaction."""
        ...

    def set_up(self, say: Say) -> None:
        """Create what is missing: the publication, then the slots."""
        ...

    def log(self, positions: Dict[str, int], tables: Sequence[str]) -> Optional[LogState]:
        """What identifies the log from these positions of the slots on, for a chain of these tables. None if
        the reverse job does not record the changes."""
        ...

    def advance(self, slot: str, position: int) -> None:
        """Skip the slot's changes up to `position`. The slot must not be active."""
        ...


class TableControl(Protocol):
    """Commands to the running forward job."""

    def hand_over(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        """Let the job write nothing more of these tables. None if it has not answered."""
        ...

    def take_back(self, tables: Sequence[str]) -> Optional[CommandAnswer]:
        """Let the job go on with these: each a name with the number of its suspension."""
        ...


class ForeignWriters(Protocol):
    """The watch for writes at the target that the forward job did not make."""

    def since(self, began: float, say: Say) -> Optional[ForeignVerdict]:
        """Who has written since then, up to now: epoch seconds. None if nobody watches. Raises nothing."""
        ...


class CheckReports(Protocol):
    def last(self) -> Optional[Summary]:
        """The summary of the latest report; None if there is no report."""
        ...

    def chain(self) -> Optional[Chain]:
        """The full check of the latest report and the generations after it; None if no generation can follow.

        Raises BrokenChain if its file is damaged.
        """
        ...

    def end_chain(self) -> None:
        """Delete the chain, because the application is about to write to the target."""
        ...

    def turn_chain(self, chain: Chain) -> None:
        """Store the chain for the way back in place of the one that ends."""
        ...


class JobRunner(Protocol):
    """`flink run`."""

    def command(self, job: str, direction: str = "forward") -> str:
        """The shell command that starts the job `check`, `forward` or `reverse`, or with `changes` a check of
        what has changed since the last one."""
        ...

    def check(self, direction: str) -> None:
        """Run a check and wait for its end. The report has its verdict.

        Raises TerminalError if the check could not be made.
        """
        ...

    def check_changes(self, direction: str, say: Say) -> None:
        """Compare what has changed since the last check of the chain. The chain has the verdict.

        Raises BrokenChain if that cannot be known, TerminalError and TransientError if it could not be
        compared.
        """
        ...

    def submit(self, job: str) -> str:
        """Submit the job `forward` or `reverse` and return its id."""
        ...
