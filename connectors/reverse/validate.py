"""The checks before the reverse job is submitted, and its two commands that change the database."""

from __future__ import annotations

import importlib.util
from typing import Callable

from connectors.base.errors import ConfigError, PreflightError
from connectors.config.needs import require
from connectors.config.settings import Settings
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.tables.api import list_tables
from connectors.postgres.layout.from_settings import assignment_rules

NEEDS = ("polardb.hostname", "polardb.login")


def validate(settings: Settings, resumed: bool) -> int:
    """Raises ConfigError or PreflightError; writes nothing. Returns the position to start from, 0 for the
    slots' own. `resumed`: from a savepoint or checkpoint.

    If psycopg2 is not installed here (a VVR workspace may have it only on the workers), only the settings are
    checked; the enumerator checks the rest.
    """
    require_settings(settings)
    now = settings.reverse.start_position == "now" and not resumed
    if importlib.util.find_spec("psycopg2") is None:
        if now:
            raise ConfigError(
                "configuration", "reverse.startPosition", "now requires psycopg2 on the machine that submits"
            )
        return 0
    return _check_database(settings, now)


def identities(settings: Settings, resumed: bool) -> bytes:
    """The identities that a new job compares with, also after a restart before its first checkpoint. Empty:
    not known here, or part of the job's state. Raises as `validate` does.

    Writes one small transaction to the log for each slot, which makes the slot recognizable: see
    postgres.replication.identity."""
    if resumed or importlib.util.find_spec("psycopg2") is None:
        return b""
    from connectors.reverse.inspection import Inspection

    return Inspection(settings).identities()


def require_settings(settings: Settings) -> None:
    """Raises ConfigError."""
    require(settings, *NEEDS)
    if settings.reverse.missing_table == "create":
        require(settings, "polardb.endpoint", "polardb.accessKey")


def _check_database(settings: Settings, now: bool) -> int:
    from connectors.postgres.replication.connect import address_of
    from connectors.postgres.replication.slot import end_of_log
    from connectors.reverse.inspection import Inspection

    existing = Inspection(settings).problems()
    if existing:
        raise PreflightError("\n".join(existing))
    return end_of_log(address_of(settings)) if now else 0


def set_up(settings: Settings, say: Callable[[str], None]) -> None:
    """Raises ConfigError, PreflightError, ServiceError or TransientError."""
    from connectors.postgres.replication.connect import address_of
    from connectors.postgres.replication.setup import setup

    require(settings, *NEEDS)
    dynamodb = source_client(settings)
    try:
        names = list_tables(dynamodb)
    finally:
        dynamodb.close()
    setup(address_of(settings), settings.feeds, assignment_rules(settings), names, say)


def tear_down(settings: Settings, say: Callable[[str], None]) -> None:
    from connectors.postgres.replication.connect import address_of
    from connectors.postgres.replication.setup import teardown

    require(settings, *NEEDS)
    teardown(address_of(settings), settings.feeds, say)
