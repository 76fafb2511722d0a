"""The replication thread: receives into the inbox, answers keepalives, reports the confirmed position.

It answers also while the inbox is full and nothing is received: the server ends a connection that is silent
for wal_sender_timeout, whatever holds the reader up. It asks for a keepalive every second, so that an idle
slot follows the log, and a dead connection is noticed.

A lost connection is made again within a bound. The server then sends all transactions again from the
slot's confirmed position on, the one that was cut first of all: replay, as after a restart, and none is
skipped here. The position in Flink's state takes no part in this: after a failover the new primary may be
behind it, and give positions below it to changes that were never seen.

A session begins at the slot's own position and reports nothing below it: the server reads from further back,
its first keepalives carry lower positions, and versions up to 16.2 would take the slot back to them.
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


class Opened(NamedTuple):
    """A connection that replicates from the slot's confirmed position on, or from a later one."""

    wire: Wire
    floor: int
    """That position: all before it is durable, or is to be passed over."""
    silence: float = 60.0
    """Seconds without a report after which the server ends the connection."""


class Stream:
    """`connect` is given the highest position that was ever reported here. It raises TransientError for what
    may pass, and may take long: a slot that is taken is waited for."""

    def __init__(
        self,
        connect: Callable[[int], Opened],
        inbox: Inbox,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds of failing connections without any progress after which it fails."""
        self._connect, self._inbox, self._clock = connect, inbox, clock
        self._patience = Patience(patience)
        self._stopped = threading.Event()
        self._highest = 0
        self.session = Session(0)
        """The present connection's, or the last one's."""
        self.thread = threading.Thread(target=self._run, name="replication", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Waits for the thread: the slot is free afterwards."""
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
                    log.warning("%s; connecting again", error)
                    self._stopped.wait(PAUSE_SECONDS)
        except BaseException as error:  # handed to the reading, behind what was received before it
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
        self.session = Session(opened.floor, self.session.seen_at)
        self._patience.began(opened.floor)
        self._inbox.put(Began(self.session))
        return Receiving(opened, self.session, self._inbox, self._patience, self._clock)


class Receiving:
    """One connection."""

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
        # Four reports in the time: one may be late.
        self._report_every = min(ASK_SECONDS, opened.silence / 4)
        self.reported = session.floor
        self._reported_at = self._asked_at = float("-inf")
        self._heard_at = clock()

    def turn(self) -> None:
        """Receive what is there, or wait a moment; report what is due."""
        if self._inbox.full:
            self._inbox.wait_room(min(WAIT_SECONDS, self._report_every))
            self._heard_at = self._clock()  # nobody listens
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
        """Some messages, as many as there are and fit; whether there was one."""
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
            raise TransientError(f"replication stream: not a word for {SILENCE_SECONDS:g} s")
        return received > 0

    def _take(self, one: Union[Data, Keepalive, Question]) -> None:
        if isinstance(one, Data):
            self._patience.data(one.start)
            self._inbox.put(one)
            return
        if isinstance(one, Question):
            self.report(ask=False)
            one = one.keepalive
        self._patience.keepalive(one.wal_end)
        self._inbox.put(one)

    def _report_if_due(self) -> None:
        now = self._clock()
        moved = self._session.confirmed > self.reported
        if now >= self._asked_at + ASK_SECONDS and not self._inbox.full:
            self.report(ask=True)
        elif now >= self._reported_at + (REPORT_SECONDS if moved else self._report_every):
            self.report(ask=False)
