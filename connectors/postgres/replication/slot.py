"""Opens a replication slot: checks it, waits for it or frees it, and reads from its own position on."""

from __future__ import annotations

import logging
import time
from typing import Callable, List, NamedTuple, Optional, Tuple

from psycopg2 import errors

from connectors.base.errors import PolarshakeError, TerminalError, TransientError
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.connect import Address, connect, connected, failures, silence
from connectors.postgres.replication.copyboth import CopyBoth
from connectors.postgres.replication.decoded import count, leave_trace
from connectors.postgres.replication.facts import SlotFacts, read_slots, server_start
from connectors.postgres.replication.identity import SlotPosition, changed_hands, start_is_passed
from connectors.postgres.replication.problems import create_slot, slot_problems
from connectors.postgres.replication.stream import Opened
from connectors.postgres.sql import identifier, literal

log = logging.getLogger(__name__)

_NEVER_READ = SlotPosition()
POLL_SECONDS = 0.5
WARN_SECONDS = 10.0
"""Between two log lines about a slot that another connection holds."""


class Taken(NamedTuple):
    """What to do about a slot that another connection holds."""

    wait_seconds: float
    free: bool
    """End that connection, which an orphaned process holds, and then each other connection that takes the
    slot first, within `wait_seconds`. Two running jobs with this setting take the slot from each other,
    because PostgreSQL does not show which of them is the orphan."""


class SlotSource:
    """Opens replication connections to one slot: the `connect` of a Stream."""

    def __init__(
        self,
        address: Address,
        slot: str,
        publication: str,
        taken: Taken,
        start: int = 0,
        known: SlotPosition = _NEVER_READ,
        submitted: SlotPosition = _NEVER_READ,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`start`: skip what committed before this position, if the slot has not reached it yet. `known`: the
        position in the job's state. `submitted`: the slot as the job's submission has seen it."""
        self._known, self._submitted, self._logged = known, submitted, False
        self._counted: Tuple[str, int] = ("", 0)
        """The start time of the server's count, and the position from which on the count is not 0."""
        self._address, self._slot, self._publication, self._taken = address, slot, publication, taken
        self._start_lsn, self._server = start, ""
        self._clock, self._sleep = clock, sleep

    @property
    def name(self) -> str:
        return self._slot

    def position(self, lsn: int) -> SlotPosition:
        """The position for the job's state, when the slot has been read up to `lsn`."""
        since, start = self._counted
        return SlotPosition(lsn, since if lsn >= start else "")

    def connect(self, confirmed: int = 0) -> Opened:
        """Open the slot. `confirmed`: the furthest position that this process has confirmed.

        The slot is checked before the connection is opened, and again once this connection holds it: from
        then on, no other connection can move it. Raises TerminalError for a slot that cannot be read (any
        more), TransientError for one that is held for longer than the bound."""
        until = self._clock() + self._taken.wait_seconds
        warned_at = float("-inf")
        freed: Optional[int] = None
        while True:
            self._check(confirmed)
            opened = self._start()
            if opened is not None:
                try:
                    position = self._check(confirmed)
                    return opened._replace(floor=max(position, self._start_lsn), server=self._server)
                except BaseException:
                    opened.wire.close()
                    raise
            holder = _holder(self._address, self._slot)
            if self._clock() >= warned_at + WARN_SECONDS:
                warned_at = self._clock()
                log.warning("replication slot %s is held by %s", self._slot, holder)
            if self._taken.free and holder is not None and holder.pid != freed:
                freed = holder.pid
                free(self._address, holder.pid)
            if self._clock() >= until:
                raise TransientError(self._held(holder))
            self._sleep(POLL_SECONDS)

    def _check(self, confirmed: int) -> int:
        """Check the slot. Returns its own position."""
        with connected(self._address, "inspect", "reading the slot's state") as connection:
            slot = self._usable(read_slots(connection, [self._slot]))
            self._server = server_start(connection)
            counted = count(connection, self._slot)
            wrong = changed_hands(slot, self._known, confirmed, counted, self._submitted)
            if wrong:
                raise TerminalError(wrong)
            if counted.since != self._counted[0]:
                start = 0 if counted.transactions else leave_trace(connection)
                self._counted = ("", 0) if start is None else (counted.since, start)
        position = slot.confirmed_lsn or 0
        if start_is_passed(slot, self._start_lsn):
            self._start_lsn = 0
        if self._known.lsn and not self._logged:
            self._logged = True
            positions = lsn_text(position), lsn_text(self._known.lsn)
            log.warning(
                "slot %s: resuming from %s; the position in the job's state is %s", self._slot, *positions
            )
        return position

    def _usable(self, existing: List[SlotFacts]) -> SlotFacts:
        database = self._address.database
        if not existing:
            raise TerminalError(
                f"replication slot {self._slot} does not exist (any more) in database {database}: no slot "
                f"contains the changes made since it was dropped. Create it again and copy the tables in "
                f"full: {create_slot(self._slot)}"
            )
        for problem in slot_problems(existing[0], database):
            raise TerminalError(problem)
        return existing[0]

    def _start(self) -> Optional[Opened]:
        """Returns None when another connection holds the slot. The server begins at the slot's own position,
        or at the given one if that is later."""
        connection = connect(self._address, f"slot {self._slot}", replication=True)
        command = (
            f"START_REPLICATION SLOT {identifier(self._slot)} LOGICAL {lsn_text(self._start_lsn)} "
            f"(proto_version '1', publication_names {literal(identifier(self._publication))})"
        )
        try:
            with failures(self._address, f"reading slot {self._slot}"), connection.cursor() as cursor:
                seconds = silence(connection)
                try:
                    cursor.start_replication_expert(command)
                except errors.ObjectInUse:
                    connection.close()
                    return None
        except PolarshakeError:
            connection.close()
            raise
        return Opened(CopyBoth(connection), self._start_lsn, seconds)

    def _held(self, holder: Optional[Holder]) -> str:
        pid = holder.pid if holder else "PID"
        return (
            f"replication slot {self._slot} is held by {holder or 'another connection'} for more than "
            f"{self._taken.wait_seconds:g} s. Stop that job. If its process is orphaned, run SELECT "
            f"pg_terminate_backend({pid}); or set reverse.slotTaken: free."
        )


class Holder(NamedTuple):
    pid: int
    application: str
    client: str
    since: str

    def __str__(self) -> str:
        application, client = self.application or "no name", self.client or "the server itself"
        return f"pid {self.pid} ({application}, from {client}, since {self.since})"


_HOLDER = """
SELECT a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
       coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'), '?')
FROM pg_replication_slots s JOIN pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = %s
"""


def _holder(address: Address, slot: str) -> Optional[Holder]:
    opening = connected(address, "inspect", "finding the holder of the slot")
    with opening as connection, connection.cursor() as cursor:
        cursor.execute(_HOLDER, (slot,))
        row = cursor.fetchone()
    return Holder(*row) if row else None


def free(address: Address, pid: int) -> None:
    """End a connection that holds a slot. Raises PreflightError where the role lacks the right."""
    ending = connected(address, "free", f"ending the connection of pid {pid}")
    with ending as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
    log.warning("ended the connection of pid %d, which held the slot", pid)


def advance(address: Address, slot: str, position: int) -> None:
    """Advance the slot past its changes up to `position`, which is later than its own. Raises PreflightError
    where the role lacks the right, TransientError while another connection reads the slot."""
    connection = connect(address, "advance")
    try:
        with failures(address, f"advancing slot {slot}"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", (slot, lsn_text(position)))
    finally:
        connection.close()


def end_of_log(address: Address) -> int:
    """The position after everything that has committed so far."""
    opening = connected(address, "start now", "reading the end of the log")
    with opening as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])
