"""One replication slot, from its connection to DynamoDB: one thread each for receiving, reading, writing and
recording.

received -> inbox -> batches -> outbox -> pipeline. Each of them is bounded in bytes. Durable changes, whose
keys are recorded, advance the session's position, which the receiving thread reports.
"""

from __future__ import annotations

import logging
import threading
from typing import Callable, Optional

import msgspec

from connectors.base.errors import TransientError
from connectors.model.pipeline import ENDING_SECONDS
from connectors.postgres.layout.layout import Layout, LayoutMemory
from connectors.postgres.replication.identity import SlotPosition
from connectors.postgres.replication.inbox import Inbox
from connectors.postgres.replication.slot import SlotSource
from connectors.postgres.replication.stream import Stream
from connectors.reverse.counts import WriteCounts
from connectors.reverse.reading import DeferrableKeys, Emptying, Reading
from connectors.reverse.recording import KeyRecorder
from connectors.reverse.writer import SlotWriter

log = logging.getLogger(__name__)

CLOSE_SECONDS = ENDING_SECONDS + 5.0
"""Longer than the writing thread waits: the slot is released last."""


class Failure:
    """The first error that ended one of the threads."""

    def __init__(self) -> None:
        self.error: Optional[BaseException] = None

    def __call__(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error


class SlotReplication:
    """A reader.Source."""

    def __init__(
        self,
        slot: SlotSource,
        writer: Callable[[Failure], SlotWriter],
        layout: Callable[[], Layout],
        memory: LayoutMemory,
        emptying: Emptying,
        deferrable: DeferrableKeys,
        buffer_bytes: int,
        patience: float,
        recorder: Optional[Callable[[Failure], KeyRecorder]] = None,
    ) -> None:
        """`memory`: that of the layouts of all sessions. `recorder`: None if the keys of the changes are not
        recorded."""
        self._failure, self._slot, self._memory = Failure(), slot, memory
        self._inbox = Inbox(buffer_bytes)
        self._stream = Stream(slot.connect, self._inbox, patience)
        self._writer = writer(self._failure)
        self._recorder = recorder(self._failure) if recorder else None
        self._reading = Reading(
            slot.name,
            self._inbox,
            self._writer,
            layout,
            emptying,
            deferrable,
            self._failure,
            recorder=self._recorder,
        )
        self.written: WriteCounts = self._writer

    def start(self) -> SlotReplication:
        self._writer.start()
        if self._recorder:
            self._recorder.start()
        self._reading.start()
        self._stream.start()
        return self

    def check(self) -> None:
        """Raises the error that ended one of the threads. A thread that ended without an error is an error
        too."""
        if self._failure.error is not None:
            raise self._failure.error
        threads = [self._writer.thread, self._reading.thread]
        if self._recorder:
            threads.append(self._recorder.thread)
        if not self._inbox.failed:  # otherwise the reading thread raises it, after the earlier messages
            threads.append(self._stream.thread)
        for thread in threads:
            if not thread.is_alive():
                raise TransientError(f"slot {self._slot.name}: the thread {thread.name} ended unexpectedly")

    @property
    def confirmed(self) -> int:
        """Everything that committed before this position is durable."""
        return self._stream.session.confirmed

    @property
    def seen_at(self) -> float:
        """The time up to which changes are durable: epoch seconds, the server's clock; 0: not known yet."""
        return self._stream.session.seen_at

    def position(self) -> SlotPosition:
        """The position for the job's state."""
        return msgspec.structs.replace(
            self._slot.position(self.confirmed),
            keys=dict(self._memory.keys),
            relations=dict(self._memory.relations),
        )

    @property
    def size(self) -> int:
        """Bytes of received changes that are not durable."""
        return self._inbox.size + self._writer.size

    def close(self) -> None:
        """Release the slot last: its next reader must not find requests of this one in flight to DynamoDB."""
        self._reading.close()
        self._writer.close()
        self._writer.thread.join(CLOSE_SECONDS)
        if self._writer.thread.is_alive():
            log.warning(
                "slot %s: a request is still in flight; the slot is held until it ends", self._slot.name
            )
            threading.Thread(target=self._release, name="closing", daemon=True).start()
        else:
            self._release()

    def _release(self) -> None:
        self._writer.thread.join()
        if self._recorder:
            self._recorder.close(CLOSE_SECONDS)
        self._stream.close()
