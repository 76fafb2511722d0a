"""Writes of one request to one collection, sent until each is durable or a dead letter."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from connectors.base.errors import TransientError
from connectors.base.timing import Timing
from connectors.dynamodb.retry import Policy
from connectors.model.dead_letters import DeadLetter
from connectors.targets.mongodb.bulk import BulkAnswer, BulkCalls, Refusal
from connectors.targets.mongodb.faults import (
    SUSPICIOUS,
    THROTTLES,
    MongoFaultClass,
    UnclearFault,
    refusal_of,
    verdict_of,
)
from connectors.targets.mongodb.isolation import Passed, PassedWrites, PendingWrite, WriteGroup

DUPLICATE_TRIES = 3
"""If two upserts of one key run at the same time, one may fail as a duplicate; a retry succeeds. If another
document has the value of a unique index, every retry fails."""
MOST_BOUNDS = 5
"""After this multiple of the bound without a success of its own, a call fails even if others succeed."""


class _Unfinished(NamedTuple):
    """The result of an attempt after which writes are left."""

    left: WriteGroup
    fault: str
    throttled: bool = False
    whole: bool = False
    """The whole request failed, possibly because of one of the documents."""


class TableCall:
    def __init__(
        self,
        bulk: BulkCalls,
        table: str,
        progress: PassedWrites,
        policy: Policy,
        timing: Timing,
        before_attempt: Callable[[], None],
        dead: List[DeadLetter],
    ) -> None:
        """Adds to `dead`."""
        self._bulk, self._table, self._progress = bulk, table, progress
        self._policy, self._timing, self._before_attempt = policy, timing, before_attempt
        self._dead = dead
        self._durable: Optional[PendingWrite] = None
        """One of the writes, which may be repeated to learn whether the table accepts writes."""
        self._passed, self._passed_at = progress.of(table), timing.clock()
        self._own_at = self._passed_at
        self._left = self.retries = 0

    def write(self, pending: Sequence[PendingWrite], may_repeat: bool) -> None:
        with self._progress.writing(self._table):
            self._write(pending, may_repeat)

    def _write(self, pending: Sequence[PendingWrite], may_repeat: bool) -> None:
        left = [WriteGroup(tuple(pending), self._passed)] if pending else []
        self._left, attempt = len(pending), 0
        while left:
            left = self._round(left, may_repeat)
            if not left:
                return
            before, self._left = self._left, sum(len(group.writes) for group in left)
            if self._left < before:
                self._own_at, attempt = self._timing.clock(), 0
            self.retries += 1
            self._timing.sleep(self._policy.pause(attempt, self._timing.random))
            attempt += 1

    # -- attempts ------------------------------------------------------------------------------------------

    def _round(self, groups: Sequence[WriteGroup], may_repeat: bool) -> List[WriteGroup]:
        """Send each group once. Returns what to send after a pause."""
        passed = self._progress.of(self._table)
        attempts = [(group, self._attempt(group)) for group in groups]
        unfinished = [(group, sent) for group, sent in attempts if sent is not None]
        suspects = any(sent.whole or _suspected(sent.left) for _, sent in unfinished)
        if may_repeat and suspects and not self._others_pass(passed):
            self._repeat_durable()
        return [part for group, sent in unfinished for part in self._following(group, sent)]

    def _attempt(self, group: WriteGroup) -> Optional[_Unfinished]:
        self._before_attempt()
        try:
            answer = self._bulk.write(self._table, [write.change for write in group.writes])
        except UnclearFault as error:
            whole = group._replace(failures=group.failures + 1)
            sent: Optional[_Unfinished] = _Unfinished(
                _all_suspected(whole, error.reason), str(error), whole=True
            )
        except TransientError as error:
            sent = _Unfinished(_all_suspected(group, ""), str(error))
        else:
            sent = self._settled(group, answer)
        if sent is not None:
            self._require_progress(sent)
        return sent

    def _settled(self, group: WriteGroup, answer: BulkAnswer) -> Optional[_Unfinished]:
        left, fault = [], answer.unconfirmed
        for refusal in answer.refused:
            again = self._refused(group.writes[refusal.place], refusal)
            if again is not None:
                left.append(again)
                fault = refusal.reason
        refused = {refusal.place for refusal in answer.refused}
        others = [write for place, write in enumerate(group.writes) if place not in refused]
        if answer.unconfirmed:
            left += [write._replace(suspected="") for write in others]
        elif others:
            self._durable = others[0]
            self._progress.add(self._table, len(others))
        if not left:
            return None
        throttled = any(refusal.code in THROTTLES for refusal in answer.refused)
        return _Unfinished(group._replace(writes=tuple(left)), fault, throttled)

    def _refused(self, pending: PendingWrite, refusal: Refusal) -> Optional[PendingWrite]:
        """The write, if it is sent again. Raises TerminalError if no document is the reason."""
        verdict, code = verdict_of(refusal.code), refusal.code
        if verdict is MongoFaultClass.TERMINAL:
            raise refusal_of(self._table, code, refusal.reason)
        if verdict is MongoFaultClass.DUPLICATE:
            pending = pending._replace(duplicates=pending.duplicates + 1)
        if verdict is MongoFaultClass.ITEM or pending.duplicates == DUPLICATE_TRIES:
            self._dead.append(DeadLetter(pending.write, refusal.reason))
            return None
        return pending._replace(suspected=refusal.reason if code in SUSPICIOUS else "")

    def _repeat_durable(self) -> None:
        """Test whether the table accepts writes. A success counts as progress."""
        if self._durable is None:
            return
        self._before_attempt()
        try:
            answer = self._bulk.write(self._table, [self._durable.change])
        except TransientError:
            return
        if not answer.refused and not answer.unconfirmed:
            self._progress.add(self._table, 1)

    # -- decisions -----------------------------------------------------------------------------------------

    def _following(self, before: WriteGroup, sent: _Unfinished) -> List[WriteGroup]:
        passed, others_pass = self._progress.of(self._table), self._others_pass(before.passed)
        parts = sent.left.parts(others_pass) if sent.whole else [sent.left.writes]
        if others_pass:
            alone = not sent.whole or len(sent.left.writes) == 1
            parts = [self._judged(part) for part in parts] if alone else parts
        return [WriteGroup(part, passed, sent.left.failures) for part in parts if part]

    def _others_pass(self, before: Passed) -> bool:
        """Whether writes have got through since then; if this one is alone, those of other tables too."""
        now = self._progress.of(self._table)
        alone = self._left == 1 and self._progress.is_alone(self._table)
        return now.of_table != before.of_table or (alone and now.of_all != before.of_all)

    def _judged(self, writes: Tuple[PendingWrite, ...]) -> Tuple[PendingWrite, ...]:
        """The writes without the new dead letters. The server has answered for each of them."""
        left, now = [], self._timing.clock()
        for write in writes:
            judged = write.accused(now) if write.suspected else write
            if write.suspected and judged.is_dead(now, self._policy.deadline):
                reason = f"{write.suspected} ({judged.faults} times, while other writes succeeded)"
                self._dead.append(DeadLetter(write.write, reason))
            else:
                left.append(judged)
        return tuple(left)

    def _require_progress(self, sent: _Unfinished) -> None:
        """Raises TransientError if nothing gets through, or these writes do not for several bounds."""
        now, bound = self._timing.clock(), self._policy.deadline
        if self._others_pass(self._passed):
            self._passed, self._passed_at = self._progress.of(self._table), now
        if now - self._passed_at > bound:
            raise self._give_up(f"no write got through for {bound:g} s", sent)
        # A suspect ends as a dead letter, or nothing else gets through.
        ends = sent.throttled or _suspected(sent.left)
        if not ends and now - self._own_at > MOST_BOUNDS * bound:
            raise self._give_up(f"the same writes fail for {MOST_BOUNDS * bound:g} s", sent)

    def _give_up(self, what: str, sent: _Unfinished) -> TransientError:
        count = len(sent.left.writes)
        return TransientError(f"table {self._table}: {what}: {count} writes: {sent.fault}")


def _suspected(group: WriteGroup) -> bool:
    return any(write.suspected for write in group.writes)


def _all_suspected(group: WriteGroup, reason: str) -> WriteGroup:
    return group._replace(writes=tuple(write._replace(suspected=reason) for write in group.writes))
