"""The reverse job's parts, built on the workers from the settings.

The client that submits the job imports this too, and may lack psycopg2: what needs that is imported where it
is used.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Dict, Optional

from connectors.base.errors import ConfigError
from connectors.base.parent_watchdog import watchdog
from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, target_client
from connectors.dynamodb.write.from_settings import dead_letters, lane_writer
from connectors.engine.lane.lane import Lane
from connectors.model.orders import ReplicationOrder
from connectors.model.state import Entries
from connectors.postgres.layout.layout import Layout
from connectors.postgres.layout.overrides import Override
from connectors.postgres.replication.identity import SlotPosition
from connectors.reverse.planner import SlotPlanner, SlotPlannerRules
from connectors.reverse.reader import SlotReader
from connectors.reverse.tables import DynamoTables

if TYPE_CHECKING:
    from connectors.postgres.replication.notify import Notifier
    from connectors.reverse.source import ReplicationSource
    from connectors.reverse.watch import DatabaseWatch


class ReverseComponents:
    """A JobComponents, and a ConfirmComponents."""

    def __init__(self, settings: Settings, start: int = 0) -> None:
        """`start`: pass over what committed before this position. Part of the job from its submission on, so
        that no restart moves it."""
        self.settings, self.start = settings, start
        self.lanes, self.readers = settings.lanes, settings.readers

    def __getstate__(self) -> Dict[str, Any]:
        return {
            "settings": self.settings,
            "start": self.start,
            "lanes": self.lanes,
            "readers": self.readers,
        }

    def planner(self, saved: Entries, first_attempt: bool) -> SlotPlanner:
        settings = self.settings
        rules = SlotPlannerRules(
            settings.feeds,
            self.readers,
            self.start,
            settings.filter.allows,
            settings.reverse.dropped_table == "fail",
            settings.reverse.wal_warning_bytes,
        )
        return SlotPlanner(rules, self.lanes, saved)

    def poller(self, first_attempt: bool) -> DatabaseWatch:
        from connectors.postgres.replication.connect import address_of
        from connectors.reverse.watch import DatabaseWatch

        return DatabaseWatch(address_of(self.settings), self.settings.feeds)

    def reader(self, number: int, saved: Entries) -> SlotReader:
        return SlotReader(number, self.lanes, self._feed, saved)

    def lane(self, number: int, saved: Entries) -> Lane:
        return Lane(lane_writer(self.settings, self._dynamodb, self._dead_letters), saved)

    def notifier(self) -> Notifier:
        from connectors.postgres.replication.connect import address_of, connect
        from connectors.postgres.replication.notify import Notifier

        address = address_of(self.settings)
        return Notifier(lambda: connect(address, "notify"))

    def _feed(self, order: ReplicationOrder, position: SlotPosition) -> ReplicationSource:
        reverse, publications = self.settings.reverse, dict(self.settings.feeds)
        if order.slot not in publications:
            raise ConfigError(
                "application.yaml",
                "polardb.slotName",
                f"leaves out slot {order.slot}, which the job's savepoint reads",
            )
        from connectors.postgres.replication.connect import address_of
        from connectors.postgres.replication.slot import SlotSource, Taken
        from connectors.reverse.source import ReplicationSource

        taken = Taken(reverse.slot_wait_seconds, reverse.slot_taken == "free")
        address = address_of(self.settings)
        tables = DynamoTables(self._dynamodb, self.settings.filter, reverse.missing_table, self._polardb)
        overrides = {name: Override(**given) for name, given in reverse.relations.items()}
        feed = ReplicationSource(
            SlotSource(address, order.slot, publications[order.slot], taken, order.start, position),
            address,
            self.lanes,
            tables,
            lambda: Layout(tables, overrides, reverse.truncate),
            reverse.buffer_bytes,
            self.settings.write.retry_seconds,
        )
        return feed.start()

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
