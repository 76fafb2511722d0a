"""What is looked at before the forward job is submitted: settings, both sides, every table."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

from connectors.config.needs import require
from connectors.config.settings import Settings

if TYPE_CHECKING:  # a client may lack what the sides need
    from connectors.preflight.sides import Sides, TargetSide, Wanted


def look_before(settings: Settings, resumed: bool) -> None:
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
    from connectors.deadletter import FileDeadLetters
    from connectors.preflight.check import preflight

    if settings.dead_letter.path:
        FileDeadLetters(settings.dead_letter.path)
    with open_sides(settings, ANSWER_SECONDS) as sides:
        tables = preflight(sides, wanted_of(settings, resumed))
    for table in tables:
        for warning in table.warnings:
            print(warning, file=sys.stderr)


def wanted_of(settings: Settings, resumed: bool = False) -> Wanted:
    from connectors.forward.polardb import table_options
    from connectors.preflight.sides import Mode, Wanted

    return Wanted(
        settings.filter, Mode(settings.mode), table_options(settings), settings.streams.enable, resumed
    )


@contextmanager
def open_sides(settings: Settings, seconds: float) -> Iterator[Sides]:
    """`seconds` bounds each side's answer. Raises PreflightError where both are one server, PreflightError or
    TransientError where there are no credentials, ConfigError."""
    from connectors.forward.clients import refuse_same_server, source_client, streams_client
    from connectors.preflight.sides import Sides

    refuse_same_server(settings)
    source = source_client(settings, seconds=seconds)
    streams = streams_client(settings, seconds=seconds)
    try:
        with _target_side(settings, seconds) as target:
            yield Sides(source, streams, target)
    finally:
        source.close()
        streams.close()


@contextmanager
def _target_side(settings: Settings, seconds: float) -> Iterator[TargetSide]:
    if settings.target == "mongodb":
        from connectors.mongodb.checks import MongoSide
        from connectors.mongodb.client import client_of, database_of
        from connectors.mongodb.target import shape_of

        with client_of(settings, seconds) as mongodb:
            yield MongoSide(database_of(mongodb, settings), shape_of(settings))
    else:
        from connectors.forward.clients import target_client
        from connectors.preflight.endpoint import EndpointSide

        client = target_client(settings, seconds=seconds)
        try:
            yield EndpointSide(client)
        finally:
            client.close()


NEEDS = {
    "polardb": ("polardb.endpoint", "polardb.accessKey"),
    "mongodb": ("mongodb.uri", "mongodb.database"),
}
ANSWER_SECONDS = 20.0
"""A side that does not answer for this long is called unreachable."""
