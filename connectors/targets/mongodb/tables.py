"""A database's collections, as the forward job makes, sweeps and writes them."""

from __future__ import annotations

from typing import List, Optional

from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.scan.sweep import Sweep
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing
from connectors.dynamodb.write.from_settings import rate_limits
from connectors.model.dead_letters import DeadLetters
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.model.splits import Split
from connectors.targets.contract import BeforeAttempt, TargetTables
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.client import MongoConnection
from connectors.targets.mongodb.collections import Collections
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.schemas import SourceSchemas
from connectors.targets.mongodb.sweep import MongoKeyPages, SweepSplit
from connectors.targets.mongodb.writer import MongoWriter


class MongoTables(TargetTables):
    """Its client, which threads share, connects when it is needed."""

    def __init__(self, settings: Settings, source: Caller, before_attempt: BeforeAttempt) -> None:
        self._settings, self._source, self._before_attempt = settings, source, before_attempt
        self._shape = shape_of(settings)
        self._database = MongoConnection(settings)

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        tables = self._settings.tables
        # After a gap the collection holds what the job has written.
        existing = Existing.KEEP if rescan else Existing(tables.existing)
        return Collections(self._database(), self._shape, existing, tables.create_indexes).ensure(
            source, first_attempt
        )

    def sweep_bytes(self, source: TableDescription) -> int:
        """One segment reads the whole collection, in the order of its `_id`."""
        return 0

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> Split:
        schema = key_schema(order.schema)
        sweep = Sweep(order.table, order.generation, KeyReader(order.table, schema), self._source)
        pages = MongoKeyPages(self._database()[order.table], schema, self._shape)
        return SweepSplit(order.split_id, order.segment, pages, sweep, self._settings.lanes, saved)

    def writer(self, lane: int, letters: DeadLetters) -> MongoWriter:
        return MongoWriter(
            MongoBulk(self._database()),
            SourceSchemas(self._source),
            self._shape,
            letters,
            Policy(deadline=self._settings.write.retry_seconds),
            rate_limits(self._settings),
            self._before_attempt,
        )


def shape_of(settings: Settings) -> Shape:
    mongodb = settings.mongodb
    return Shape(
        raw=mongodb.convert == "raw",
        key_as_id=mongodb.document_id == "key",
        id_prefix=mongodb.id_prefix,
        long_as_text=mongodb.long_numbers == "text",
        sharded=mongodb.shard,
    )
