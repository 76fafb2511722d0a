"""What is looked at before the forward job is submitted: settings, both sides, every table."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

from connectors.config.needs import require
from connectors.config.settings import Settings

if TYPE_CHECKING:  # a client may lack what the sides need
    from connectors.dynamodb.client import Client
    from connectors.targets.preflight.sides import PreflightOptions, PreflightSides, TargetSide


def validate(settings: Settings, resumed: bool) -> None:
    """Raises ConfigError or PreflightError; writes nothing. `resumed`: from a savepoint or checkpoint.

    Where the client lacks botocore (a VVR workspace may have it on the workers alone) only the settings
    are checked here; the enumerator checks the rest before it makes a table.
    """
    require_settings(settings)
    if importlib.util.find_spec("botocore") is not None:
        _look_at_both_sides(settings, resumed)


def require_settings(settings: Settings) -> None:
    """Raises ConfigError."""
    require(settings, *NEEDS[settings.target])
    if settings.streams.gap == "rescan":
        require(settings, "deadLetter.path")


def _look_at_both_sides(settings: Settings, resumed: bool) -> None:
    from connectors.model.dead_letters import FileDeadLetters
    from connectors.targets.preflight.check import preflight

    if settings.dead_letter.path:
        FileDeadLetters(settings.dead_letter.path)
    with open_sides(settings, ANSWER_SECONDS) as sides:
        tables = preflight(sides, wanted_of(settings, resumed))
    for table in tables:
        for warning in table.warnings:
            print(warning, file=sys.stderr)


def wanted_of(settings: Settings, resumed: bool = False) -> PreflightOptions:
    from connectors.targets.dynamodb_api.target import table_options
    from connectors.targets.preflight.sides import CopyMode, PreflightOptions

    return PreflightOptions(
        settings.filter, CopyMode(settings.mode), table_options(settings), settings.streams.enable, resumed
    )


@contextmanager
def open_sides(settings: Settings, seconds: float) -> Iterator[PreflightSides]:
    """`seconds` bounds each side's answer. Raises PreflightError where both are one server, PreflightError or
    TransientError where there are no credentials, ConfigError."""
    from connectors.dynamodb.clients import source_client, streams_client
    from connectors.targets.preflight.sides import PreflightSides

    source = source_client(settings, seconds=seconds)
    streams = streams_client(settings, seconds=seconds)
    try:
        with _target_side(settings, seconds, source) as target:
            yield PreflightSides(source, streams, target)
    finally:
        source.close()
        streams.close()


@contextmanager
def _target_side(settings: Settings, seconds: float, source: Client) -> Iterator[TargetSide]:
    if settings.target == "mongodb":
        from connectors.targets.mongodb.client import client_of, database_of
        from connectors.targets.mongodb.preflight import MongoPreflight
        from connectors.targets.mongodb.target import shape_of

        with client_of(settings, seconds) as mongodb:
            yield MongoPreflight(database_of(mongodb, settings), shape_of(settings))
    else:
        from connectors.dynamodb.clients import refuse_same_server, target_client
        from connectors.targets.dynamodb_api.preflight import EndpointPreflight

        client = target_client(settings, seconds=seconds)
        try:
            refuse_same_server(source, client)
            yield EndpointPreflight(client)
        finally:
            client.close()


NEEDS = {
    "polardb": ("polardb.endpoint", "polardb.accessKey"),
    "mongodb": ("mongodb.uri", "mongodb.database"),
}
ANSWER_SECONDS = 20.0
"""A side that does not answer for this long is called unreachable."""
