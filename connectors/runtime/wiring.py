"""What the functions of a job are made of on the workers: built there, from settings that travel pickled."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Protocol, Tuple

from connectors.enumerator.gauge import Gauge
from connectors.enumerator.plans import Orders
from connectors.lane.lane import Lane
from connectors.reader.orders import Order
from connectors.reader.slot import Emission
from connectors.reader.streams import ShardCounts
from connectors.reader.tally import Tallies
from connectors.state import Changed, Entries


class Planner(Protocol):
    """Decides what the readers are to do. Pure."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """What is known so far: the scout looks at it."""
        ...

    def observe(self, seen: Any) -> Tuple[Orders, Changed]: ...

    def advance(self) -> Tuple[Orders, Changed]:
        """Whatever is due by now; called with every tick."""
        ...

    def gauges(self) -> Iterable[Gauge]: ...


class Scout(Protocol):
    """Looks at the source in the background."""

    def start(self) -> None: ...

    def watch(self, tables: Mapping[str, Any]) -> None: ...

    def seen(self) -> List[Any]:
        """What was found since the last call, for the planner. Raises what a look raised."""
        ...

    def close(self) -> None: ...


class Reader(Protocol):
    """One reader slot; see connectors.reader.slot."""

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


class Planning(Protocol):
    """The enumerator's parts. Picklable. One per job; each method is called in the worker where the part will
    run."""

    readers: int

    def plans(self, saved: Entries, first_attempt: bool) -> Planner: ...

    def surveyor(self, first_attempt: bool) -> Scout: ...


class Reading(Planning, Protocol):
    """The parts up to the lanes."""

    lanes: int

    def slot(self, number: int, saved: Entries) -> Reader: ...


class Wiring(Reading, Protocol):
    """Of a job whose lanes write."""

    def lane(self, number: int, saved: Entries) -> Lane: ...
