"""The repairs of a check: keeps requests in flight, and returns when all writes are durable."""

from __future__ import annotations

from typing import List, Optional, Sequence

from connectors.base.errors import TransientError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.aimd import AimdWindow
from connectors.dynamodb.write.in_flight import InFlight
from connectors.dynamodb.write.outcome import WriteOutcome, outcome_of
from connectors.dynamodb.write.pack import Backlog, BacklogEntry, body_of, pack
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.writes import Write, Writer, WriteReport

IN_FLIGHT = 16


class BatchWriter(Writer):
    """For one thread, over a client that threads share.

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
        timing: Timing = REAL,
    ) -> None:
        self._in_flight, self._dead_letters = requests_in_flight, dead_letters
        self._policy, self._window = policy, AimdWindow(in_flight)
        self._timing = timing

    def write(self, writes: Sequence[Write]) -> WriteReport:
        run = _BatchRun(Backlog(pack(writes)), self._timing.clock())
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
        while len(self._in_flight) < self._window.size:
            entry = run.backlog.pop(self._timing.clock())
            if entry is None:
                return
            body = body_of(entry.request)
            run.sent_bytes += len(body)
            if not self._in_flight.send(entry, body):
                return

    def _land(self, run: _BatchRun) -> None:
        wait = self._wait(run)
        if not len(self._in_flight):
            self._timing.sleep(wait or 0.0)
            return
        landed = self._in_flight.next_response(wait)
        if landed is not None:
            entry, answer = landed
            self._settle(entry, outcome_of(entry.request, entry.attempt, answer), run)

    def _wait(self, run: _BatchRun) -> Optional[float]:
        """Seconds until something other than a response requires action; None if nothing will."""
        at = run.backlog.next_at()
        if at is None or len(self._in_flight) >= self._window.size:
            return None
        return max(0.0, at - self._timing.clock())

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
        self.dead: List[DeadLetter] = []
        self.written = self.retries = self.throttles = self.sent_bytes = 0
