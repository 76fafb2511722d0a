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
"""A silently lost network connection is detected after 25 seconds."""
_OPTIONS = " ".join(
    f"-c {name}=0"
    for name in (
        "statement_timeout",
        "lock_timeout",
        "idle_session_timeout",
        "idle_in_transaction_session_timeout",
    )
)
"""Timeouts set for a role or a database, for its applications, would end these sessions."""
SHORTEST_SILENCE_MS = 10_000
"""The lowest wal_sender_timeout that is accepted: Python may stall for a second."""

_WRONG = (
    errors.InvalidPassword,
    errors.InvalidAuthorizationSpecification,
    errors.InsufficientPrivilege,
    errors.InvalidCatalogName,
)


class Address(NamedTuple):
    """The address of the database, and the credentials."""

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
    """Open a connection in autocommit mode; `purpose` is shown in pg_stat_activity.

    Raises PreflightError where a retry cannot help, TransientError otherwise.
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
            # Documents are read as UTF-8, whatever encoding the role or the database is set to.
            client_encoding="UTF8",
            options=_OPTIONS,
            **_KEEPALIVES,
            **options,
        )
        if not replication:  # a replication connection is always in autocommit mode
            connection.autocommit = True
        if connection.server_version >= 170000:
            _run(connection, "SET transaction_timeout = 0")
    return connection


def silence(connection: Any) -> float:
    """Seconds without a report after which the server ends this replication connection. A very short timeout
    is raised, for this connection only. Raises psycopg2.Error."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'wal_sender_timeout'")
        milliseconds = int(cursor.fetchone()[0])
    if 0 < milliseconds < SHORTEST_SILENCE_MS:
        milliseconds = SHORTEST_SILENCE_MS
        _run(connection, f"SET wal_sender_timeout = {milliseconds}")
    return milliseconds / 1000 if milliseconds else float("inf")


def _run(connection: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def connected(address: Address, purpose: str, doing: str) -> Iterator[Any]:
    """A connection for the duration of the block. Raises as `connect` does, and converts psycopg2's errors
    from the block as `failures` does."""
    connection = connect(address, purpose)
    try:
        with failures(address, doing):
            yield connection
    finally:
        connection.close()


@contextmanager
def failures(address: Address, doing: str) -> Iterator[None]:
    """Convert psycopg2's errors to PolarshakeError. The role's name, which PostgreSQL quotes, is redacted."""
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
    """What to change, where waiting cannot help. A failed connection has no error code, only a message."""
    if isinstance(error, errors.InvalidPassword) or "password authentication failed" in words:
        return "Check --polardbusername and --polardbpassword."
    if "no pg_hba.conf entry" in words:
        return "Allow connections from this machine's address, and replication connections for the role."
    if isinstance(error, errors.InvalidCatalogName) or ('database "' in words and "does not exist" in words):
        return "Set polardb.database to the database that holds the tables."
    if isinstance(error, errors.InsufficientPrivilege) or "must be superuser or replication role" in words:
        return "The role may not do this: see the required rights in docs/reverse.md."
    return "The role may not log in." if isinstance(error, _WRONG) else None
