"""The replication slots, read from and changed in PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, Optional, Sequence

from connectors.check.changes.chain import LogState
from connectors.check.changes.log import LogView, state_of
from connectors.command.cutover.ports import ReplicationSlots, Say
from connectors.config.settings import Settings
from connectors.postgres.replication.connect import address_of, connect, connected, failures
from connectors.postgres.replication.facts import SlotFacts, read_database, read_slots
from connectors.postgres.replication.problems import server_problems
from connectors.postgres.replication.slot import advance, end_of_log
from connectors.reverse.validate import set_up

LOOK_THREADS = 16


class PostgresSlots(ReplicationSlots):
    """Opens a connection for each call, because an hour may pass between two calls."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError if the address is not set."""
        self._settings, self._address = settings, address_of(settings)

    def names(self) -> List[str]:
        return [slot for slot, _ in self._settings.feeds]

    def obstacles(self) -> List[str]:
        feeds = self._settings.feeds
        with connected(self._address, "inspect", "reading the database") as connection:
            facts = read_database(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
        # `set_up` grants the role its right.
        return list(server_problems(facts._replace(replication=True)))

    def poll(self) -> List[SlotFacts]:
        connection = connect(self._address, "cutover")
        try:
            with failures(self._address, "reading the slots"):
                return read_slots(connection, self.names())
        finally:
            connection.close()

    def end(self) -> int:
        return end_of_log(self._address)

    def set_up(self, say: Say) -> None:
        set_up(self._settings, say)

    def log(self, positions: Dict[str, int], tables: Sequence[str]) -> Optional[LogState]:
        if not self._settings.record_place:
            return None
        with ThreadPoolExecutor(LOOK_THREADS) as pool:
            return state_of(LogView(self._settings, pool).look(tables), positions, tables)

    def advance(self, slot: str, position: int) -> None:
        advance(self._address, slot, position)
