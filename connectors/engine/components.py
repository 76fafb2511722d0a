"""What a job implements: the job itself, which is sent to the workers, and its parts, created there."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Protocol, Tuple, TypeVar

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.planner import Orders
from connectors.engine.reader.reader_shard import Emission
from connectors.engine.reader.tally import Tallies
from connectors.engine.worker.worker import Worker
from connectors.model.orders import Order
from connectors.model.state import Changed, Entries


class Planner(Protocol):
    """Decides what the readers are to do. Pure."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """What is known so far, for the poller."""
        ...

    @property
    def run(self) -> Optional[str]:
        """Identifies this run for the reports to it; empty if there are none. None: the workers must not
        begin yet."""
        ...

    def observe(self, seen: Any) -> Tuple[Orders, Changed]: ...

    def advance(self) -> Tuple[Orders, Changed]:
        """The orders that are due. Called at every tick."""
        ...

    def gauges(self) -> Iterable[Gauge]: ...


class Poller(Protocol):
    """Polls the source in the background."""

    def start(self) -> None: ...

    def watch(self, tables: Mapping[str, Any]) -> None: ...

    def seen(self) -> List[Any]:
        """The observations since the last call, for the planner. Raises the error of a poll."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait for an observation, at most this long. False if there is none."""
        ...

    def close(self) -> None: ...


class Reader(Protocol):
    """One reader slot; see connectors.engine.reader.reader_shard."""

    tallies: Tallies

    @property
    def resting(self) -> bool: ...

    def take(self, order: Order) -> Changed: ...

    def wait(self, seconds: float) -> None:
        """Wait until there is something to do, at most this long."""
        ...

    def step(self, limit: int) -> Emission: ...

    def close(self) -> None: ...


class PlanningParts(Protocol):
    """The parts of the enumerator."""

    def planner(self, saved: Entries, first_attempt: bool) -> Planner: ...

    def poller(self, first_attempt: bool) -> Poller:
        """Called after `planner`."""
        ...


class WorkingParts(PlanningParts, Protocol):
    def worker(self, number: int, share: float) -> Worker:
        """The worker of the subtask `number`, with this share (0 to 1) of the job's slots."""
        ...


class ReadingParts(PlanningParts, Protocol):
    """Up to the lanes."""

    def reader(self, number: int, saved: Entries) -> Reader: ...


Parts = TypeVar("Parts", covariant=True)


class Job(Protocol[Parts]):
    """The job as it is pickled and sent to the workers: small, without clients and threads."""

    @property
    def readers(self) -> int: ...

    def open(self) -> Parts:
        """Each function of the graph calls it once, in the worker where it runs."""
        ...


class LaneJob(Job[Parts], Protocol[Parts]):
    @property
    def lanes(self) -> int: ...
