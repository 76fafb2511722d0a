"""What the functions of a job are made of on the workers: built there, from settings that travel pickled."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Protocol, Tuple

from connectors.engine.enumerator.gauge import Gauge
from connectors.engine.enumerator.planner import Orders
from connectors.engine.lane.lane import Lane
from connectors.engine.reader.reader_shard import Emission
from connectors.engine.reader.stream_reading import ShardCounts
from connectors.engine.reader.tally import Tallies
from connectors.model.orders import Order
from connectors.model.state import Changed, Entries


class Planner(Protocol):
    """Decides what the readers are to do. Pure."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """What is known so far: the poller looks at it."""
        ...

    def observe(self, seen: Any) -> Tuple[Orders, Changed]: ...

    def advance(self) -> Tuple[Orders, Changed]:
        """Whatever is due by now; called with every tick."""
        ...

    def gauges(self) -> Iterable[Gauge]: ...


class Poller(Protocol):
    """Looks at the source in the background."""

    def start(self) -> None: ...

    def watch(self, tables: Mapping[str, Any]) -> None: ...

    def seen(self) -> List[Any]:
        """What was found since the last call, for the planner. Raises what a look raised."""
        ...

    def close(self) -> None: ...


class Reader(Protocol):
    """One reader slot; see connectors.engine.reader.reader_shard."""

    tallies: Tallies

    @property
    def shards(self) -> Mapping[str, ShardCounts]:
        """By table."""
        ...

    @property
    def resting(self) -> bool: ...

    def take(self, order: Order) -> Changed: ...

    def wait(self, seconds: float) -> None:
        """Until there is something to do, at most so long."""
        ...

    def step(self, limit: int) -> Emission: ...

    def close(self) -> None: ...


class ReadComponents(Protocol):
    """The parts up to the lanes. Picklable. One per job; each method is called in the worker where the part
    will run."""

    lanes: int
    readers: int

    def planner(self, saved: Entries, first_attempt: bool) -> Planner: ...

    def poller(self, first_attempt: bool) -> Poller: ...

    def reader(self, number: int, saved: Entries) -> Reader: ...


class JobComponents(ReadComponents, Protocol):
    """Of a job whose lanes write."""

    def lane(self, number: int, saved: Entries) -> Lane: ...
