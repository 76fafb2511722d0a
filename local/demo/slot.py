"""The replication slot as PostgreSQL reports it, independent of what the job reports."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Callable, NamedTuple, Optional

import psycopg2

from connectors.config.settings import Settings
from connectors.postgres.replication.connect import address_of, connect
from local.stack.errors import StackError

EVERY = 0.2
PATIENCE = 120.0
_LOOK = """
SELECT active, confirmed_flush_lsn - '0/0'::pg_lsn, pg_current_wal_lsn() - '0/0'::pg_lsn
FROM pg_replication_slots WHERE slot_name = %s
"""


class SlotState(NamedTuple):
    """State of the slot. Both positions are bytes of the log."""

    active: bool
    confirmed: int
    end: int

    @property
    def lag(self) -> int:
        return max(0, self.end - self.confirmed)


class WatchedSlot:
    """Waits for states of the slot. `running` raises when the job that uses it has ended."""

    def __init__(self, settings: Settings, running: Callable[[], None]) -> None:
        self._address, self._running = address_of(settings), running
        self.name = settings.feeds[0][0]

    def poll(self) -> Optional[SlotState]:
        """Read the slot's state; None if the slot does not exist."""
        try:
            with closing(connect(self._address, "demo")) as connection, connection.cursor() as cursor:
                cursor.execute(_LOOK, [self.name])
                row = cursor.fetchone()
        except psycopg2.Error as error:
            raise StackError(f"cannot read the state of replication slot {self.name}: {error}") from error
        return SlotState(bool(row[0]), int(row[1]), int(row[2])) if row else None

    def until(self, reached: Callable[[SlotState], bool], what: str) -> SlotState:
        """Wait for a state. Raises StackError if the slot is gone or PATIENCE seconds have passed."""
        deadline = time.monotonic() + PATIENCE
        while True:
            state = self.poll()
            if state is None:
                raise StackError(f"replication slot {self.name} does not exist")
            if reached(state):
                return state
            if time.monotonic() > deadline:
                raise StackError(
                    f"replication slot {self.name} is not {what} after {PATIENCE:.0f} s: {state}"
                )
            self._running()
            time.sleep(EVERY)
