"""One slot's messages -> batches, in a separate thread, which may wait for DynamoDB's description of a table.

The protocol sends whole transactions in the order of their commits. So their changes can be passed on in
parts while they arrive; only the position waits for the commit.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, Dict, Iterator, List, Optional, Protocol, Set, Union

import msgspec

from connectors.model.digests import Entry
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.layout import Layout, Truncated
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.lsn import epoch_seconds
from connectors.postgres.pgoutput.messages import (
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    Row,
    Truncate,
    Update,
)
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.inbox import Began, Data, Inbox
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.echo import HeldChange, HeldChanges
from connectors.reverse.moves import Moves
from connectors.reverse.recording import ChangeRecorder

log = logging.getLogger(__name__)

BATCH_BYTES = 256 << 10
BATCH_SECONDS = 0.02
"""Changes wait at most this long for others to join their batch."""
GATHER_SECONDS = 0.005
"""Pause after a batch that was not full, so that more messages arrive."""
IDLE_SECONDS = 0.5
WAIT_SECONDS = 0.05
DRAIN_SECONDS = 30.0
"""Changes that were read before an error are written before it is raised. The user may move the slot past a
change that cannot be replicated; then no change before it may be missing."""
_CHANGES = (Insert, Update, Delete)


class Emptying(Protocol):
    def keys(self, table: str) -> Iterator[List[Entry]]:
        """A delete for every item of a table, page by page."""
        ...


class DeferrableKeys(Protocol):
    """See connectors.postgres.replication.deferrable."""

    def __call__(self, relation: int) -> bool:
        """Whether a relation has a unique key that is checked at the commit only."""
        ...

    def occupied(self, relation: Relation, row: Row) -> bool: ...


class BatchQueue(Protocol):
    """The receiver of the batches. See connectors.reverse.writer."""

    def put(self, batch: ChangeBatch) -> None: ...

    def wait_room(self, seconds: float) -> bool:
        """Wait for room for another batch, at most `seconds`. Returns whether there is room."""
        ...


class Reading:
    """The reading thread of a slot. It passes the error that ends it to `failed`."""

    def __init__(
        self,
        slot: str,
        inbox: Inbox,
        target: BatchQueue,
        layout: Callable[[], Layout],
        emptying: Emptying,
        deferrable: DeferrableKeys,
        failed: Callable[[BaseException], None],
        clock: Callable[[], float] = time.monotonic,
        recorder: Optional[ChangeRecorder] = None,
    ) -> None:
        """`layout` creates a Layout for each session: relations are announced again."""
        self._recorder = recorder or ChangeRecorder()
        self._slot, self._inbox, self._target = slot, inbox, target
        self._make_layout, self._emptying, self._clock = layout, emptying, clock
        self._is_deferrable, self._failed = deferrable, failed
        self._stopped = threading.Event()
        self._session, self._number, self._in_transaction = Session(0), 0, False
        self._decoder, self._layout = Decoder(), layout()
        self._held, self._moves, self._warned = HeldChanges(), Moves(self._occupied), False
        self._origin_relations: Set[int] = set()
        self._deferrable: Dict[int, Relation] = {}
        self._past_commit = 0
        """The lowest position past the current transaction, for errors that ask the user to move the slot.
        The LSN of a change does not help: from there the slot would send the whole transaction again."""
        self._batch = self._next_batch()
        self.thread = threading.Thread(target=self._run, name="reading", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                if not self._target.wait_room(WAIT_SECONDS):
                    continue
                if not self.turn():
                    self._inbox.check()
                    self._inbox.wait(IDLE_SECONDS)
                    self._stopped.wait(GATHER_SECONDS)
        except BaseException as error:  # passed to the reader's step, which raises it
            try:
                self._wait_durable(DRAIN_SECONDS)
            finally:
                self._failed(error)

    def turn(self) -> bool:
        """Make a batch of the messages in the inbox. Returns False when the inbox is empty."""
        until = self._clock() + BATCH_SECONDS
        more = True
        while self._batch.size < BATCH_BYTES and self._clock() < until:
            received = self._inbox.take()
            if received is None:
                more = False
                break
            if isinstance(received, Began):
                self._hand_over()
                self._begin(received)
            elif isinstance(received, Data):
                self._take(received)
            elif not self._in_transaction:
                self._reach(received.wal_end, received.sent_at)
        self._hand_over()
        self._recorder.flush()
        return more

    def _hand_over(self) -> None:
        if not self._batch.empty:
            self._target.put(self._batch)
            self._batch = self._next_batch()

    def _next_batch(self) -> ChangeBatch:
        self._number += 1
        return ChangeBatch(self._session, self._number)

    def _begin(self, began: Began) -> None:
        self._session, self._number, self._in_transaction = began.session, 0, False
        self._batch = self._next_batch()
        self._decoder, self._layout = Decoder(), self._make_layout()
        self._recorder.begin(began.session, self._layout.key_json)
        self._held, self._moves = HeldChanges(), Moves(self._occupied)
        self._origin_relations.clear()
        self._deferrable.clear()

    def _take(self, data: Data) -> None:
        message = self._decoder.decode(data.payload, data.start)
        if isinstance(message, _CHANGES):
            self._change(message, data.start)
        elif isinstance(message, Truncate):
            self._truncate(message)
        else:
            self._note(message)

    def _note(self, message: Message) -> None:
        if isinstance(message, Begin):
            self._in_transaction, self._past_commit = True, message.final_lsn + 1
            self._held.begin()
            self._moves.begin()
        elif isinstance(message, Commit):
            self._commit(message)
        elif isinstance(message, Relation) and message.name == ORIGIN:
            self._origin_relations.add(message.id)
        elif isinstance(message, Relation):
            self._relation(message)

    def _commit(self, message: Commit) -> None:
        self._in_transaction = False
        if self._held.echo and not self._warned:
            self._warned = True
            log.warning("slot %s: the forward job is also running; its changes are skipped", self._slot)
        self._pass_on(self._held.end())
        self._reach(message.end_lsn, message.timestamp)

    def _reach(self, lsn: int, at: int) -> None:
        """`at`: microseconds since 2000, the server's clock."""
        self._recorder.reach(lsn)
        self._batch.reach(lsn, epoch_seconds(at))

    def _relation(self, message: Relation) -> None:
        # A Relation message has no position of its own.
        notice = self._layout.relation(message, self._past_commit)
        if notice:
            log.warning("slot %s: %s", self._slot, notice)
        self._deferrable.pop(message.id, None)
        # With another identity, PostgreSQL does not allow a deferrable key as the identity.
        if message.identity == "f" and self._is_deferrable(message.id):
            self._deferrable[message.id] = message

    def _occupied(self, relation: int, row: Row) -> bool:
        return self._is_deferrable.occupied(self._deferrable[relation], row)

    def _change(self, message: Union[Insert, Update, Delete], lsn: int) -> None:
        if message.relation in self._origin_relations:
            if not isinstance(message, Delete):
                self._held.mark()
            return
        table, entries = self._layout.entries(message, self._past_commit)
        self._recorder.change(message.relation, table, entries)
        if message.relation in self._deferrable:
            entries = self._moves.entries(message, table, entries)
        if entries:
            self._pass_on(self._held.add(HeldChange(table, entries, lsn)))

    def _pass_on(self, changes: List[HeldChange]) -> None:
        for table, entries, lsn in changes:
            self._batch.add(table, entries, lsn)

    def _truncate(self, message: Truncate) -> None:
        relations = tuple(oid for oid in message.relations if oid not in self._origin_relations)
        truncated = self._layout.truncate(
            msgspec.structs.replace(message, relations=relations), self._past_commit
        )
        self._recorder.truncate(truncated.tables if truncated else (), relations)
        if truncated is not None:
            self._pass_on(self._held.release())
            self._empty(truncated)

    def _empty(self, truncated: Truncated) -> None:
        """Delete the items of DynamoDB's tables, once all earlier changes are durable: a scan does not see
        changes that are still in flight."""
        if not self._wait_durable():
            return
        for table in truncated.tables:
            log.warning("slot %s: table %s was truncated: deleting its items", self._slot, table)
            for entries in self._emptying.keys(table):
                self._batch.add(table, entries, truncated.lsn)
                if self._batch.size >= BATCH_BYTES and not self._hand_over_with_room():
                    return

    def _wait_durable(self, seconds: float = float("inf")) -> bool:
        """Wait until all earlier changes are durable. Returns False when the time is up or the reading ends
        first."""
        number, until = self._batch.number, self._clock() + seconds
        self._target.put(self._batch)
        self._batch = self._next_batch()
        while self._session.settled < number:
            if self._stopped.wait(GATHER_SECONDS) or self._clock() > until:
                return False
        return True

    def _hand_over_with_room(self) -> bool:
        while not self._target.wait_room(WAIT_SECONDS):
            if self._stopped.is_set():
                return False
        self._hand_over()
        return True
