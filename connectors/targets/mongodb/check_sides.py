"""MongoDB as the target of a check."""

from __future__ import annotations

from typing import Callable

from connectors.check.sides import CheckSides
from connectors.config.settings import Settings
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.scan.rates import rates_of
from connectors.model.dead_letters import DeadLetters
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.client import MongoConnection
from connectors.targets.mongodb.collection_side import CollectionSide, ConvertedSide
from connectors.targets.mongodb.definitions import CollectionDefinitions
from connectors.targets.mongodb.repair import RepairSchemas, SourceWriter
from connectors.targets.mongodb.target import shape_of
from connectors.targets.mongodb.writer import MongoWriter


def open_mongodb(settings: Settings, before_attempt: Callable[[], None]) -> CheckSides:
    """`before_attempt` runs before each attempt to write."""
    source, shape, database = source_client(settings), shape_of(settings), MongoConnection(settings)
    schemas = RepairSchemas(source)

    def writer(letters: DeadLetters) -> SourceWriter:
        policy = Policy(deadline=settings.write.retry_seconds)
        inner = MongoWriter(
            MongoBulk(database()), schemas, shape, letters, policy, before_attempt=before_attempt
        )
        return SourceWriter(inner, source, schemas)

    return CheckSides(
        source,
        ConvertedSide(source, rates_of(settings), shape),
        CollectionSide(database, shape),
        CollectionDefinitions(database, settings, shape),
        writer,
    )
