"""Getting hold of a replication slot: looked at, waited for or freed, and read from its own position on."""

from __future__ import annotations

import logging
import time
from typing import Callable, List, NamedTuple, Optional, Tuple

from psycopg2 import errors

from connectors.base.errors import PolarshakeError, TerminalError, TransientError
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.connect import Address, connect, connected, failures
from connectors.postgres.replication.copyboth import CopyBoth
from connectors.postgres.replication.decoded import count, leave_trace
from connectors.postgres.replication.facts import SlotFacts, look_at_slots
from connectors.postgres.replication.identity import SlotPosition, changed_hands
from connectors.postgres.replication.problems import create_slot, slot_problems
from connectors.postgres.sql import identifier, literal

log = logging.getLogger(__name__)

_NEVER_READ = SlotPosition()
POLL_SECONDS = 0.5
TOLD_SECONDS = 10.0
"""Between two log lines about a slot that is waited for."""


class Taken(NamedTuple):
    """What to do about a slot that another connection holds."""

    wait_seconds: float
    free: bool
    """End that connection first, which is an orphan's; then each other that gets there before us, within
    `wait_seconds`. Two jobs set so take the slot from each other while both run: nothing here tells which of
    them is the orphan."""


class SlotSource:
    """Makes replication connections to one slot: a stream's `connect`."""

    def __init__(
        self,
        address: Address,
        slot: str,
        publication: str,
        taken: Taken,
        start: int = 0,
        known: SlotPosition = _NEVER_READ,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`start`: pass over what committed before this position, if the slot has not got there yet.
        `known`: the position in the job's state."""
        self._known, self._told = known, False
        self._counted: Tuple[str, int] = ("", 0)
        """When the server's count began, and the position from which on there is something in it."""
        self._address, self._slot, self._publication, self._taken = address, slot, publication, taken
        self._start_lsn = start
        self._clock, self._sleep = clock, sleep

    @property
    def name(self) -> str:
        return self._slot

    def position(self, lsn: int) -> SlotPosition:
        """For the job's state, where the slot has been read up to `lsn`."""
        since, start = self._counted
        return SlotPosition(lsn, since if lsn >= start else "")

    def connect(self, confirmed: int = 0) -> CopyBoth:
        """`confirmed`: the furthest that this process has let the slot move.

        Raises TerminalError for a slot that cannot be read (any more), TransientError for one that is held
        for longer than the bound."""
        until = self._clock() + self._taken.wait_seconds
        told_at = float("-inf")
        freed: Optional[int] = None
        while True:
            self._look(confirmed)
            connection = self._start()
            if connection is not None:
                return connection
            holder = _holder(self._address, self._slot)
            if self._clock() >= told_at + TOLD_SECONDS:
                told_at = self._clock()
                log.warning("replication slot %s is held by %s", self._slot, holder)
            if self._taken.free and holder is not None and holder.pid != freed:
                freed = holder.pid
                free(self._address, holder.pid)
            if self._clock() >= until:
                raise TransientError(self._held(holder))
            self._sleep(POLL_SECONDS)

    def _look(self, confirmed: int) -> None:
        with connected(self._address, "look", "looking at the slot") as connection:
            slot = self._found(look_at_slots(connection, [self._slot]))
            counted = count(connection, self._slot)
            wrong = changed_hands(slot, self._known, confirmed, counted)
            if wrong:
                raise TerminalError(wrong)
            if counted.since != self._counted[0]:
                start = 0 if counted.transactions else leave_trace(connection)
                self._counted = ("", 0) if start is None else (counted.since, start)
        if (slot.confirmed_lsn or 0) >= self._start_lsn:
            self._start_lsn = 0  # after a failover the log may be behind it again, with other changes
        if self._known.lsn and not self._told:
            self._told = True
            positions = lsn_text(slot.confirmed_lsn or 0), lsn_text(self._known.lsn)
            log.warning("slot %s: goes on from %s, the job's state has %s", self._slot, *positions)

    def _found(self, found: List[SlotFacts]) -> SlotFacts:
        database = self._address.database
        if not found:
            raise TerminalError(
                f"replication slot {self._slot} does not exist (any more) in database {database}: changes "
                f"since it was dropped are in no slot. Make it anew and copy the tables in whole: "
                f"{create_slot(self._slot)}"
            )
        for problem in slot_problems(found[0], database):
            raise TerminalError(problem)
        return found[0]

    def _start(self) -> Optional[CopyBoth]:
        """None when another holds the slot. The server begins at the slot's own position, or at the one given
        here if that is later."""
        connection = connect(self._address, f"slot {self._slot}", replication=True)
        command = (
            f"START_REPLICATION SLOT {identifier(self._slot)} LOGICAL {lsn_text(self._start_lsn)} "
            f"(proto_version '1', publication_names {literal(identifier(self._publication))})"
        )
        try:
            with failures(self._address, f"reading slot {self._slot}"), connection.cursor() as cursor:
                try:
                    cursor.start_replication_expert(command)
                except errors.ObjectInUse:
                    connection.close()
                    return None
        except PolarshakeError:
            connection.close()
            raise
        return CopyBoth(connection)

    def _held(self, holder: Optional[Holder]) -> str:
        pid = holder.pid if holder else "PID"
        return (
            f"replication slot {self._slot} is held by {holder or 'another connection'} for more than "
            f"{self._taken.wait_seconds:g} s. End that job; or, if it is an orphan: SELECT "
            f"pg_terminate_backend({pid}); or set reverse.slotTaken: free."
        )


class Holder(NamedTuple):
    pid: int
    application: str
    client: str
    since: str

    def __str__(self) -> str:
        application, client = self.application or "no name", self.client or "here"
        return f"pid {self.pid} ({application}, from {client}, since {self.since})"


_HOLDER = """
SELECT a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
       coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'), '?')
FROM pg_replication_slots s JOIN pg_stat_activity a ON a.pid = s.active_pid WHERE s.slot_name = %s
"""


def _holder(address: Address, slot: str) -> Optional[Holder]:
    asking = connected(address, "look", "looking who holds the slot")
    with asking as connection, connection.cursor() as cursor:
        cursor.execute(_HOLDER, (slot,))
        row = cursor.fetchone()
    return Holder(*row) if row else None


def free(address: Address, pid: int) -> None:
    """End a connection that holds a slot. Raises PreflightError where the role may not."""
    ending = connected(address, "free", f"ending the connection of pid {pid}")
    with ending as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
    log.warning("ended the connection of pid %d, which held the slot", pid)


def advance(address: Address, slot: str, position: int) -> None:
    """Pass over what the slot holds up to `position`, which is behind its own. Raises PreflightError where
    the role may not, TransientError while somebody reads the slot."""
    connection = connect(address, "advance")
    try:
        with failures(address, f"advancing slot {slot}"), connection.cursor() as cursor:
            cursor.execute("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", (slot, lsn_text(position)))
    finally:
        connection.close()


def end_of_log(address: Address) -> int:
    """The position behind everything that has committed by now."""
    asking = connected(address, "start now", "looking for the end of the log")
    with asking as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])
