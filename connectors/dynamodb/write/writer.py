"""The loop: keeps requests in flight, handles each response, returns when all writes are durable."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence

from connectors.base.errors import TransientError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.limits import LimitOf, no_limit
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.aimd import AimdWindow
from connectors.dynamodb.write.in_flight import InFlight
from connectors.dynamodb.write.outcome import WriteOutcome, outcome_of
from connectors.dynamodb.write.pack import MAX_WRITES, Backlog, BacklogEntry, body_of, pack, units_of
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.writes import Write, Writer, WriteReport

IN_FLIGHT = 16


Marker = Callable[[Sequence[Write]], Optional[Write]]
"""Returns the write to send along with these writes, if any."""


class BatchWriter(Writer):
    """For one thread: each lane has its own, over a shared client.

    `policy.deadline` bounds the time without any successful write: a throttled table that still accepts some
    writes is slow, not failed. Throttling also reduces the window of requests in flight, which grows again
    afterwards, also across calls.
    """

    def __init__(
        self,
        requests_in_flight: InFlight,
        dead_letters: DeadLetters,
        policy: Policy = Policy(),  # noqa: B008 - immutable
        in_flight: int = IN_FLIGHT,
        limit_of: LimitOf = no_limit,
        cost_of: Callable[[Write], float] = units_of,
        timing: Timing = REAL,
        marker: Optional[Marker] = None,
    ) -> None:
        """`limit_of` returns a table's rate limit, which several writers may share. `cost_of` returns what a
        write takes from it: capacity units, or 1 to count items. `marker` returns a write that is sent with a
        request, in its transaction, and is not counted; see connectors.model.origin."""
        self._marker = marker
        self._in_flight, self._dead_letters = requests_in_flight, dead_letters
        self._policy, self._window = policy, AimdWindow(in_flight)
        self._limit_of, self._cost_of = limit_of, cost_of
        self._timing = timing

    def write(self, writes: Sequence[Write]) -> WriteReport:
        most = MAX_WRITES - (self._mark(writes) is not None)
        run = _BatchRun(Backlog(pack(writes, most)), self._timing.clock())
        try:
            while run.backlog or len(self._in_flight):
                self._launch(run)
                self._land(run)
        except BaseException:
            self._in_flight.discard()
            raise
        # Stored before the report: afterwards the source may forget the changes.
        self._dead_letters.add(run.dead)
        refused = tuple(letter.write for letter in run.dead)
        return WriteReport(run.written, len(refused), run.retries, run.throttles, run.sent_bytes, refused)

    def _launch(self, run: _BatchRun) -> None:
        run.blocked_until = 0.0
        while len(self._in_flight) < self._window.size:
            now = self._timing.clock()
            entry = run.backlog.pop(now)
            if entry is None:
                return
            wait = self._owed(entry)
            if wait > 0:
                run.backlog.now(entry)
                run.blocked_until = now + wait
                return
            if not self._send(entry, run):
                return

    def _owed(self, entry: BacklogEntry) -> float:
        limits = [self._limit_of(table) for table in {write.table for write in entry.request}]
        return max((limit.wait() for limit in limits if limit is not None), default=0.0)

    def _send(self, entry: BacklogEntry, run: _BatchRun) -> bool:
        for write in entry.request:
            limit = self._limit_of(write.table)
            if limit is not None:
                limit.pay(self._cost_of(write))
        entry = entry._replace(mark=self._mark(entry.request))
        body = body_of((*entry.request, entry.mark) if entry.mark else entry.request)
        run.sent_bytes += len(body)
        return self._in_flight.send(entry, body)

    def _mark(self, writes: Sequence[Write]) -> Optional[Write]:
        return self._marker(writes) if self._marker else None

    def _land(self, run: _BatchRun) -> None:
        wait = self._wait(run)
        if not len(self._in_flight):
            self._timing.sleep(wait or 0.0)
            return
        landed = self._in_flight.next_response(wait)
        if landed is not None:
            entry, answer = landed
            self._settle(entry, outcome_of(entry.request, entry.attempt, answer, entry.mark), run)

    def _wait(self, run: _BatchRun) -> Optional[float]:
        """Seconds until something other than a response requires action; None if nothing will."""
        at = run.backlog.next_at()
        if at is None or len(self._in_flight) >= self._window.size:
            return None
        return max(0.0, max(at, run.blocked_until) - self._timing.clock())

    def _settle(self, entry: BacklogEntry, outcome: WriteOutcome, run: _BatchRun) -> None:
        if outcome.fatal is not None:
            raise outcome.fatal
        run.written += outcome.written
        if outcome.dead is not None:
            run.dead.append(DeadLetter(entry.request[0], outcome.dead))
        for request in outcome.now:
            run.backlog.now(BacklogEntry(request))
        now = self._timing.clock()
        if outcome.written or outcome.dead is not None:
            run.progress_at = now
        self._steer(outcome, now, run)
        if outcome.later:
            self._put_off(entry, outcome, now, run)

    def _steer(self, outcome: WriteOutcome, now: float, run: _BatchRun) -> None:
        if outcome.throttled:
            run.throttles += 1
            self._window.throttled(now)
        elif outcome.written:
            self._window.accepted()

    def _put_off(self, entry: BacklogEntry, outcome: WriteOutcome, now: float, run: _BatchRun) -> None:
        if now - run.progress_at > self._policy.deadline:
            raise self._give_up(entry, outcome)
        # A request that was partly written is not stuck: its pauses start short again.
        attempt = 0 if outcome.written else entry.attempt
        for request in outcome.later:
            run.retries += 1
            pause = self._policy.pause(attempt, self._timing.random)
            run.backlog.later(now + pause, BacklogEntry(request, attempt + 1))

    def _give_up(self, entry: BacklogEntry, outcome: WriteOutcome) -> TransientError:
        first = entry.request[0]
        which = f"{len(entry.request)} writes to table {first.table}, the first from {first.provenance}"
        hint = " Raise the table's write capacity, or lower its write rate." if outcome.throttled else ""
        seconds = f"{self._policy.deadline:g} s"
        return TransientError(f"no write got through for {seconds}: {which}: {outcome.fault}.{hint}")

    def close(self) -> None:
        """Client and dead letters stay open: others may share them."""
        self._in_flight.discard()


class _BatchRun:
    """One call of `write`."""

    def __init__(self, backlog: Backlog, now: float) -> None:
        self.backlog = backlog
        self.progress_at = now
        self.blocked_until = 0.0
        self.dead: List[DeadLetter] = []
        self.written = self.retries = self.throttles = self.sent_bytes = 0
