"""Polls both databases in the background: slots, publications, relations; the DynamoDB tables."""

from __future__ import annotations

import logging
import threading
from typing import Any, List, Mapping, Optional

from connectors.base.errors import TransientError
from connectors.engine.enumerator.background_results import BackgroundResults
from connectors.postgres.replication.connect import Address, connect, failures
from connectors.postgres.replication.facts import read_database
from connectors.postgres.replication.problems import SlotConfig
from connectors.reverse.survey import Survey, TableIds

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class DatabaseWatch:
    """A Poller of engine.components that returns surveys. It retries after transient faults."""

    def __init__(
        self, address: Address, feeds: List[SlotConfig], tables: TableIds, every: float = LOOK_SECONDS
    ) -> None:
        self._address, self._feeds, self._every = address, feeds, every
        self._tables = tables
        self._results: BackgroundResults[Survey] = BackgroundResults()
        self._stop = threading.Event()
        self._connection: Optional[Any] = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="database-watch", daemon=True).start()

    def watch(self, tables: Mapping[str, Any]) -> None:
        """Nothing to do: each poll reads all tables."""

    def seen(self) -> List[Survey]:
        return self._results.take()

    def wait(self, seconds: float) -> bool:
        return self._results.wait(seconds)

    def close(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._results.put(self._look())
            except TransientError as error:
                log.warning("retrying: %s", error)
                self._drop_connection()
            except BaseException as error:  # passed to the enumerator's step, which raises it
                self._results.put(error)
            self._stop.wait(self._every)
        self._drop_connection()

    def _look(self) -> Survey:
        if self._connection is None:
            self._connection = connect(self._address, "watch")
        names, ids = self._tables.look()
        with failures(self._address, "reading the slots' state"):
            facts = read_database(self._connection, [s for s, _ in self._feeds], [p for _, p in self._feeds])
        return Survey(facts, names, ids)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
