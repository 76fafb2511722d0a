"""How far may the slot move? Pure.

The rule: `confirmed_flush_lsn` never passes a change that is not durable in DynamoDB, and moves when there is
nothing to wait for. Only positions between transactions count: the end of a commit, or the log's end as a
keepalive gives it while no transaction is being received: whatever committed before it has been sent by then.

A reader hands changes to the lanes and, behind those of whole transactions, a mark to every lane. A lane
acknowledges a mark when what came before it is durable. `LowWatermark` folds the acknowledgements: a mark
counts once every lane has it. `ConfirmationProgress` is the reader's record of what it has handed over and
what came back.

A session is one replication connection. Nothing of another session counts: after a failover the new primary's
log may give an old position to other changes.
"""

from __future__ import annotations

from typing import Dict, Optional

from connectors.model.records import Mark

MARK_SECONDS = 0.1
"""Between two marks: each costs a record to and from every lane."""
REPEAT_SECONDS = 2.0
"""After which an unanswered mark is sent again: its acknowledgement may have been lost with a connection."""


class LowWatermark:
    """Over the lanes; for any number of slots."""

    def __init__(self, lanes: int) -> None:
        self._lanes = lanes
        self._acked: Dict[str, Dict[int, Mark]] = {}
        self._told: Dict[str, Mark] = {}

    def take(self, lane: int, ack: Mark) -> Optional[Mark]:
        """A lane has made durable whatever came before `ack`. Returns the mark that now holds for all lanes,
        if that is news."""
        acked = self._acked.setdefault(ack.slot, {})
        before = acked.get(lane)
        if before is not None and before.session == ack.session and before.serial >= ack.serial:
            return None
        acked[lane] = ack
        if len(acked) < self._lanes or any(one.session != ack.session for one in acked.values()):
            return None
        lowest = min(acked.values(), key=lambda one: one.serial)
        if self._told.get(ack.slot) == lowest:
            return None
        self._told[ack.slot] = lowest
        return lowest


class ConfirmationProgress:
    """One session of one slot, as its reader sees it."""

    def __init__(self, slot: str, session: str) -> None:
        self.slot, self.session = slot, session
        self.confirmed = 0
        """What PostgreSQL may be told; 0: nothing yet."""
        self._reached = 0
        self._in_transaction = False
        self._unmarked = False
        self._sent = Mark(slot, session, 0, 0)
        self._sent_at = float("-inf")
        self._acked = 0

    def emitted(self) -> None:
        """Changes have been handed to the lanes."""
        self._in_transaction = self._unmarked = True

    def reached(self, lsn: int) -> None:
        """Every transaction that committed before `lsn` has been handed over whole, or had nothing in it."""
        self._reached = max(self._reached, lsn)
        self._in_transaction = False
        self._rest()

    def mark(self, now: float) -> Optional[Mark]:
        """The mark to send to every lane behind all that has been handed over so far, if one is due."""
        fresh = self._unmarked and self._reached > self._sent.lsn
        if not (fresh or self.waiting) or now < self._sent_at + (MARK_SECONDS if fresh else REPEAT_SECONDS):
            return None
        return self.mark_now(now)

    def mark_now(self, now: float) -> Mark:
        """As `mark`, due or not: its acknowledgement shows that all handed over before it is durable."""
        self._sent_at = now
        self._sent = Mark(self.slot, self.session, self._sent.serial + 1, self._reached)
        self._unmarked = self._in_transaction
        return self._sent

    def acknowledged(self, mark: Mark) -> None:
        if mark.session != self.session or mark.serial <= self._acked:
            return
        self._acked = mark.serial
        self.confirmed = max(self.confirmed, mark.lsn)
        self._rest()

    @property
    def waiting(self) -> bool:
        """A mark is on its way."""
        return self._acked < self._sent.serial

    def durable(self, mark: Mark) -> bool:
        return self._acked >= mark.serial

    def _rest(self) -> None:
        """With nothing on its way the slot follows the log, which other tables and databases move too."""
        if not (self._unmarked or self.waiting):
            self.confirmed = max(self.confirmed, self._reached)
