"""Connections to PolarDB's PostgreSQL, and what their failures mean."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, NamedTuple, Optional

import psycopg2
from psycopg2 import errors
from psycopg2.extras import LogicalReplicationConnection

from connectors.base.errors import ConfigError, PolarshakeError, PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.config.settings import Settings

CONNECT_SECONDS = 10
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A network that has gone without a word is noticed after 25 seconds."""

_WRONG = (
    errors.InvalidPassword,
    errors.InvalidAuthorizationSpecification,
    errors.InsufficientPrivilege,
    errors.InvalidCatalogName,
)


class Address(NamedTuple):
    """Where the database is, and as whom to log in."""

    hostname: str
    port: int
    database: str
    username: Secret
    password: Secret


def address_of(settings: Settings) -> Address:
    """Raises ConfigError."""
    polardb = settings.polardb
    if polardb.hostname is None or polardb.login is None:
        raise ConfigError("application.yaml", "polardb", "hostname, user name and password are needed")
    login = polardb.login
    return Address(polardb.hostname, polardb.port, polardb.database, login.username, login.password)


def connect(address: Address, purpose: str, replication: bool = False) -> Any:
    """An autocommitting connection; `purpose` shows in pg_stat_activity.

    Raises PreflightError where trying again cannot help, TransientError otherwise.
    """
    options = {"connection_factory": LogicalReplicationConnection} if replication else {}
    with failures(address, "connecting"):
        connection = psycopg2.connect(
            host=address.hostname,
            port=address.port,
            dbname=address.database,
            user=address.username.reveal(),
            password=address.password.reveal(),
            application_name=f"polarshake {purpose}",
            connect_timeout=CONNECT_SECONDS,
            **_KEEPALIVES,
            **options,
        )
        if not replication:  # it is always so there
            connection.autocommit = True
    return connection


@contextmanager
def connected(address: Address, purpose: str, doing: str) -> Iterator[Any]:
    """A connection for as long as the block takes. Raises as `connect`, and for psycopg2's errors out of the
    block as `failures`."""
    connection = connect(address, purpose)
    try:
        with failures(address, doing):
            yield connection
    finally:
        connection.close()


@contextmanager
def failures(address: Address, doing: str) -> Iterator[None]:
    """psycopg2's errors as ours. The role's name counts as a secret; PostgreSQL quotes it."""
    try:
        yield
    except psycopg2.Error as error:
        raise _explained(address, doing, error) from None


def _explained(address: Address, doing: str, error: psycopg2.Error) -> PolarshakeError:
    words = " ".join(str(error).split()).replace(address.username.reveal(), "***")
    text = f"PostgreSQL at {address.hostname}:{address.port}, database {address.database}: {doing}: {words}"
    advice = _advice(error, words)
    return PreflightError(f"{text}. {advice}") if advice else TransientError(text)


def _advice(error: psycopg2.Error, words: str) -> Optional[str]:
    """What to change, where waiting cannot help. A failed connection has no code, only words."""
    if isinstance(error, errors.InvalidPassword) or "password authentication failed" in words:
        return "Check --polardbusername and --polardbpassword."
    if "no pg_hba.conf entry" in words:
        return "Allow this machine's address to connect, and replication to the role."
    if isinstance(error, errors.InvalidCatalogName) or ('database "' in words and "does not exist" in words):
        return "Set polardb.database to the database that holds the tables."
    if isinstance(error, errors.InsufficientPrivilege) or "must be superuser or replication role" in words:
        return "The role may not do this: see the rights in docs/reverse.md."
    return "The role may not log in." if isinstance(error, _WRONG) else None
