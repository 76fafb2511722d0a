"""One replication slot being read: its threads, from the connection to the steps."""

from __future__ import annotations

from typing import Callable, List, Optional

from connectors.model.records import Mark
from connectors.postgres.layout.layout import Layout
from connectors.postgres.replication.connect import Address, connect
from connectors.postgres.replication.identity import SlotPosition
from connectors.postgres.replication.inbox import Inbox
from connectors.postgres.replication.notify import Listener
from connectors.postgres.replication.slot import SlotSource
from connectors.postgres.replication.stream import Stream
from connectors.reverse.batch import SlotStep
from connectors.reverse.reading import Reading
from connectors.reverse.tables import DynamoTables


class ReplicationSource:
    """A reader.Source."""

    def __init__(
        self,
        slot: SlotSource,
        address: Address,
        lanes: int,
        tables: DynamoTables,
        layout: Callable[[], Layout],
        buffer_bytes: int,
        patience: float,
    ) -> None:
        inbox, self._slot = Inbox(buffer_bytes), slot
        self._stream = Stream(slot.connect, inbox, patience)
        self._reading = Reading(slot.name, lanes, inbox, layout, tables)
        self._listener = Listener(lambda: connect(address, f"listen {slot.name}"))

    def start(self) -> ReplicationSource:
        self._listener.start()
        self._stream.start()
        self._reading.start()
        return self

    @property
    def pending(self) -> bool:
        return self._reading.pending or self._listener.pending

    def ready(self) -> Optional[SlotStep]:
        return self._reading.ready()

    def confirm(self, session: str, lsn: int) -> None:
        self._stream.confirm(session, lsn)

    def position(self, lsn: int) -> SlotPosition:
        return self._slot.position(lsn)

    def passed(self) -> None:
        self._reading.passed()

    def heard(self) -> List[Mark]:
        return self._listener.heard()

    def close(self) -> None:
        self._reading.close()
        self._listener.close()
        self._stream.close()
