"""The reverse job, and its parts on the workers.

The client that submits the job imports this too, and may lack psycopg2. Modules that need psycopg2 are
therefore imported where they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Callable, Optional

from connectors.base.errors import ConfigError
from connectors.base.parent_watchdog import watchdog
from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, target_client
from connectors.dynamodb.limits import limits_by_table
from connectors.dynamodb.write.from_settings import dead_letters
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.engine.components import Job, PlanningParts
from connectors.model.orders import ReplicationOrder
from connectors.model.state import Entries
from connectors.postgres.layout.from_settings import assignment_rules
from connectors.postgres.layout.layout import Layout, LayoutMemory, LayoutRules
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.planner import SlotPlanner, SlotPlannerRules
from connectors.reverse.reader import SlotReader
from connectors.reverse.recording import KeyRecorder
from connectors.reverse.submission import decode
from connectors.reverse.survey import TableIds
from connectors.reverse.tables import DynamoTables
from connectors.reverse.writer import SlotWriter
from connectors.storage.contract import Storage
from connectors.storage.open import open_storage
from connectors.storage.probe import probe

if TYPE_CHECKING:
    from connectors.reverse.source import Failure, SlotReplication
    from connectors.reverse.watch import DatabaseWatch

RECORD = "reverse.record"


@dataclass(frozen=True)
class ReverseJob(Job["ReverseParts"]):
    settings: Settings
    start: int = 0
    """Skip what committed before this position. It is part of the submitted job, so that no restart moves
    it."""
    known: bytes = b""
    """The encoded Submission."""

    @property
    def readers(self) -> int:
        return self.settings.readers

    def open(self) -> ReverseParts:
        return ReverseParts(self.settings, self.start, self.known)


class ReverseParts(PlanningParts):
    """Clients are created at first use."""

    def __init__(self, settings: Settings, start: int = 0, known: bytes = b"") -> None:
        self.settings, self.start, self._submission = settings, start, decode(known)

    def planner(self, saved: Entries, first_attempt: bool) -> SlotPlanner:
        settings = self.settings
        rules = SlotPlannerRules(
            settings.feeds,
            settings.readers,
            self.start,
            assignment_rules(settings),
            settings.reverse.dropped_table == "fail",
            settings.reverse.wal_warning_bytes,
            self._submission.known,
        )
        return SlotPlanner(rules, saved)

    def poller(self, first_attempt: bool) -> DatabaseWatch:
        from connectors.postgres.replication.connect import address_of
        from connectors.reverse.watch import LOOK_SECONDS, DatabaseWatch

        tables = TableIds(
            lambda: source_client(self.settings, watchdog().check, LOOK_SECONDS), self.settings.filter.allows
        )
        return DatabaseWatch(address_of(self.settings), self.settings.feeds, tables)

    def slots(self, saved: Entries) -> SlotReader:
        return SlotReader(self._replication, saved)

    def _replication(self, order: ReplicationOrder, position: SlotPosition) -> SlotReplication:
        reverse, publications = self.settings.reverse, dict(self.settings.feeds)
        if order.slot not in publications:
            raise ConfigError(
                "application.yaml",
                "polardb.slotName",
                f"leaves out slot {order.slot}, which the job's savepoint reads",
            )
        from connectors.postgres.replication.catalog import CatalogReader
        from connectors.postgres.replication.connect import address_of
        from connectors.postgres.replication.deferrable import Deferrable
        from connectors.postgres.replication.slot import SlotSource, Taken
        from connectors.reverse.source import SlotReplication

        taken = Taken(reverse.slot_wait_seconds, reverse.slot_taken == "free")
        address, patience = address_of(self.settings), self.settings.write.retry_seconds
        tables = DynamoTables(self._dynamodb, reverse.missing_table, self._polardb)
        submitted = self._submission.slots.get(order.slot, SlotPosition())
        catalog = CatalogReader(address, patience)
        memory = LayoutMemory(position.keys, position.relations, self._submission.feeding)
        rules = LayoutRules(
            assignment_rules(self.settings), reverse.truncate, reverse.dropped_table == "fail"
        )
        return SlotReplication(
            SlotSource(
                address, order.slot, publications[order.slot], taken, order.start, position, submitted
            ),
            lambda failed: self._writer(order.slot, failed),
            lambda: Layout(tables, catalog, rules, memory),
            memory,
            tables,
            Deferrable(address, patience),
            reverse.buffer_bytes // 2,
            patience,
            self._recorder(order.slot, publications[order.slot], tables),
        ).start()

    def _recorder(
        self, slot: str, publication: str, tables: DynamoTables
    ) -> Optional[Callable[[Failure], KeyRecorder]]:
        storage = self._record
        if storage is None:
            return None
        return lambda failed: KeyRecorder(slot, publication, storage, tables.key_of, failed)

    @cached_property
    def _record(self) -> Optional[Storage]:
        place = self.settings.record_place
        if not place:
            return None
        storage = open_storage(place, RECORD, self.settings)
        probe(storage, RECORD)
        return storage

    def _writer(self, slot: str, failed: Failure) -> SlotWriter:
        write = self.settings.write
        pipeline = BatchPipeline(
            SocketInFlight(self._dynamodb),
            self._dead_letters,
            self._dynamodb.policy,
            write.in_flight,
            limits_by_table(write.limit),
        )
        return SlotWriter(slot, pipeline, self.settings.reverse.buffer_bytes // 2, failed)

    @cached_property
    def _dynamodb(self) -> Client:
        return source_client(self.settings, watchdog().check)

    @cached_property
    def _polardb(self) -> Optional[Client]:
        """Needed only where tables are created."""
        return target_client(self.settings) if self.settings.reverse.missing_table == "create" else None

    @cached_property
    def _dead_letters(self) -> Any:
        return dead_letters(self.settings)
