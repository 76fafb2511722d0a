"""Connections to PolarDB's PostgreSQL, and what their failures mean.

SQLSTATE decides, never the words of a message: the server may speak another language (lc_messages), and words
may contain a role's name.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Dict, Iterator, NamedTuple, Optional, Union

import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from connectors.base.errors import ConfigError, PolarshakeError, PreflightError, TransientError
from connectors.base.secret import Secret
from connectors.config.settings import Settings
from connectors.postgres.replication.sqlstate import advice, sqlstate_of_login

CONNECT_SECONDS = 10
_KEEPALIVES = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A silently lost network connection is detected after 25 seconds."""
_TIMEOUTS = (
    "statement_timeout",
    "lock_timeout",
    "idle_session_timeout",
    "idle_in_transaction_session_timeout",
)
"""Set for a role or a database, for its applications, they would end these sessions."""
_OPTIONS = " ".join(
    (*(f"-c {name}=0" for name in _TIMEOUTS), "-c bytea_output=hex", "-c client_min_messages=warning")
)
"""PostgreSQL 18 says in a warning that it omits changes: see copyboth."""
SHORTEST_SILENCE_MS = 10_000
"""The lowest wal_sender_timeout that is accepted: Python may stall for a second."""


class Address(NamedTuple):
    """The address of the database, and the credentials."""

    hostname: str
    port: int
    database: str
    username: Secret
    password: Secret
    ssl_mode: str = "prefer"
    ssl_root_cert: Optional[str] = None


def address_of(settings: Settings) -> Address:
    """Raises ConfigError."""
    polardb = settings.polardb
    if polardb.hostname is None or polardb.login is None:
        raise ConfigError("application.yaml", "polardb", "hostname, user name and password are needed")
    login = polardb.login
    return Address(
        polardb.hostname,
        polardb.port,
        polardb.database,
        login.username,
        login.password,
        polardb.ssl_mode,
        polardb.ssl_root_cert,
    )


def connect(address: Address, purpose: str, replication: bool = False) -> Any:
    """Open a connection in autocommit mode; `purpose` is shown in pg_stat_activity.

    Raises PreflightError where a retry cannot help, TransientError otherwise.
    """
    options = {"connection_factory": LogicalReplicationConnection} if replication else {}
    parameters = _parameters(address, purpose)
    with failures(
        address, "connecting", {**parameters, **({"replication": "database"} if replication else {})}
    ):
        connection = psycopg2.connect(**parameters, **options)
        if not replication:  # a replication connection is always in autocommit mode
            connection.autocommit = True
        if connection.server_version >= 170000:
            _run(connection, "SET transaction_timeout = 0")
    return connection


def _parameters(address: Address, purpose: str) -> Dict[str, Union[str, int]]:
    """Those of libpq. They take precedence over PGSSLMODE and the like in the environment."""
    trusted = {"sslrootcert": address.ssl_root_cert} if address.ssl_root_cert else {}
    return {
        "host": address.hostname,
        "port": address.port,
        "dbname": address.database,
        "user": address.username.reveal(),
        "password": address.password.reveal(),
        "application_name": f"polarshake {purpose}",
        "connect_timeout": CONNECT_SECONDS,
        # Documents are read as UTF-8, whatever encoding the role or the database is set to.
        "client_encoding": "UTF8",
        "options": _OPTIONS,
        "sslmode": address.ssl_mode,
        **trusted,
        **_KEEPALIVES,
    }


def encryption(connection: Any) -> str:
    """The TLS version and cipher in use; empty without TLS."""
    info = connection.info
    return f"{info.ssl_attribute('protocol')}, {info.ssl_attribute('cipher')}" if info.ssl_in_use else ""


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
def failures(
    address: Address, doing: str, login: Optional[Dict[str, Union[str, int]]] = None
) -> Iterator[None]:
    """Convert psycopg2's errors to PolarshakeError. The role's name, which PostgreSQL quotes, is redacted.
    `login`: libpq's parameters, if the block opens a connection."""
    try:
        yield
    except psycopg2.Error as error:
        # A failed connection has no code in psycopg2.
        code = error.pgcode or (sqlstate_of_login(login) if login else "")
        raise _explained(address, doing, error, code) from None


def _explained(address: Address, doing: str, error: psycopg2.Error, code: str) -> PolarshakeError:
    words = redacted(" ".join(str(error).split()), address.username.reveal())
    shown = f" (SQLSTATE {code})" if code else ""
    server = f"PostgreSQL at {address.hostname}:{address.port}, database {address.database}"
    text = f"{server}: {doing}: {words}{shown}"
    helpful = advice(code)
    return PreflightError(f"{text}. {helpful}") if helpful else TransientError(text)


def redacted(words: str, name: str) -> str:
    """Without the role's name, as a whole word: a role may be called rep, and then `replication` stays."""
    return re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "***", words) if name else words
