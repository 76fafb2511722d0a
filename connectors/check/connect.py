"""Opens what a worker of the check job works with, whatever its target is."""

from __future__ import annotations

from connectors.check.definitions import EndpointDefinitions
from connectors.check.sides import CheckSides, open_source, open_target, reversed_
from connectors.config.settings import Settings
from connectors.dynamodb.clients import BeforeAttempt, refuse_same_server
from connectors.dynamodb.scan.rates import rates_of
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import BatchWriter
from connectors.targets.dynamodb_api.check_side import EndpointCheckSide


def open_sides(settings: Settings, before_write: BeforeAttempt = None) -> CheckSides:
    """`before_write` runs before each attempt at the target, where it is an endpoint reads too."""
    if settings.target == "mongodb":
        # Its driver is needed by those alone who check there.
        from connectors.targets.mongodb.check_sides import open_mongodb

        return open_mongodb(settings, before_write or (lambda: None))
    source, target = open_source(settings), open_target(settings, before_attempt=before_write)
    refuse_same_server(source, target)
    return CheckSides(
        source,
        # PolarDB refuses to be asked for consistent reads.
        EndpointCheckSide(source, not reversed_(settings), rates_of(settings)),
        EndpointCheckSide(target),
        EndpointDefinitions(source, target),
        lambda letters: BatchWriter(SocketInFlight(target), letters, target.policy),
    )
