"""Decides which request is sent next, and what a response means. Used by one thread; no I/O except for dead
letters.

A change that the target permanently refuses counts as durable once its dead letter is durable.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from connectors.base.errors import TransientError
from connectors.dynamodb.limits import LimitOf, no_limit
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.aimd import AimdWindow
from connectors.dynamodb.write.in_flight import Answer
from connectors.dynamodb.write.outcome import WriteOutcome, outcome_of
from connectors.dynamodb.write.pack import MAX_WRITES, Backlog, BacklogEntry, Request
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.writes import Write
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.confirmed import Session
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.outbox import Item, Outbox

GATHER_SECONDS = 0.02
"""While requests are in flight, a request that is not full waits at most this long for more changes."""


class Sending(Write):
    """A write that is in flight."""

    item: Item


class Flying(NamedTuple):
    """A request that is in flight; it is returned with its response."""

    entry: BacklogEntry
    session: Session


class SlotCount:
    """The counters of one table since the start. One thread counts, another reads."""

    __slots__ = ("bytes", "dead", "read_bytes", "streamed", "written")

    def __init__(self) -> None:
        self.streamed = self.read_bytes = self.written = self.bytes = self.dead = 0

    def catch_up(self, other: SlotCount) -> List[Tuple[str, int]]:
        """Copy the other's numbers. Returns the increment of each, under the metric's name."""
        grown: List[Tuple[str, int]] = []
        for name, metrics in _METRICS.items():
            now = getattr(other, name)
            grown += [(metric, now - getattr(self, name)) for metric in metrics]
            setattr(self, name, now)
        return grown


_METRICS = {
    "streamed": ("read", "streamed"),
    "read_bytes": ("bytesRead",),
    "written": ("written",),
    "bytes": ("bytesWritten",),
    "dead": (),
}


class Requests:
    def __init__(
        self,
        slot: str,
        letters: DeadLetters,
        policy: Policy,
        in_flight: int,
        rng: Callable[[], float],
        limit_of: LimitOf = no_limit,
    ) -> None:
        """`policy.deadline` bounds the time without any successful write."""
        self._slot, self._letters, self._policy, self._random = slot, letters, policy, rng
        self._limit_of, self._window = limit_of, AimdWindow(in_flight)
        self._outbox, self._again = Outbox(), Backlog(())
        self._partial_at = self._owed_until = 0.0
        self._progress_at: Optional[float] = None
        self.counts: Dict[str, SlotCount] = {}
        self.retries = self.throttles = 0

    @property
    def size(self) -> int:
        """Bytes of all changes that are not durable."""
        return self._outbox.size

    def add(self, batch: ChangeBatch) -> None:
        if batch.session is not self._outbox.session:
            self._begin(batch.session)
        for table, _, body, _, _ in batch.changes:
            count = self._count(table)
            count.streamed += 1
            count.read_bytes += len(body)
        self._outbox.add(batch)

    def next(self, now: float, in_flight: int) -> Optional[Flying]:
        """The request to send now, given `in_flight` requests in flight: first a retry that is due, then
        unsent changes. None when there is nothing to send, or not yet."""
        self._owed_until = 0.0
        if in_flight >= self._window.size:
            return None
        entry = self._retry(now) or self._fresh(now, in_flight)
        if entry is None:
            return None
        if self._progress_at is None:
            self._progress_at = now
        self._pay(entry.request)
        return Flying(entry, self._outbox.session)

    def seconds_left(self, now: float, in_flight: int) -> Optional[float]:
        """Seconds until `next` returns a request, if no batch is added and no response arrives; None:
        never."""
        if in_flight >= self._window.size:
            return None
        due = [self._again.next_at()]
        if self._outbox.waiting:
            due.append(self._owed_until or self._partial_at or now)
        times = [at for at in due if at is not None]
        return max(0.0, min(times) - now) if times else None

    def settle(self, flying: Flying, answer: Answer, now: float) -> None:
        """Handle a response. Raises TerminalError for a fault that is neither transient nor caused by one
        item, and TransientError when no write has succeeded for too long."""
        entry = flying.entry
        if flying.session is not self._outbox.session:
            self._outbox.landed(_items(entry.request))  # the current session sends it again
            return
        outcome = outcome_of(entry.request, entry.attempt, answer)
        if outcome.fatal is not None:
            raise outcome.fatal
        self._steer(outcome, now)
        self._durable(entry.request, outcome, now)
        for request in outcome.now:
            self._again.later(now, BacklogEntry(request))
        if outcome.later:
            self._put_off(entry, outcome, now)

    def _begin(self, session: Session) -> None:
        """Start the session of another connection: the server sends unsent changes and pending retries
        again."""
        self._outbox.begin(session)
        dropped, self._again = self._again, Backlog(())
        while dropped:
            entry = dropped.pop(float("inf"))
            assert entry is not None
            self._outbox.landed(_items(entry.request))

    def _retry(self, now: float) -> Optional[BacklogEntry]:
        at = self._again.next_at()
        if at is None or at > now:
            return None
        entry = self._again.pop(now)
        assert entry is not None
        owed = max(map(self._owed, {write.table for write in entry.request}))
        if owed <= 0:
            return entry
        self._again.later(now + owed, entry)
        return None

    def _fresh(self, now: float, in_flight: int) -> Optional[BacklogEntry]:
        waiting = self._outbox.waiting
        if not waiting or (waiting < MAX_WRITES and in_flight and not self._gathered(now)):
            return None
        items = self._outbox.take(lambda table: self._may_write(table, now))
        if not items:
            return None
        self._partial_at = 0.0
        return BacklogEntry(tuple(map(self._sending, items)))

    def _gathered(self, now: float) -> bool:
        self._partial_at = self._partial_at or now + GATHER_SECONDS
        return now >= self._partial_at

    def _may_write(self, table: str, now: float) -> bool:
        owed = self._owed(table)
        if owed > 0:
            self._owed_until = min(self._owed_until or now + owed, now + owed)
        return owed <= 0

    def _owed(self, table: str) -> float:
        limit = self._limit_of(table)
        return limit.wait() if limit is not None else 0.0

    def _pay(self, request: Request) -> None:
        for write in request:
            limit = self._limit_of(write.table)
            if limit is not None:
                limit.pay(1.0)

    def _sending(self, item: Item) -> Write:
        origin = f"slot {self._slot} at {lsn_text(item.lsn)}"
        write = Sending(item.table, item.body, item.delete, origin, True)
        write.item = item
        return write

    def _steer(self, outcome: WriteOutcome, now: float) -> None:
        if outcome.throttled:
            self.throttles += 1
            self._window.throttled(now)
        elif outcome.written:
            self._window.accepted()

    def _durable(self, request: Request, outcome: WriteOutcome, now: float) -> None:
        """Store dead letters before the position advances: afterwards the slot may move past them."""
        left = {id(write) for again in (*outcome.now, *outcome.later) for write in again}
        done = [write for write in request if id(write) not in left] if left else request
        if outcome.dead is not None:
            self._letters.add([DeadLetter(write, outcome.dead) for write in done])
            self._count(done[0].table).dead += 1
        else:
            self._count_written(done)
        if done:
            self._progress_at = now
            self._outbox.landed(_items(done))
        if not self._outbox.size:
            self._progress_at = None

    def _count_written(self, done: Sequence[Write]) -> None:
        for write in done:
            count = self._count(write.table)
            count.written += 1
            count.bytes += len(write.body)

    def _put_off(self, entry: BacklogEntry, outcome: WriteOutcome, now: float) -> None:
        if now - (self._progress_at or now) > self._policy.deadline:
            raise self._give_up(entry, outcome)
        # A request that was partly written is not stuck: its pauses start short again.
        attempt = 0 if outcome.written else entry.attempt
        for request in outcome.later:
            self.retries += 1
            pause = self._policy.pause(attempt, self._random)
            self._again.later(now + pause, BacklogEntry(request, attempt + 1))

    def _give_up(self, entry: BacklogEntry, outcome: WriteOutcome) -> TransientError:
        first = entry.request[0]
        which = f"{len(entry.request)} writes to table {first.table}, the first from {first.provenance}"
        hint = " Raise the table's write capacity, or lower its write rate." if outcome.throttled else ""
        seconds = f"{self._policy.deadline:g} s"
        return TransientError(f"no write got through for {seconds}: {which}: {outcome.fault}.{hint}")

    def _count(self, table: str) -> SlotCount:
        count = self.counts.get(table)
        if count is None:
            count = self.counts[table] = SlotCount()
        return count


def _items(request: Sequence[Write]) -> List[Item]:
    return [write.item for write in request if isinstance(write, Sending)]
