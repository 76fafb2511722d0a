"""Requests in, durable writes out, over BatchWriteItem: many requests in flight from one thread.

1. Each table has its own window of requests in flight: a throttled table does not slow the others.
2. A table that was throttled a short time ago does not share requests with others. If a request is
   throttled, the writes of each table are sent again separately.
3. A request that failed transiently is sent again after a pause, and counts in its table's window meanwhile.
4. A single write that still gets 5xx when the bound has passed is a dead letter, if others get through:
   others of its table or, if nothing else of its table is outstanding, of another one.
5. If no write of a table has succeeded for the bound, the job restarts.
6. It also restarts if the same writes fail for several times the bound, whatever else gets through.
7. Writes of a table that the target refuses as a whole, because it does not exist or access to it is denied,
   are given up and returned with the error. The other tables' writes of the same request are sent again.
8. If nothing is in flight and a single write gets 5xx, a witness is sent before its next attempt: another
   item of the same copied page, or a mark if nothing else of its table is outstanding. It counts for rule 4.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import msgspec

from connectors.base.errors import PolarshakeError, TerminalError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.limits import LimitOf, no_limit
from connectors.dynamodb.retry import Policy, concerns_one_table
from connectors.dynamodb.write.attempt import Attempt, Retries, by_table, parts_of
from connectors.dynamodb.write.in_flight import Answer, InFlight
from connectors.dynamodb.write.outcome import WriteOutcome, outcome_of
from connectors.dynamodb.write.pack import MAX_WRITES, body_of
from connectors.dynamodb.write.suspect import give_up, is_suspect, witness_of
from connectors.dynamodb.write.unprocessed import NOTHING_LEFT
from connectors.dynamodb.write.window import NEVER_YET, Windows
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.origin import Marker
from connectors.model.pipeline import ENDING_SECONDS, NEVER, Landed, WritePipeline, WriteRequest
from connectors.model.writes import Write

MOST_BOUNDS = 5
"""For rule 6. A cut connection does not show which write is at fault, so such a request is not divided."""
FEWEST_FAULTS = 8
"""Minimum for a write to become a dead letter. After long throttling, a single 5xx proves nothing."""

_PUT = b'}},{"PutRequest":{"Item":'
_DELETE = b'}},{"DeleteRequest":{"Key":'


class _Dead(NamedTuple):
    request: WriteRequest
    letter: DeadLetter


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
        """`policy.deadline`: the bound of the rules, in seconds. `marker` returns a write that is sent with a
        request, in its transaction, and is not counted; see connectors.model.origin."""
        self._flights, self._letters, self._policy = flights, letters, policy
        self._most_in_flight, self._limit_of, self._marker = in_flight, limit_of, marker
        self._timing = timing
        self.most = MAX_WRITES - (marker is not None)
        self.most_copies = MAX_WRITES - (marker is not None and marker.copies)
        self.retries = self.throttles = 0
        self._windows = Windows(in_flight)
        self._left: Dict[WriteRequest, Dict[str, int]] = {}
        """Requests that have not landed completely: by table, how many of their writes are left."""
        self._dropped: Set[WriteRequest] = set()
        """Those of them that are not sent again."""
        self._retries = Retries()
        self._landed: List[Landed] = []
        self._dead: List[_Dead] = []
        self._ending = False
        """Nothing more is sent."""
        self._unsent = False
        """The last request could not be sent. The next may fail as slowly, and waits for `landed`."""

    # -- the contract --------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._left)

    def wait_for(self, table: str, now: float) -> float:
        if self._unsent or self._is_full:
            return NEVER
        return self._owed((table,)) if self._windows.of(table).has_room else NEVER

    def mixes(self, table: str) -> bool:
        return self._windows.of(table).shares_at(self._timing.clock())

    def send(self, request: WriteRequest) -> None:
        now = self._timing.clock()
        self._left[request] = _by_table(request)
        for table in self._left[request]:
            self._windows.of(table).sent(now)
        self._fly(Attempt(request, None if request.copies else request.writes, now))

    def landed(self, seconds: float) -> List[Landed]:
        self._unsent = False
        self._retry()
        wait = min(seconds, seconds if self._is_full else self._retries.wait(self._timing.clock()))
        if len(self._flights):
            answered = self._flights.next_response(wait)
            while answered is not None:
                self._answered(*answered)
                answered = self._flights.next_response(0.0)
        elif wait:
            self._timing.sleep(wait)
        self._bury()
        landed, self._landed = self._landed, []
        return landed

    def close(self) -> None:
        until = self._timing.clock() + ENDING_SECONDS
        while len(self._flights) and self._timing.clock() < until:
            self._flights.next_response(0.01)
        self._flights.discard()

    def last_landed(self, seconds: float) -> List[Landed]:
        """Send nothing more, and return what lands within `seconds`. Raises as `landed`."""
        self._ending, until = True, self._timing.clock() + seconds
        while len(self._flights) and self._timing.clock() < until:
            answered = self._flights.next_response(0.01)
            if answered is not None:
                self._answered(*answered)
        self._bury()
        landed, self._landed = self._landed, []
        return landed

    def drop(self) -> None:
        """Send nothing again of what was sent until now. It lands when it is answered, whatever the answer:
        as if it were durable, and with 0 as the number of writes."""
        self._dropped = set(self._left)
        attempt = self._retries.pop(NEVER)
        while attempt is not None:
            self._drop(attempt.request, attempt.writes or attempt.request.writes)
            attempt = self._retries.pop(NEVER)

    def abandon(self) -> None:
        """Abandon the requests in flight."""
        self._flights.discard()

    # -- requests ------------------------------------------------------------------------------------------

    def _retry(self) -> None:
        now = self._timing.clock()
        while not self._is_full and not self._unsent:
            attempt = self._retries.pop(now)
            if attempt is None:
                return
            owed = self._owed({write.table for write in attempt.writes or ()})
            if owed:
                self._retries.push(now + owed, attempt)
            else:
                self._fly(attempt)

    @property
    def _is_full(self) -> bool:
        return len(self._flights) >= self._most_in_flight

    def _fly(self, attempt: Attempt) -> None:
        if self._ending:
            return
        self._pay(attempt)
        if attempt.writes is None and not (self._marker is not None and self._marker.copies):
            body = body_of_copies(attempt.request)
        else:
            writes = attempt.request.writes if attempt.writes is None else attempt.writes
            mark = self._marker(writes) if self._marker is not None else None
            attempt = attempt._replace(writes=writes, mark=mark)
            body = body_of((*writes, mark) if mark else writes)
        self._unsent = not self._flights.send(attempt, body)

    def _owed(self, tables: Iterable[str]) -> float:
        """Seconds until the rates of these tables allow a request."""
        limits = [self._limit_of(table) for table in tables]
        return max((limit.wait() for limit in limits if limit is not None), default=0.0)

    def _pay(self, attempt: Attempt) -> None:
        for table, count in _by_table(attempt.request, attempt.writes).items():
            limit = self._limit_of(table)
            if limit is not None:
                limit.pay(float(count))

    # -- responses -----------------------------------------------------------------------------------------

    def _answered(self, attempt: Attempt, answer: Answer) -> None:
        request, now = attempt.request, self._timing.clock()
        if attempt.then is not None:
            self._testified(attempt, attempt.then, answer, now)
            return
        if attempt.writes is None:
            if isinstance(answer, Response) and answer.body == NOTHING_LEFT:
                self._windows.written(request.table, now)
                self._done(request, self._left[request], sum(map(len, request.bodies)))
                return
            attempt = attempt._replace(writes=request.writes)
        assert attempt.writes is not None
        outcome = outcome_of(attempt.writes, attempt.number, answer, attempt.mark)
        self._settle(attempt, attempt.writes, outcome, now)

    def _settle(self, attempt: Attempt, writes: Tuple[Write, ...], outcome: WriteOutcome, now: float) -> None:
        if attempt.request in self._dropped:
            self._drop(attempt.request, writes)
            return
        if outcome.fatal is not None:
            self._fail(attempt, writes, outcome, now)
        elif outcome.dead is not None:
            self._windows.of(writes[0].table).answered(now)
            self._refuse(attempt.request, writes[0], outcome.dead)
        elif outcome.written:
            self._written(attempt.request, _without(writes, outcome.later), outcome, now)
        for again in outcome.now:
            self._fly(Attempt(attempt.request, again, now))
        if outcome.throttled:
            self.throttles += 1
        for again in parts_of(outcome):
            self._put_off(attempt, attempt.following(again, outcome, now), outcome, now)

    def _fail(self, attempt: Attempt, writes: Tuple[Write, ...], outcome: WriteOutcome, now: float) -> None:
        """Rule 7. Raises the error if it does not concern one table alone."""
        error = outcome.fault
        if not isinstance(error, ServiceError) or not concerns_one_table(error):
            raise outcome.fatal or TerminalError(str(error))
        parts = by_table(writes)
        if len(parts) > 1:
            for part in parts:
                self._fly(Attempt(attempt.request, part, now))
            return
        self._windows.of(writes[0].table).answered(now)
        self._done(attempt.request, _by_table(attempt.request, writes), 0, 0, writes, error)

    def _written(
        self, request: WriteRequest, writes: Sequence[Write], outcome: WriteOutcome, now: float
    ) -> None:
        counts = _by_table(request, writes)
        for table in counts:
            self._windows.written(table, now, outcome.throttled)
        self._done(request, counts, sum(len(write.body) for write in writes), 0, writes)

    def _put_off(self, before: Attempt, attempt: Attempt, outcome: WriteOutcome, now: float) -> None:
        writes = attempt.writes or ()
        if outcome.throttled:
            for table in {write.table for write in writes}:
                self._windows.of(table).throttled(now)
        if not self._only_this_fails(before, attempt, outcome):
            self._check(attempt, outcome, now)
        elif attempt.faults >= FEWEST_FAULTS and now - attempt.since > self._policy.deadline:
            self._refuse(attempt.request, writes[0], str(outcome.fault))
            return
        self.retries += 1
        if not self._asks(attempt, outcome, now):
            self._retry_later(attempt, now)

    def _retry_later(self, attempt: Attempt, now: float) -> None:
        self._retries.push(now + self._policy.pause(attempt.number - 1, self._timing.random), attempt)

    # -- rules 4 to 6 --------------------------------------------------------------------------------------

    def _only_this_fails(self, before: Attempt, attempt: Attempt, outcome: WriteOutcome) -> bool:
        """Whether one write gets 5xx, and others have got through since its last attempt."""
        if not is_suspect(attempt, outcome):
            return False
        alone = self._is_alone(attempt)
        window = self._windows.of((attempt.writes or ())[0].table)
        return (self._windows if alone else window).written_at > before.failed_at

    def _is_alone(self, attempt: Attempt) -> bool:
        """Whether nothing else of the table of this single write is outstanding."""
        window = self._windows.of((attempt.writes or ())[0].table)
        return window.outstanding == 1 and sum(self._left[attempt.request].values()) == 1

    # -- rule 8 --------------------------------------------------------------------------------------------

    def _asks(self, attempt: Attempt, outcome: WriteOutcome, now: float) -> bool:
        """Whether a witness was sent. The attempt waits for its answer: a witness that is still on its way
        must not be applied after the step in which it was sent."""
        if self._ending or len(self._flights) or not is_suspect(attempt, outcome):
            return False
        witness = witness_of(attempt) or self._mark(attempt)
        if witness is None:
            return False
        question = Attempt(attempt.request, (witness,), now, then=attempt)
        self._unsent = not self._flights.send(question, body_of((witness,)))
        return True

    def _mark(self, attempt: Attempt) -> Optional[Write]:
        """A mark alone. It says nothing about the table: rule 4 ignores it if more of it is outstanding."""
        if self._marker is None or not self._is_alone(attempt):
            return None
        return self._marker(attempt.writes or ())

    def _testified(self, question: Attempt, attempt: Attempt, answer: Answer, now: float) -> None:
        writes = question.writes or ()
        if attempt.request in self._dropped:
            self._drop(attempt.request, attempt.writes or ())
            return
        if outcome_of(writes, 0, answer).written:
            self._windows.written(writes[0].table, now)
            attempt = attempt._replace(failed_at=NEVER_YET)  # it is later, whatever the clock's resolution
        self._retry_later(attempt, now)

    def _check(self, attempt: Attempt, outcome: WriteOutcome, now: float) -> None:
        bound = self._policy.deadline
        for table in {write.table for write in attempt.writes or ()}:
            since = self._windows.of(table).waiting_since
            if since is not None and now - since > bound:
                raise give_up(attempt, outcome, f"no write got through for {bound:g} s")
        if not outcome.throttled and now - attempt.since > MOST_BOUNDS * bound:
            raise give_up(attempt, outcome, f"the same writes fail for {MOST_BOUNDS * bound:g} s")

    # -- what has landed -----------------------------------------------------------------------------------

    def _refuse(self, request: WriteRequest, write: Write, reason: str) -> None:
        self._dead.append(_Dead(request, DeadLetter(write, reason)))

    def _bury(self) -> None:
        """Dead letters are stored before they land: afterwards the source may forget the change."""
        dead, self._dead = self._dead, []
        if dead:
            self._letters.add([write.letter for write in dead])
        for request, letter in dead:
            self._done(request, {letter.write.table: 1}, 0, 1, (letter.write,))

    def _drop(self, request: WriteRequest, writes: Sequence[Write]) -> None:
        whole = self._remove(request, _by_table(request, writes))
        self._landed.append(Landed(request, 0, 0, 0, whole, writes))

    def _done(
        self,
        request: WriteRequest,
        counts: Mapping[str, int],
        size: int,
        dead: int = 0,
        writes: Sequence[Write] = (),
        error: Optional[PolarshakeError] = None,
    ) -> None:
        whole = self._remove(request, counts)
        count = 0 if error else sum(counts.values())
        told = () if request.bodies else writes
        self._landed.append(Landed(request, count, size, dead, whole, told, error))

    def _remove(self, request: WriteRequest, counts: Mapping[str, int]) -> bool:
        """Returns whether nothing of the request is left."""
        before = self._left[request]
        left = {table: number - counts.get(table, 0) for table, number in before.items()}
        for table in [table for table, number in left.items() if not number]:
            del left[table]
            self._windows.of(table).landed()
        if left:
            self._left[request] = left
        else:
            del self._left[request]
            self._dropped.discard(request)
        return not left


def _without(writes: Tuple[Write, ...], later: Iterable[Tuple[Write, ...]]) -> Sequence[Write]:
    left = {id(write) for again in later for write in again}
    return [write for write in writes if id(write) not in left] if left else writes


def _counts(writes: Sequence[Write]) -> Dict[str, int]:
    return Counter(write.table for write in writes)


def _by_table(request: WriteRequest, writes: Optional[Sequence[Write]] = None) -> Dict[str, int]:
    """Numbers of the request's writes, or of some of them."""
    if request.table:
        return {request.table: len(request if writes is None else writes)}
    return _counts(request.writes if writes is None else writes)


def body_of_copies(request: WriteRequest) -> bytes:
    """The body of a request of one table's items, or keys to delete, with one join."""
    name = msgspec.json.encode(request.table)
    if request.deletes:
        return b'{"RequestItems":{%b:[{"DeleteRequest":{"Key":%b}}]}}' % (name, _DELETE.join(request.bodies))
    return b'{"RequestItems":{%b:[{"PutRequest":{"Item":%b}}]}}' % (name, _PUT.join(request.bodies))
