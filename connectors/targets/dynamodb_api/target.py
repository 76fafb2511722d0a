"""PolarDB's DynamoDB endpoint, or another endpoint of the protocol, as a target.

With `check.direction: reverse`, the check takes it as the source and DynamoDB as the target.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import Iterator, Optional

from connectors.config.choices import Direction
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import BeforeAttempt, refuse_same_server, source_client, target_client
from connectors.dynamodb.faults import SOURCE, TARGET
from connectors.dynamodb.scan.rates import rates_of
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import BatchWriter
from connectors.targets.check_contract import CheckEnds, CheckSides, EndNames
from connectors.targets.contract import Target
from connectors.targets.dynamodb_api.check_side import EndpointCheckSide
from connectors.targets.dynamodb_api.definitions import EndpointDefinitions
from connectors.targets.dynamodb_api.examination import EndpointExamination
from connectors.targets.dynamodb_api.preflight import EndpointPreflight
from connectors.targets.dynamodb_api.tables import EndpointTables


class PolarDbTarget(Target):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reversed = settings.check.direction is Direction.REVERSE

    @contextmanager
    def preflight(self, seconds: float) -> Iterator[EndpointPreflight]:
        refuse_same_server(self._settings)
        with closing(target_client(self._settings, seconds=seconds)) as client:
            yield EndpointPreflight(client, self._settings.polardb.endpoint or "")

    def tables(self, source: Caller, before_attempt: BeforeAttempt) -> EndpointTables:
        refuse_same_server(self._settings)
        return EndpointTables(self._settings, source, target_client(self._settings, before_attempt))

    @contextmanager
    def check_ends(self, seconds: float) -> Iterator[CheckEnds]:
        refuse_same_server(self._settings)
        with (
            closing(self._checked_source(seconds)) as source,
            closing(self._checked_target(seconds)) as target,
        ):
            names = EndNames(TARGET, SOURCE) if self._reversed else EndNames(SOURCE, TARGET)
            reached = f"{self._settings.polardb.endpoint} answers to these credentials"
            yield CheckEnds(source, EndpointExamination(target), names, reached, target)

    def check_sides(self, before_attempt: BeforeAttempt) -> CheckSides:
        """`before_attempt` runs before each attempt to read the target too."""
        refuse_same_server(self._settings)
        source, target = self._checked_source(), self._checked_target(None, before_attempt)
        return CheckSides(
            source,
            # PolarDB refuses consistent reads.
            EndpointCheckSide(source, not self._reversed, rates_of(self._settings)),
            EndpointCheckSide(target),
            EndpointDefinitions(source, target),
            lambda letters: BatchWriter(SocketInFlight(target), letters, target.policy),
        )

    def _checked_source(self, seconds: Optional[float] = None) -> Client:
        return (target_client if self._reversed else source_client)(self._settings, seconds=seconds)

    def _checked_target(
        self, seconds: Optional[float] = None, before_attempt: BeforeAttempt = None
    ) -> Client:
        return (source_client if self._reversed else target_client)(self._settings, before_attempt, seconds)
