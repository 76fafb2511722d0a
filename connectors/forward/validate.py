"""Checks before the forward job is submitted: settings, both sides, every table."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Iterator

from connectors.config.needs import require
from connectors.config.settings import Settings
from connectors.targets.open import kind_of, open_target

if TYPE_CHECKING:  # the client may lack the packages that the sides need
    from connectors.targets.preflight.sides import PreflightOptions, PreflightSides


def validate(settings: Settings, resumed: bool) -> None:
    """Raises ConfigError or PreflightError; writes nothing. `resumed`: from a savepoint or checkpoint.

    If the client lacks botocore (a VVR workspace may have it on the workers only), only the settings are
    checked here. The enumerator checks the rest before it creates a table.
    """
    require_settings(settings)
    if importlib.util.find_spec("botocore") is not None:
        _look_at_both_sides(settings, resumed)


def require_settings(settings: Settings) -> None:
    """Raises ConfigError."""
    require(settings, *kind_of(settings).needs)


def _look_at_both_sides(settings: Settings, resumed: bool) -> None:
    from connectors.targets.preflight.check import preflight

    with open_sides(settings, ANSWER_SECONDS) as sides:
        tables = preflight(sides, wanted_of(settings, resumed))
    for table in tables:
        for warning in table.warnings:
            print(warning, file=sys.stderr)


def wanted_of(settings: Settings, resumed: bool = False) -> PreflightOptions:
    from connectors.dynamodb.tables.from_settings import table_options
    from connectors.targets.preflight.sides import PreflightOptions

    return PreflightOptions(
        settings.filter, settings.mode, table_options(settings), settings.streams.enable, resumed
    )


@contextmanager
def open_sides(settings: Settings, seconds: float) -> Iterator[PreflightSides]:
    """`seconds` bounds each side's answer. Raises PreflightError where both are one server, PreflightError or
    TransientError where there are no credentials, ConfigError."""
    from connectors.dynamodb.clients import source_client, streams_client
    from connectors.targets.preflight.sides import PreflightSides

    with ExitStack() as opened:
        source = opened.enter_context(closing(source_client(settings, seconds=seconds)))
        streams = opened.enter_context(closing(streams_client(settings, seconds=seconds)))
        target = opened.enter_context(open_target(settings).preflight(seconds))
        yield PreflightSides(source, streams, target)


ANSWER_SECONDS = 20.0
"""Seconds after which a side that does not respond is reported as unreachable."""
