"""Opens what a worker of the check job works with, whatever its target is."""

from __future__ import annotations

from connectors.check.definitions import EndpointDefinitions
from connectors.check.endpoint import EndpointSide
from connectors.check.sides import Sides, open_source, open_target, reversed_
from connectors.config.settings import Settings
from connectors.dynamodb.write.flights import SocketFlights
from connectors.dynamodb.write.writer import BatchWriter
from connectors.forward.clients import BeforeAttempt, refuse_same_server
from connectors.scanning import rates_of


def open_sides(settings: Settings, before_write: BeforeAttempt = None) -> Sides:
    """`before_write` runs before each attempt at the target, where it is an endpoint reads too."""
    if settings.target == "mongodb":
        # Its driver is needed by those alone who check there.
        from connectors.mongodb.checked import open_mongodb

        return open_mongodb(settings, before_write or (lambda: None))
    source, target = open_source(settings), open_target(settings, before_attempt=before_write)
    refuse_same_server(settings)
    return Sides(
        source,
        # PolarDB refuses to be asked for consistent reads.
        EndpointSide(source, not reversed_(settings), rates_of(settings)),
        EndpointSide(target),
        EndpointDefinitions(source, target),
        lambda letters: BatchWriter(SocketFlights(target), letters, target.policy),
    )
