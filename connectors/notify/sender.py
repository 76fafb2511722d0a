"""Sends events in the background.

1. Telling an event never blocks and never raises. If a queue is full, the event is dropped, and the log says
   so.
2. A failure that may pass is tried again, with growing pauses, `ATTEMPTS` times. Then the event is dropped.
3. The events of a sink keep their order.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import List, Protocol, Sequence

import msgspec

from connectors.base.errors import PolarshakeError, TransientError
from connectors.base.timing import REAL, Timing
from connectors.model.events import JobEvent

log = logging.getLogger(__name__)

MOST_WAITING = 1000
ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds. Eight attempts take about three minutes."""


class EventSink(Protocol):
    name: str
    """For the log, without a secret."""

    def send(self, event: bytes) -> None:
        """`event`: a JobEvent as JSON. Raises TransientError if a retry may succeed, TerminalError if not."""
        ...


class EventSender:
    """A Tell."""

    def __init__(self, sinks: Sequence[EventSink], timing: Timing = REAL) -> None:
        self._lines: List[SinkLine] = [SinkLine(sink, timing) for sink in sinks]

    def start(self) -> EventSender:
        for line in self._lines:
            threading.Thread(target=line.run, name=f"events: {line.sink.name}", daemon=True).start()
        return self

    def __call__(self, event: JobEvent) -> None:
        encoded = msgspec.json.encode(event)
        for line in self._lines:
            line.put(encoded)

    def close(self, seconds: float = 0.0) -> None:
        """Send nothing new. Wait for what is queued, at most this long."""
        for line in self._lines:
            line.close()
        for line in self._lines:
            line.ended.wait(seconds)


class SinkLine:
    """The queue of one sink, and the loop of its thread."""

    def __init__(self, sink: EventSink, timing: Timing) -> None:
        self.sink, self._timing = sink, timing
        self._queue: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        self._closed = threading.Event()
        self.ended = threading.Event()
        self.dropped = 0

    def put(self, event: bytes) -> None:
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self._drop("too many events wait")

    def close(self) -> None:
        self._closed.set()

    def run(self) -> None:
        try:
            while not (self._closed.is_set() and self._queue.empty()):
                self.turn()
        finally:
            self.ended.set()

    def turn(self, patience: float = 0.5) -> None:
        """Send the next event; wait for one at most `patience` seconds."""
        try:
            event = self._queue.get(timeout=patience)
        except queue.Empty:
            return
        try:
            self._send(event)
        except PolarshakeError as error:
            self._drop(str(error))
        except Exception as error:  # a sink never ends the thread. The text may contain the address
            self._drop(type(error).__name__)

    def _send(self, event: bytes) -> None:
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self.sink.send(event)
                return
            except TransientError:
                if attempt == ATTEMPTS or self._closed.is_set():
                    raise
            self._timing.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _drop(self, why: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th ..
            log.warning("%s: an event is lost (%d so far): %s", self.sink.name, self.dropped, why)
