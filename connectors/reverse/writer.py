"""The writing of one replication slot, in a separate thread, with many requests in flight.

The outbox and the requests are those of the forward job's workers. A request is sent without waiting for the
one before. Only the reading thread waits, when the bytes that are not durable reach the bound.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import groupby
from operator import itemgetter
from typing import Callable, Deque, Dict, Iterable, List

from connectors.base.errors import TerminalError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.engine.worker.outbox import WorkerOutbox
from connectors.model.pipeline import ENDING_SECONDS, NEVER, Landed
from connectors.model.writes import Write
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.confirmed import Ledger, Session
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.counts import SlotCount, WriteCounts

LAND_SECONDS = 0.01
"""The longest wait for responses: batches that arrive meanwhile are handled only after it."""
IDLE_SECONDS = 0.5

first = itemgetter(0)
"""The table, of a change and of a write."""


class SlotWriter(WriteCounts):
    """The reading thread calls `put` and `wait_room`; the writing thread calls `turn`."""

    def __init__(
        self,
        slot: str,
        pipeline: BatchPipeline,
        room: int,
        failed: Callable[[BaseException], None],
        timing: Timing = REAL,
    ) -> None:
        """`room`: bytes that may be pending, exceeded by at most one batch. `failed` receives the error that
        ends the thread."""
        self._origin, self._pipeline, self._room = f"slot {slot} at ", pipeline, room
        self._failed, self._clock = failed, timing.clock
        self._outbox = WorkerOutbox(pipeline.most, pipeline.most_copies)
        self._ledger: Ledger[ChangeBatch] = Ledger(Session(0))
        self.counts: Dict[str, SlotCount] = {}
        self._batches: Deque[ChangeBatch] = deque()
        self._put = self._durable = 0
        self._send_in = NEVER
        self._wake, self._has_room, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, name="writing", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self) -> None:
        """Send nothing more. The thread ends when all requests in flight are answered, or after
        ENDING_SECONDS."""
        self._stopped.set()
        self._wake.set()

    @property
    def retries(self) -> int:
        return self._pipeline.retries

    @property
    def throttles(self) -> int:
        return self._pipeline.throttles

    def put(self, batch: ChangeBatch) -> None:
        self._put += batch.size
        self._batches.append(batch)
        if not self._wake.is_set():
            self._wake.set()

    def wait_room(self, seconds: float) -> bool:
        if self.size < self._room:
            return True
        self._has_room.clear()
        return self.size < self._room or self._has_room.wait(seconds)

    @property
    def size(self) -> int:
        """Bytes of the batches that have changes which are not durable."""
        return self._put - self._durable

    def turn(self) -> None:
        """Take the new batches, send what may be sent, handle the responses that have arrived."""
        while self._batches:
            self._take(self._batches.popleft())
        self._send()
        self._land()
        if not self._has_room.is_set() and self.size < self._room:
            self._has_room.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self.turn()
            self._settle(self._pipeline.last_landed(ENDING_SECONDS))
        except BaseException as error:  # passed to the reader's step, which raises it
            self._failed(error)
        finally:
            self._pipeline.abandon()

    def _take(self, batch: ChangeBatch) -> None:
        if batch.session is not self._ledger.session:
            self._begin(batch.session)
        origin = self._origin
        for table, changes in groupby(batch.changes, first):
            entries = [
                (digest, body, delete, origin + lsn_text(lsn)) for _, digest, body, delete, lsn in changes
            ]
            count = self._count(table)
            count.streamed += len(entries)
            count.read_bytes += sum(len(body) for _, body, _, _ in entries)
            self._outbox.change(table, entries, batch)
        batch.changes = []
        self._ledger.add(batch)
        self._finish([batch])

    def _begin(self, session: Session) -> None:
        """Start the session of another connection. The server sends again what is not confirmed, or, after a
        failover, other changes instead. Nothing of the earlier session is therefore sent any more. What is in
        flight blocks its keys until it is answered."""
        self._outbox.clear()
        self._pipeline.drop()
        self._durable += sum(batch.size for batch in self._ledger)
        self._ledger = Ledger(session)

    def _send(self) -> None:
        while not self._stopped.is_set():
            request, self._send_in = self._outbox.next(self._pipeline, self._clock())
            if request is None:
                return
            self._pipeline.send(request)

    def _land(self) -> None:
        """Wait briefly for something to do, and handle the responses that have arrived."""
        if len(self._pipeline):
            self._settle(self._pipeline.landed(min(self._send_in, LAND_SECONDS)))
            return
        if not self._batches:
            self._wake.wait(min(self._send_in, IDLE_SECONDS))
        self._wake.clear()

    def _settle(self, landed: List[Landed]) -> None:
        for batch in landed:
            if batch.error is not None:  # nothing may be confirmed past writes that were given up
                raise TerminalError(str(batch.error)) from batch.error
            for table, writes in groupby(batch.writes if batch.landed else (), first):
                self._landed(self._count(table), list(writes), batch.dead)
            self._finish(set(self._outbox.landed(batch.writes)))

    @staticmethod
    def _landed(count: SlotCount, writes: List[Write], dead: int) -> None:
        """A dead letter is the only write of its request."""
        count.dead += dead
        if not dead:
            count.written += len(writes)
            count.bytes += sum(len(write.body) for write in writes)

    def _finish(self, batches: Iterable[ChangeBatch]) -> None:
        """Release the memory of those without changes, and advance the slot's position."""
        for batch in batches:
            if not batch.left and batch.session is self._ledger.session:
                self._durable += batch.size
                batch.size = 0
        self._ledger.settle()

    def _count(self, table: str) -> SlotCount:
        count = self.counts.get(table)
        if count is None:
            count = self.counts[table] = SlotCount()
        return count
