"""One replication slot, from its connection to DynamoDB: receiving, reading and writing, a thread each.

received -> inbox -> batches -> outbox -> requests. Each of them is bounded in bytes. What is durable moves
the session's position, which the receiving thread reports.
"""

from __future__ import annotations

import logging
import threading
from typing import Callable, Optional

from connectors.base.errors import TransientError
from connectors.postgres.layout.layout import Layout
from connectors.postgres.replication.identity import SlotPosition
from connectors.postgres.replication.inbox import Inbox
from connectors.postgres.replication.slot import SlotSource
from connectors.postgres.replication.stream import Stream
from connectors.reverse.reading import Emptying, Reading
from connectors.reverse.writer import SlotWriter

log = logging.getLogger(__name__)

CLOSE_SECONDS = 5.0


class Failure:
    """The first error that ended one of several threads."""

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
        emptying: Emptying,
        deferrable: Callable[[int], bool],
        buffer_bytes: int,
        patience: float,
    ) -> None:
        self._failure, self._slot = Failure(), slot
        self._inbox = Inbox(buffer_bytes)
        self._stream = Stream(slot.connect, self._inbox, patience)
        self._writer = writer(self._failure)
        self._reading = Reading(
            slot.name, self._inbox, self._writer, layout, emptying, deferrable, self._failure
        )
        self.requests = self._writer.requests

    def start(self) -> SlotReplication:
        self._writer.start()
        self._reading.start()
        self._stream.start()
        return self

    def check(self) -> None:
        """Raises what ended one of the threads. None of them may end without a word."""
        if self._failure.error is not None:
            raise self._failure.error
        threads = [self._writer.thread, self._reading.thread]
        if not self._inbox.failed:  # else the reading raises it, behind what was received before
            threads.append(self._stream.thread)
        for thread in threads:
            if not thread.is_alive():
                raise TransientError(f"slot {self._slot.name}: the thread {thread.name} has ended")

    @property
    def confirmed(self) -> int:
        """All that committed before this position is durable."""
        return self._stream.session.confirmed

    @property
    def seen_at(self) -> float:
        """Up to when changes are durable: epoch seconds, the server's clock; 0: not known yet."""
        return self._stream.session.seen_at

    def position(self) -> SlotPosition:
        """For the job's state."""
        return self._slot.position(self.confirmed)

    @property
    def size(self) -> int:
        """Bytes received that are not durable."""
        return self._inbox.size + self._writer.size

    def close(self) -> None:
        """The slot is let go last: who reads it next must find nothing of ours on its way to DynamoDB."""
        self._reading.close()
        self._writer.close()
        self._writer.thread.join(CLOSE_SECONDS)
        if self._writer.thread.is_alive():
            log.warning("slot %s: a request holds up the end; the slot is kept until then", self._slot.name)
            threading.Thread(target=self._let_go, name="closing", daemon=True).start()
        else:
            self._let_go()

    def _let_go(self) -> None:
        self._writer.thread.join()
        self._stream.close()
