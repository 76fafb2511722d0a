"""The writing of one replication slot, in a separate thread, with many requests in flight.

It sends a request without waiting for the one before. Only the reading thread waits for it, when the bytes
that are not durable reach the bound.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable, Deque

from connectors.dynamodb.write.in_flight import InFlight
from connectors.dynamodb.write.pack import body_of
from connectors.reverse.batch import ChangeBatch
from connectors.reverse.requests import Requests

LAND_SECONDS = 0.01
"""The longest wait for responses: batches that arrive meanwhile are handled only after it."""
IDLE_SECONDS = 0.5
ENDING_SECONDS = 2.0
"""The longest wait at the end for requests in flight: one that is abandoned may still be applied, later than
what another job writes by then."""


class SlotWriter:
    """The reading thread calls `put` and `wait_room`; the writing thread calls `turn`."""

    def __init__(
        self,
        requests: Requests,
        flights: InFlight,
        room: int,
        failed: Callable[[BaseException], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`room`: bytes that may be pending, exceeded by at most one batch. `failed` receives the error that
        ends the thread."""
        self.requests, self._flights, self._room = requests, flights, room
        self._failed, self._clock = failed, clock
        self._batches: Deque[ChangeBatch] = deque()
        self._put = self._taken = 0
        self._wake, self._has_room, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, name="writing", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self) -> None:
        """Send nothing more. The thread ends when all requests in flight are answered, or after
        ENDING_SECONDS."""
        self._stopped.set()
        self._wake.set()

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
        """Bytes that are not durable."""
        return self._put - self._taken + self.requests.size

    def turn(self) -> None:
        """Take the new batches, send what may be sent, handle the responses that have arrived."""
        while self._batches:
            batch = self._batches.popleft()
            self.requests.add(batch)
            self._taken += batch.size
        self._send()
        self._land()
        if not self._has_room.is_set() and self.size < self._room:
            self._has_room.set()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self.turn()
            self._end()
        except BaseException as error:  # passed to the reader's step, which raises it
            self._failed(error)
        finally:
            self._flights.discard()

    def _send(self) -> None:
        flying = self.requests.next(self._clock(), len(self._flights))
        while flying is not None and not self._stopped.is_set():
            if not self._flights.send(flying, body_of(flying.entry.request)):
                return  # it has failed, perhaps slowly: its response comes first
            flying = self.requests.next(self._clock(), len(self._flights))

    def _land(self) -> None:
        """Wait briefly for something to do, and handle the responses that have arrived."""
        seconds = self.requests.seconds_left(self._clock(), len(self._flights))
        if not len(self._flights):
            if not self._batches:
                self._wake.wait(IDLE_SECONDS if seconds is None else min(seconds, IDLE_SECONDS))
            self._wake.clear()
            return
        self._settle(LAND_SECONDS if seconds is None else min(seconds, LAND_SECONDS))

    def _settle(self, seconds: float) -> None:
        landed = self._flights.next_response(seconds)
        while landed is not None:
            flying, answer = landed
            self.requests.settle(flying, answer, self._clock())
            landed = self._flights.next_response(0.0)

    def _end(self) -> None:
        until = self._clock() + ENDING_SECONDS
        while len(self._flights) and self._clock() < until:
            self._settle(LAND_SECONDS)
