"""MongoDB as the target of a check."""

from __future__ import annotations

from typing import Callable

from connectors.check.sides import Sides
from connectors.config.settings import Settings
from connectors.deadletter import DeadLetters
from connectors.dynamodb.retry import Policy
from connectors.forward.clients import source_client
from connectors.mongodb.bulk import MongoBulk
from connectors.mongodb.client import Connection
from connectors.mongodb.collection_side import CollectionSide, ConvertedSide
from connectors.mongodb.definitions import CollectionDefinitions
from connectors.mongodb.repair import RepairSchemas, SourceWriter
from connectors.mongodb.target import shape_of
from connectors.mongodb.writer import MongoWriter
from connectors.scanning import rates_of


def open_mongodb(settings: Settings, before_attempt: Callable[[], None]) -> Sides:
    """`before_attempt` runs before each attempt to write."""
    source, shape, database = source_client(settings), shape_of(settings), Connection(settings)
    schemas = RepairSchemas(source)

    def writer(letters: DeadLetters) -> SourceWriter:
        policy = Policy(deadline=settings.write.retry_seconds)
        inner = MongoWriter(
            MongoBulk(database()), schemas, shape, letters, policy, before_attempt=before_attempt
        )
        return SourceWriter(inner, source, schemas)

    return Sides(
        source,
        ConvertedSide(source, rates_of(settings), shape),
        CollectionSide(database, shape),
        CollectionDefinitions(database, settings, shape),
        writer,
    )
