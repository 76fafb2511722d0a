"""Checks before the forward job is submitted: settings, both sides, every table."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Iterator, Tuple

from connectors.config.choices import OnError
from connectors.config.filters import NameMatcher
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
    from connectors.targets.preflight.check import admit, examine

    # A job that resumes may have suspended such a table already, and must not be kept from the others.
    spare = resumed and settings.tables.on_error is OnError.SUSPEND
    with open_sides(settings, ANSWER_SECONDS) as sides:
        admitted = admit(examine(sides, wanted_of(settings, resumed)), spare)
    for line in admitted.spared:
        print(f"not moved: {line}", file=sys.stderr)
    for table in admitted.tables:
        for warning in table.warnings:
            print(warning, file=sys.stderr)


def wanted_of(settings: Settings, resumed: bool = False) -> PreflightOptions:
    from connectors.dynamodb.tables.from_settings import table_options
    from connectors.targets.preflight.sides import PreflightOptions

    return PreflightOptions(
        Moved(settings), settings.mode, table_options(settings), settings.streams.enable, resumed
    )


class Moved:
    """The filter, without the tables that tables.release names."""

    def __init__(self, settings: Settings) -> None:
        self._filter, self._released = settings.filter, NameMatcher(settings.tables.release)

    @property
    def white_table_set(self) -> Tuple[str, ...]:
        return self._filter.white_table_set

    def allows(self, name: str) -> bool:
        return self._filter.allows(name) and not self._released.match(name)


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
