"""A database's collections, as the forward job creates, sweeps and writes them."""

from __future__ import annotations

from typing import List, Optional

from connectors.base.timing import Timing
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.limits import LimitOf
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.scan.sweep import Sweep
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing
from connectors.model.dead_letters import DeadLetters
from connectors.model.keys import KeyReader, key_schema
from connectors.model.orders import SegmentOrder
from connectors.targets.contract import BeforeAttempt, TargetTables
from connectors.targets.mongodb.board import CollectionBoard
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.client import MongoConnection
from connectors.targets.mongodb.collections import Collections, collection_id
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.isolation import PassedWrites
from connectors.targets.mongodb.pipeline import THREADS, BulkPipeline
from connectors.targets.mongodb.schemas import SourceSchemas
from connectors.targets.mongodb.sweep import MongoKeyPages, SweepSplit
from connectors.targets.mongodb.writer import MongoWriter


class MongoTables(TargetTables):
    """The client, which threads share, connects at first use."""

    def __init__(self, settings: Settings, source: Caller, before_attempt: BeforeAttempt) -> None:
        self._settings, self._source, self._before_attempt = settings, source, before_attempt
        self._shape = shape_of(settings)
        self._database = MongoConnection(settings)

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        tables = self._settings.tables
        # After a gap, the collection contains what the job has written.
        existing = Existing.KEEP if rescan else Existing(tables.existing)
        return Collections(self._database(), self._shape, existing, tables.create_indexes).ensure(
            source, first_attempt
        )

    def table_id(self, table: str) -> Optional[str]:
        return collection_id(self._database(), table)

    def sweep_bytes(self, source: TableDescription) -> int:
        """Always one segment, which reads the whole collection in the order of `_id`."""
        return 0

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> SweepSplit:
        schema = key_schema(order.schema)
        sweep = Sweep(KeyReader(order.table, schema), self._source)
        pages = MongoKeyPages(self._database()[order.table], schema, self._shape)
        return SweepSplit(order.split_id, order.segment, pages, sweep, saved)

    def pipeline(self, writer: int, limit_of: LimitOf, letters: DeadLetters) -> BulkPipeline:
        """MongoDB needs no origin marks, so `writer` is not used."""
        write, schemas = self._settings.write, SourceSchemas(self._source)
        policy, progress = Policy(deadline=write.retry_seconds), PassedWrites()

        def make_writer(require_open: BeforeAttempt, timing: Timing) -> MongoWriter:
            def before_attempt() -> None:
                require_open()
                self._before_attempt()

            bulk = MongoBulk(self._database())
            return MongoWriter(
                bulk, schemas, self._shape, letters, policy, before_attempt, timing, progress, may_repeat=True
            )

        threads = min(THREADS, write.in_flight)
        return BulkPipeline(make_writer, threads, limit_of)

    def board(self) -> CollectionBoard:
        return CollectionBoard(self._database)


def shape_of(settings: Settings) -> Shape:
    mongodb = settings.mongodb
    return Shape(
        raw=mongodb.convert == "raw",
        key_as_id=mongodb.document_id == "key",
        id_prefix=mongodb.id_prefix,
        long_as_text=mongodb.long_numbers == "text",
        sharded=mongodb.shard,
    )
