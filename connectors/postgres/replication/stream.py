"""The replication thread: receives into the inbox, answers keepalives, reports the confirmed position.

It answers also while the inbox is full and nothing is received: the server ends a connection that is silent
for wal_sender_timeout (60 s by default), whatever holds the reader up. It asks for a keepalive every second,
so that an idle slot follows the log, and a dead connection is noticed.

A lost connection is made again within a bound. The server then sends all transactions again from the
slot's confirmed position on, the one that was cut first of all: replay, as after a restart, and none is
skipped here. The position in Flink's state takes no part in this: after a failover the new primary may be
behind it, and give positions below it to changes that were never seen.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import Callable, Optional, Protocol, Union

from connectors.base.errors import TransientError
from connectors.postgres.replication import wire
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.postgres.replication.wire import Question

log = logging.getLogger(__name__)

ASK_SECONDS = 1.0
"""Between two keepalives asked for, and the longest time between two reports."""
REPORT_SECONDS = 0.05
"""Between two reports of a position that moved."""
SILENCE_SECONDS = 60.0
"""Without a word, although asked: the connection is dead."""
PAUSE_SECONDS = 1.0
"""Before a lost connection is made again."""
WAIT_SECONDS = 0.05
BURST = 500
"""Messages received before it is looked whether a report is due."""


class Wire(Protocol):
    """One connection in copy-both mode; all but `wait` return at once. `read` and `send` raise TransientError
    when it is lost."""

    def read(self) -> Optional[bytes]: ...

    def send(self, message: bytes) -> None: ...

    def wait(self, seconds: float) -> None: ...

    def close(self) -> None: ...


class Stream:
    """`connect` makes a connection that replicates from the slot's confirmed position on, given the highest
    that was ever reported here; it raises TransientError for what may pass, and may take long: a slot that is
    taken is waited for."""

    def __init__(
        self,
        connect: Callable[[int], Wire],
        inbox: Inbox,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds without a working connection after which it fails."""
        self._connect, self._inbox, self._patience, self._clock = connect, inbox, patience, clock
        self._stopped = threading.Event()
        self._session, self._confirmed, self._highest = "", 0, 0
        self._lock = threading.Lock()
        self._alive_at = clock()
        self._thread = threading.Thread(target=self._run, name="replication", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def confirm(self, session: str, lsn: int) -> None:
        """What may be reported from now on; ignored unless `session` is the present one."""
        with self._lock:
            if session == self._session:
                self._confirmed = max(self._confirmed, lsn)
                self._highest = max(self._highest, lsn)

    def close(self, seconds: float = 5.0) -> None:
        """Waits for the thread: the slot is free afterwards."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    self._live(self._connect(self._highest))
                except TransientError as error:
                    if self._clock() - self._alive_at > self._patience:
                        raise
                    log.warning("%s; connecting again", error)
                    self._stopped.wait(PAUSE_SECONDS)
        except BaseException as error:  # handed to the reader, which raises it
            self._inbox.fail(error)

    def _live(self, connection: Wire) -> None:
        try:
            self._begin()
            session = _Session(connection, self._inbox, self._clock)
            while not self._stopped.is_set():
                session.turn(self._confirmed)
                self._alive_at = self._clock()
            session.report(self._confirmed, ask=False)
        finally:
            connection.close()

    def _begin(self) -> None:
        with self._lock:
            self._session, self._confirmed = secrets.token_hex(6), 0
        self._inbox.put(Began(self._session))


class _Session:
    def __init__(self, connection: Wire, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._connection, self._inbox, self._clock = connection, inbox, clock
        self._reported, self._reported_at, self._asked_at = 0, float("-inf"), float("-inf")
        self._heard_at = clock()

    def turn(self, confirmed: int) -> None:
        """Receive what is there, or wait a moment; report what is due."""
        if self._inbox.full:
            self._inbox.wait_room(WAIT_SECONDS)
            self._heard_at = self._clock()  # nobody listens
        elif not self._receive(confirmed):
            self._connection.wait(WAIT_SECONDS)
        self._report_if_due(confirmed)

    def report(self, confirmed: int, ask: bool) -> None:
        self._connection.send(wire.feedback(confirmed, ask, time.time()))
        self._reported, self._reported_at = confirmed, self._clock()
        if ask:
            self._asked_at = self._reported_at

    def _receive(self, confirmed: int) -> bool:
        """Some messages, as many as there are and fit; whether there was one."""
        received = 0
        while received < BURST and not self._inbox.full:
            message = self._connection.read()
            if message is None:
                break
            received += 1
            self._take(wire.decode(message), confirmed)
        if received:
            self._heard_at = self._clock()
        elif self._clock() - self._heard_at > SILENCE_SECONDS:
            raise TransientError(f"replication stream: not a word for {SILENCE_SECONDS:g} s")
        return received > 0

    def _take(self, one: Union[Data, Keepalive, Question], confirmed: int) -> None:
        if isinstance(one, Question):
            self.report(confirmed, ask=False)
            one = one.keepalive
        self._inbox.put(one)

    def _report_if_due(self, confirmed: int) -> None:
        now = self._clock()
        if now >= self._asked_at + ASK_SECONDS:
            self.report(confirmed, ask=not self._inbox.full)
        elif confirmed > self._reported and now >= self._reported_at + REPORT_SECONDS:
            self.report(confirmed, ask=False)
