"""MongoDB as a target."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import Iterator

from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.faults import SOURCE, TARGET
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.scan.rates import rates_of
from connectors.model.dead_letters import DeadLetters
from connectors.targets.check_contract import CheckEnds, CheckSides, EndNames
from connectors.targets.contract import BeforeAttempt, Target
from connectors.targets.mongodb.bulk import MongoBulk
from connectors.targets.mongodb.client import MongoConnection, client_of, database_of
from connectors.targets.mongodb.collection_side import CollectionSide, ConvertedSide
from connectors.targets.mongodb.definitions import CollectionDefinitions
from connectors.targets.mongodb.preflight import MongoCheckPreflight, MongoPreflight
from connectors.targets.mongodb.repair import RepairSchemas, SourceWriter
from connectors.targets.mongodb.tables import MongoTables, shape_of
from connectors.targets.mongodb.writer import MongoWriter


class MongoDbTarget(Target):
    def __init__(self, settings: Settings) -> None:
        self._settings, self._shape = settings, shape_of(settings)

    @contextmanager
    def preflight(self, seconds: float) -> Iterator[MongoPreflight]:
        with client_of(self._settings, seconds) as client:
            yield MongoPreflight(database_of(client, self._settings), self._shape)

    def tables(self, source: Caller, before_attempt: BeforeAttempt) -> MongoTables:
        return MongoTables(self._settings, source, before_attempt)

    @contextmanager
    def check_ends(self, seconds: float) -> Iterator[CheckEnds]:
        settings = self._settings
        with (
            closing(source_client(settings, seconds=seconds)) as source,
            client_of(settings, seconds) as client,
        ):
            target = MongoCheckPreflight(database_of(client, settings), self._shape, settings.check.repair)
            yield CheckEnds(
                source, target, EndNames(SOURCE, TARGET), f"{settings.mongodb.database} can be read"
            )

    def check_sides(self, before_attempt: BeforeAttempt) -> CheckSides:
        settings, shape = self._settings, self._shape
        source, database = source_client(settings), MongoConnection(settings)
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
