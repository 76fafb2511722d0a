"""Opens the endpoint's database, and creates it if it is missing and the role may create it."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

import asyncpg

from connectors.base.errors import ConfigError, PreflightError

DATABASE = "polardb_internal_dynamodb"
POOL_SIZE = 8
"""Maximum connections. PostgreSQL does the work, so more than a few connections per core only add waiting
time."""

KEYED_PLANS = {
    # Every statement uses the primary key or the hash index. A new table has no statistics yet, and a plan
    # that scans or hashes the whole table would be cached until the connection ends.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "application_name": "polardb-standin",
}


def check_dsn(dsn: str) -> None:
    """Raises ConfigError."""
    parts = urlsplit(dsn)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ConfigError("--dsn", "scheme", f"{parts.scheme!r} is not supported", ("postgresql",))
    if parts.password or "password=" in parts.query:
        raise ConfigError(
            "--dsn",
            "password",
            "arguments are visible to every user of the machine: set PGPASSWORD or PGPASSFILE",
        )


async def open_pool(dsn: str) -> asyncpg.Pool:
    """Raises PreflightError."""
    try:
        return await _pool(dsn)
    except asyncpg.InvalidCatalogNameError:
        await _create_database(dsn)
        return await _pool(dsn)
    except (OSError, asyncpg.PostgresError) as error:
        raise PreflightError(f"--dsn: the stand-in cannot connect to PostgreSQL: {error}") from error


async def _pool(dsn: str) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        dsn,
        database=DATABASE,
        min_size=1,
        max_size=POOL_SIZE,
        command_timeout=60,
        init=_check_encoding,
        server_settings=KEYED_PLANS,
    )


async def _check_encoding(connection: asyncpg.Connection) -> None:
    encoding: Optional[str] = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise PreflightError(f"database {DATABASE} has encoding {encoding}: create it with ENCODING 'UTF8'")


async def _create_database(dsn: str) -> None:
    maintenance = urlsplit(dsn).path.lstrip("/")
    if maintenance in ("", DATABASE):
        maintenance = "postgres"
    try:
        connection = await asyncpg.connect(dsn, database=maintenance)
        try:
            await connection.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")
        finally:
            await connection.close()
    except asyncpg.DuplicateDatabaseError:
        return
    except (OSError, asyncpg.PostgresError) as error:
        raise PreflightError(f"database {DATABASE} is missing and cannot be created: {error}") from error
