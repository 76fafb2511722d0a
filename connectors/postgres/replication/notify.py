"""How a confirmed position travels back to the reader: NOTIFY on the database, which both must reach anyway.

It needs no table and no right. A lost notification does no harm: the reader repeats its marks until the last
one is acknowledged. A notification is itself a small transaction, so none is sent without need.
"""

from __future__ import annotations

import logging
import select
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Callable, Dict, List, Optional

import psycopg2

from connectors.base.errors import PolarshakeError
from connectors.model.records import Mark

log = logging.getLogger(__name__)

CHANNEL = "polarshake_durable"
PAUSE_SECONDS = 1.0
"""Before a lost connection is made again."""
WAIT_SECONDS = 0.5


def payload(mark: Mark) -> str:
    return f"{mark.slot} {mark.session} {mark.serial} {mark.lsn}"


def mark_of(payload: str) -> Optional[Mark]:
    """None for what is not ours: the channel is open to every role."""
    words = payload.split(" ")
    if len(words) != 4 or not (words[2].isdigit() and words[3].isdigit()):
        return None
    return Mark(words[0], words[1], int(words[2]), int(words[3]))


class _Connected:
    """A thread with a connection of its own, made again whenever it is lost."""

    def __init__(self, connect: Callable[[], Any], name: str) -> None:
        self._connect = connect
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                connection = self._connect()
                try:
                    self._serve(connection)
                finally:
                    with suppress(psycopg2.Error):
                        connection.close()
            except (psycopg2.Error, PolarshakeError, OSError) as error:
                # Where the database stays away, the replication stream fails the job and says why.
                log.warning("%s: %s", self._thread.name, type(error).__name__)
                self._stopped.wait(PAUSE_SECONDS)

    def _serve(self, connection: Any) -> None:
        raise NotImplementedError


class Listener(_Connected):
    """Collects the marks that are durable in all lanes."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(connect, "listen")
        self._heard: SimpleQueue[Mark] = SimpleQueue()

    @property
    def pending(self) -> bool:
        return not self._heard.empty()

    def heard(self) -> List[Mark]:
        """Those since the last call."""
        marks: List[Mark] = []
        with suppress(Empty):
            while True:
                marks.append(self._heard.get_nowait())
        return marks

    def _serve(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        poll = select.poll()  # select takes no descriptor above 1023
        poll.register(connection.fileno(), select.POLLIN)
        while not self._stopped.is_set():
            if poll.poll(WAIT_SECONDS * 1000):
                connection.poll()
            while connection.notifies:
                mark = mark_of(connection.notifies.pop(0).payload)
                if mark is not None:
                    self._heard.put(mark)


class Notifier(_Connected):
    """Tells the newest mark of each slot; those that it could not tell in time are passed over."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        super().__init__(connect, "notify")
        self._due: Dict[str, Mark] = {}
        self._wake = threading.Event()
        self._lock = threading.Lock()

    def tell(self, mark: Mark) -> None:
        with self._lock:
            self._due[mark.slot] = mark
        self._wake.set()

    def _serve(self, connection: Any) -> None:
        while not self._stopped.is_set():
            self._wake.wait(WAIT_SECONDS)
            self._wake.clear()
            with self._lock:
                due, self._due = self._due, {}
            with connection.cursor() as cursor:
                for mark in due.values():
                    cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload(mark)))
