"""PolarDB's PostgreSQL, looked at once."""

from __future__ import annotations

from connectors.base.errors import PreflightError, TransientError
from connectors.config import Settings
from connectors.postgres.replication.connect import address_of
from connectors.postgres.replication.facts import Facts
from connectors.reverse.watch import look_once


class PostgresDatabase:
    """A replication.Database."""

    def __init__(self, settings: Settings) -> None:
        self._address, self._feeds = address_of(settings), settings.feeds

    def look(self) -> Facts:
        """Raises PreflightError, with what to do."""
        try:
            return look_once(self._address, self._feeds)
        except TransientError as error:
            raise PreflightError(
                f"{error}. Check polardb.hostname and polardb.port, and that this machine's network leads "
                f"there"
            ) from None
