"""Which tables have a deferrable unique key: one that may be checked at the commit only."""

from __future__ import annotations

import logging
import time
from typing import Callable, Optional

from connectors.base.errors import TransientError
from connectors.postgres.replication.connect import Address, connected

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
_QUESTION = "SELECT EXISTS (SELECT FROM pg_index WHERE indrelid = %s AND indisunique AND NOT indimmediate)"


class Deferrable:
    """Asks the server about one relation, by its oid, over a separate connection: once per session for each
    relation with REPLICA IDENTITY FULL."""

    def __init__(
        self, address: Address, patience: float, sleep: Optional[Callable[[float], None]] = None
    ) -> None:
        """`patience`: seconds to wait for an unavailable server."""
        self._address, self._patience, self._sleep = address, patience, sleep or time.sleep

    def __call__(self, relation: int) -> bool:
        """Raises TransientError and PreflightError."""
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._ask(relation)
            except TransientError as error:
                if time.monotonic() > until:
                    raise
                log.warning("retrying: %s", error)
                self._sleep(PAUSE_SECONDS)

    def _ask(self, relation: int) -> bool:
        opening = connected(self._address, "inspect", "reading a table's keys")
        with opening as connection, connection.cursor() as cursor:
            cursor.execute(_QUESTION, (relation,))
            return bool(cursor.fetchone()[0])
