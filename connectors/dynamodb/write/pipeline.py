"""Requests in, durable writes out, over BatchWriteItem: many requests in flight from one thread.

1. Each table has its own window of requests in flight: a throttled table does not slow the others.
2. A table that is throttled does not share requests with others.
3. A request that failed transiently is sent again after a pause, and counts in its table's window meanwhile.
4. A single write that still gets 5xx when the bound has passed, while others get through, is a dead letter.
5. If no write of a table has succeeded for the bound, the job restarts.
"""

from __future__ import annotations

import heapq
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import msgspec

from connectors.base.errors import TransientError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.limits import LimitOf, no_limit
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.aimd import AimdWindow
from connectors.dynamodb.write.in_flight import Answer, InFlight
from connectors.dynamodb.write.outcome import WriteOutcome, outcome_of
from connectors.dynamodb.write.pack import MAX_WRITES, body_of
from connectors.dynamodb.write.unprocessed import NOTHING_LEFT
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.origin import Marker
from connectors.model.pipeline import NEVER, Landed, WritePipeline, WriteRequest
from connectors.model.writes import Write

_PUT = b'}},{"PutRequest":{"Item":'
_DELETE = b'}},{"DeleteRequest":{"Key":'


class _Window:
    """One table's."""

    def __init__(self, most: int) -> None:
        self.requests, self.most, self.outstanding = AimdWindow(most), most, 0
        self.progress_at: Optional[float] = None
        """When a write was sent first, or last succeeded; None while nothing is outstanding."""

    @property
    def healthy(self) -> bool:
        return self.requests.size >= self.most // 2


class _Flight(NamedTuple):
    """One attempt of some writes of a request. `writes`: None for all of a request of copied items."""

    request: WriteRequest
    writes: Optional[Tuple[Write, ...]]
    attempt: int
    since: float
    mark: Optional[Write] = None


class BatchPipeline(WritePipeline):
    def __init__(
        self,
        flights: InFlight,
        letters: DeadLetters,
        policy: Policy = Policy(),  # noqa: B008 - immutable
        in_flight: int = 64,
        limit_of: LimitOf = no_limit,
        marker: Optional[Marker] = None,
        timing: Timing = REAL,
    ) -> None:
        """`policy.deadline`: the bound of rules 4 and 5, in seconds. `marker` returns a write that is sent with
        a request, in its transaction, and is not counted; see connectors.model.origin."""
        self._flights, self._letters, self._policy = flights, letters, policy
        self._most_in_flight, self._limit_of, self._marker = in_flight, limit_of, marker
        self._timing = timing
        self.most = MAX_WRITES - (marker is not None)
        self.most_copies = MAX_WRITES - (marker is not None and marker.copies)
        self.retries = self.throttles = 0
        self._windows: Dict[str, _Window] = {}
        self._left: Dict[WriteRequest, int] = {}
        """Requests that have not landed completely, and how many of their writes are left."""
        self._later: List[Tuple[float, int, _Flight]] = []
        self._pushed = 0
        self._landed: List[Landed] = []

    def __len__(self) -> int:
        return len(self._left) + len(self._landed)

    def wait_for(self, table: str, now: float) -> float:
        window = self._window(table)
        if window.outstanding >= window.requests.size or len(self._flights) >= self._most_in_flight:
            return NEVER
        limit = self._limit_of(table)
        return limit.wait() if limit is not None else 0.0

    def mixes(self, table: str) -> bool:
        return self._window(table).healthy

    def send(self, request: WriteRequest) -> None:
        self._left[request] = len(request)
        now = self._timing.clock()
        for table in request.tables:
            window = self._window(table)
            window.outstanding += 1
            if window.progress_at is None:
                window.progress_at = now
        self._fly(_Flight(request, None if request.copies else request.writes, 0, now))

    def landed(self, seconds: float) -> List[Landed]:
        now = self._timing.clock()
        while self._later and self._later[0][0] <= now and len(self._flights) < self._most_in_flight:
            self._fly(heapq.heappop(self._later)[2])
        if self._later:
            seconds = min(seconds, max(0.0, self._later[0][0] - now))
        if self._landed:
            seconds = 0.0
        if len(self._flights):
            answered = self._flights.next_response(seconds)
            while answered is not None:
                self._answered(*answered)
                answered = self._flights.next_response(0.0)
        elif seconds:
            self._timing.sleep(seconds)
        landed, self._landed = self._landed, []
        return landed

    def close(self) -> None:
        self._flights.discard()

    def _fly(self, flight: _Flight) -> None:
        self._pay(flight)
        if flight.writes is None:
            mark = self._marker(()) if self._marker is not None and self._marker.copies else None
            if mark is None:
                self._flights.send(flight, body_of_copies(flight.request))
                return
            flight = flight._replace(writes=flight.request.writes)
        assert flight.writes is not None
        mark = self._marker(flight.writes) if self._marker is not None else None
        body = body_of((*flight.writes, mark) if mark else flight.writes)
        self._flights.send(flight._replace(mark=mark), body)

    def _pay(self, flight: _Flight) -> None:
        if flight.writes is None:
            limit = self._limit_of(flight.request.table)
            if limit is not None:
                limit.pay(float(len(flight.request)))
            return
        for write in flight.writes:
            limit = self._limit_of(write.table)
            if limit is not None:
                limit.pay(1.0)

    def _answered(self, flight: _Flight, answer: Answer) -> None:
        request = flight.request
        if flight.writes is None:
            if isinstance(answer, Response) and answer.body == NOTHING_LEFT:
                window = self._window(request.table)
                window.requests.accepted()
                window.progress_at = self._timing.clock()
                self._done(request, len(request), sum(map(len, request.bodies)))
                return
            flight = flight._replace(writes=request.writes)
        assert flight.writes is not None
        self._settle(flight, flight.writes, outcome_of(flight.writes, flight.attempt, answer, flight.mark))

    def _settle(self, flight: _Flight, writes: Tuple[Write, ...], outcome: WriteOutcome) -> None:
        if outcome.fatal is not None:
            raise outcome.fatal
        now = self._timing.clock()
        left = {id(write) for again in (*outcome.now, *outcome.later) for write in again}
        done = tuple(write for write in writes if id(write) not in left) if left else writes
        self._steer(outcome, done, now)
        if outcome.dead is not None:
            self._bury(flight.request, done, outcome.dead)
        elif done:
            self._done(flight.request, len(done), sum(len(write.body) for write in done), writes=done)
        for again in outcome.now:
            self._fly(_Flight(flight.request, again, 0, now))
        if outcome.later:
            self._put_off(flight, outcome, bool(done), now)

    def _steer(self, outcome: WriteOutcome, done: Sequence[Write], now: float) -> None:
        for table in {write.table for write in done}:
            window = self._window(table)
            window.progress_at = now
            if not outcome.throttled:
                window.requests.accepted()
        if outcome.throttled:
            self.throttles += 1
            for table in {write.table for again in outcome.later for write in again}:
                self._window(table).requests.throttled(now)

    def _put_off(self, flight: _Flight, outcome: WriteOutcome, progress: bool, now: float) -> None:
        # A request that was partly written is not stuck: its pauses start short again.
        attempt, since = (0, now) if progress else (flight.attempt, flight.since)
        for again in outcome.later:
            if self._is_stuck(again, outcome, since, now):
                self._bury(flight.request, again, str(outcome.fault))
                continue
            self._check_progress(again, outcome, now)
            self.retries += 1
            pause = self._policy.pause(attempt, self._timing.random)
            self._pushed += 1
            again_flight = _Flight(flight.request, again, attempt + 1, since)
            heapq.heappush(self._later, (now + pause, self._pushed, again_flight))

    def _is_stuck(self, again: Sequence[Write], outcome: WriteOutcome, since: float, now: float) -> bool:
        """Whether one write is refused again and again while others get through."""
        if len(again) > 1 or outcome.throttled or not isinstance(outcome.fault, ServiceError):
            return False
        progress = max(
            (w.progress_at for w in self._windows.values() if w.progress_at is not None), default=0.0
        )
        return now - since > self._policy.deadline and progress > since

    def _check_progress(self, again: Sequence[Write], outcome: WriteOutcome, now: float) -> None:
        for table in {write.table for write in again}:
            since = self._window(table).progress_at
            if since is not None and now - since > self._policy.deadline:
                raise self._give_up(again, outcome)

    def _bury(self, request: WriteRequest, writes: Sequence[Write], reason: str) -> None:
        """Stored before it lands: afterwards the source may forget the change."""
        self._letters.add([DeadLetter(write, reason) for write in writes])
        self._done(request, len(writes), 0, len(writes), writes)

    def _done(
        self, request: WriteRequest, count: int, size: int, dead: int = 0, writes: Sequence[Write] = ()
    ) -> None:
        left = self._left[request] - count
        if left:
            self._left[request] = left
        else:
            del self._left[request]
            for table in request.tables:
                window = self._window(table)
                window.outstanding -= 1
                if not window.outstanding:
                    window.progress_at = None
        self._landed.append(Landed(request, count, size, dead, not left, writes))

    def _give_up(self, again: Sequence[Write], outcome: WriteOutcome) -> TransientError:
        first = again[0]
        which = f"{len(again)} writes to table {first.table}, the first from {first.provenance}"
        hint = " Raise the table's write capacity, or lower its write rate." if outcome.throttled else ""
        seconds = f"{self._policy.deadline:g} s"
        return TransientError(f"no write got through for {seconds}: {which}: {outcome.fault}.{hint}")

    def _window(self, table: str) -> _Window:
        window = self._windows.get(table)
        if window is None:
            window = self._windows[table] = _Window(self._most_in_flight)
        return window


def body_of_copies(request: WriteRequest) -> bytes:
    """The body of a request of one table's items, or keys to delete, with one join."""
    name = msgspec.json.encode(request.table)
    if request.deletes:
        return b'{"RequestItems":{%b:[{"DeleteRequest":{"Key":%b}}]}}' % (name, _DELETE.join(request.bodies))
    return b'{"RequestItems":{%b:[{"PutRequest":{"Item":%b}}]}}' % (name, _PUT.join(request.bodies))
