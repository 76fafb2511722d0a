"""One attempt to send writes of a request, and the attempts that follow. Pure."""

from __future__ import annotations

import heapq
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from connectors.dynamodb.write.outcome import WriteOutcome
from connectors.model.pipeline import WriteRequest
from connectors.model.writes import Write


class Attempt(NamedTuple):
    request: WriteRequest
    writes: Optional[Tuple[Write, ...]]
    """None: all writes of a request of copied items."""
    failed_at: float
    """When the previous attempt failed; for the first attempt, when it was sent."""
    number: int = 0
    """Attempts before this one, since the last success of one of the writes."""
    faults: int = 0
    """How often exactly these writes have failed for another reason than throttling ..."""
    since: float = 0.0
    """... and when they first did."""
    mark: Optional[Write] = None
    """A write that was sent with them."""
    then: Optional[Attempt] = None
    """Set if this is a witness: the attempt that waits for its answer."""

    def following(self, writes: Tuple[Write, ...], outcome: WriteOutcome, now: float) -> Attempt:
        """The next attempt, with these writes."""
        before = len(self.writes or ())
        # A request that was partly written is not stuck: its pauses start short again.
        number = 1 if outcome.written else self.number + 1
        faults, since = self.faults, self.since
        if len(writes) < before:
            faults = 0
        if not outcome.throttled:
            faults, since = faults + 1, since if faults else now
        return Attempt(self.request, writes, now, number, faults, since)


def by_table(writes: Tuple[Write, ...]) -> List[Tuple[Write, ...]]:
    """Attempts with the writes of one table each."""
    tables: Dict[str, List[Write]] = {}
    for write in writes:
        tables.setdefault(write.table, []).append(write)
    return [tuple(some) for some in tables.values()]


def parts_of(outcome: WriteOutcome) -> Iterable[Tuple[Write, ...]]:
    """What to send again after a pause. A throttled table does not hold back another one's writes."""
    for writes in outcome.later:
        yield from by_table(writes) if outcome.throttled else (writes,)


class Retries:
    """Attempts that wait for their time."""

    def __init__(self) -> None:
        self._heap: List[Tuple[float, int, Attempt]] = []
        self._pushed = 0

    def push(self, at: float, attempt: Attempt) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (at, self._pushed, attempt))

    def pop(self, now: float) -> Optional[Attempt]:
        """An attempt that is due."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None

    def wait(self, now: float) -> float:
        """Seconds until the next attempt is due; inf if there is none."""
        return max(0.0, self._heap[0][0] - now) if self._heap else float("inf")
