"""The replication thread: receives into the inbox, answers keepalives, reports the confirmed position.

1. The thread also answers while the inbox is full and it receives nothing. Otherwise the server would end the
   connection after wal_sender_timeout.
2. It requests a keepalive every second, so that an idle slot follows the log and a dead connection is
   detected.
3. A lost connection is opened again within a bound. The server then sends all transactions again from the
   slot's confirmed position on, beginning with the interrupted one. This is a replay, as after a restart; no
   transaction is skipped here.
4. The position in Flink's state is not used for that: after a failover the new primary may be behind it, and
   may assign positions below it to changes that were never read.
5. A session begins at the slot's own position and reports nothing below it. The server reads from further
   back and its first keepalives have lower positions; versions up to 16.2 would move the slot back to them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Callable, NamedTuple, Optional, Protocol, Union

from connectors.base.errors import TransientError
from connectors.postgres.replication import wire
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.inbox import Began, Data, Inbox, Keepalive
from connectors.postgres.replication.patience import Patience
from connectors.postgres.replication.wire import Question

log = logging.getLogger(__name__)

ASK_SECONDS = 1.0
"""Between two requested keepalives; also the longest time between two reports."""
REPORT_SECONDS = 0.05
"""Between two reports of an advancing position."""
SILENCE_SECONDS = 60.0
"""Without any message, although keepalives were requested: the connection is dead."""
PAUSE_SECONDS = 1.0
"""Before a lost connection is opened again."""
WAIT_SECONDS = 0.05
BURST = 500
"""Messages received between two checks whether a report is due."""


class Wire(Protocol):
    """One connection in copy-both mode; all methods but `wait` return at once. `read` and `send` raise
    TransientError when it is lost."""

    def read(self) -> Optional[bytes]: ...

    def send(self, message: bytes) -> None: ...

    def wait(self, seconds: float) -> None: ...

    def close(self) -> None: ...


class Opened(NamedTuple):
    """A connection that replicates from the slot's confirmed position on, or from a later one."""

    wire: Wire
    floor: int
    """That position: everything before it is durable, or is to be skipped."""
    silence: float = 60.0
    """Seconds without a report after which the server ends the connection."""
    server: str = ""
    """The start time of the server process, see model.key_record."""


class Stream:
    """The replication thread of one slot. `connect` receives the highest position reported so far. It raises
    TransientError for transient faults, and may take long: it waits for a slot that is taken."""

    def __init__(
        self,
        connect: Callable[[int], Opened],
        inbox: Inbox,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds of failing connections without progress after which the stream fails."""
        self._connect, self._inbox, self._clock = connect, inbox, clock
        self._patience = Patience(patience)
        self._stopped = threading.Event()
        self._highest = 0
        self.session = Session(0)
        """The session of the current connection, or of the last one."""
        self.thread = threading.Thread(target=self._run, name="replication", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Wait for the thread, at most `seconds`: when it has ended, the slot is free."""
        self._stopped.set()
        if self.thread.is_alive():
            self.thread.join(seconds)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    self._patience.trying(self._clock())
                    self._live(self._connect(self._highest))
                except TransientError as error:
                    if self._patience.over(self._clock()):
                        raise
                    log.warning("%s; reconnecting", error)
                    self._stopped.wait(PAUSE_SECONDS)
        except BaseException as error:  # passed to the reading thread, after the messages received before it
            self._inbox.fail(error)

    def _live(self, opened: Opened) -> None:
        receiving = self._begin(opened)
        try:
            while not self._stopped.is_set():
                receiving.turn()
            receiving.report(ask=False)
        finally:
            self._highest = max(self._highest, receiving.reported)
            opened.wire.close()

    def _begin(self, opened: Opened) -> Receiving:
        self.session = Session(opened.floor, self.session.seen_at, opened.server)
        self._patience.began(opened.floor)
        self._inbox.put(Began(self.session))
        return Receiving(opened, self.session, self._inbox, self._patience, self._clock)


class Receiving:
    """The receiving and reporting of one connection."""

    def __init__(
        self,
        opened: Opened,
        session: Session,
        inbox: Inbox,
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        self._connection, self._session, self._inbox = opened.wire, session, inbox
        self._patience, self._clock = patience, clock
        # Four reports within the timeout: one may be late.
        self._report_every = min(ASK_SECONDS, opened.silence / 4)
        self.reported = session.floor
        self._reported_at = self._asked_at = float("-inf")
        self._heard_at = clock()

    def turn(self) -> None:
        """Receive what is there, or wait a moment; report what is due."""
        if self._inbox.full:
            self._inbox.wait_room(min(WAIT_SECONDS, self._report_every))
            self._heard_at = self._clock()  # silence counts only while messages are read
        elif not self._receive():
            self._connection.wait(min(WAIT_SECONDS, self._report_every))
        self._report_if_due()

    def report(self, ask: bool) -> None:
        confirmed = self._session.confirmed
        self._connection.send(wire.feedback(confirmed, ask, time.time()))
        self.reported, self._reported_at = confirmed, self._clock()
        if ask:
            self._asked_at = self._reported_at

    def _receive(self) -> bool:
        """Receive the messages that have arrived, as many as fit; whether there was any."""
        received = 0
        while received < BURST and not self._inbox.full:
            message = self._connection.read()
            if message is None:
                break
            received += 1
            self._take(wire.decode(message))
        if received:
            self._heard_at = self._clock()
        elif self._clock() - self._heard_at > SILENCE_SECONDS:
            raise TransientError(f"replication stream: no message for {SILENCE_SECONDS:g} s")
        return received > 0

    def _take(self, message: Union[Data, Keepalive, Question]) -> None:
        if isinstance(message, Data):
            self._patience.data(message.start)
            self._inbox.put(message)
            return
        if isinstance(message, Question):
            self.report(ask=False)
            message = message.keepalive
        self._patience.keepalive(message.wal_end)
        self._inbox.put(message)

    def _report_if_due(self) -> None:
        now = self._clock()
        moved = self._session.confirmed > self.reported
        if now >= self._asked_at + ASK_SECONDS and not self._inbox.full:
            self.report(ask=True)
        elif now >= self._reported_at + (REPORT_SECONDS if moved else self._report_every):
            self.report(ask=False)
