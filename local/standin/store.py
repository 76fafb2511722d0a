"""Runs statements in PostgreSQL and converts its errors to those of the API."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Awaitable, Callable, List, TypeVar

import asyncpg

from local.standin.faults import ApiError, internal, invalid

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5

PASSING = (
    # Locks are taken in key order, so a deadlock can only occur with another program that writes to the
    # tables.
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # The table was recreated after the statement was prepared.
    asyncpg.InvalidCachedStatementError,
    # Two processes ran CREATE ... IF NOT EXISTS at the same time.
    asyncpg.UniqueViolationError,
)

Result = TypeVar("Result")


class Store:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def execute(self, sql: str, *parameters: Any) -> None:
        await self.run(lambda connection: connection.execute(sql, *parameters))

    async def fetch(self, sql: str, *parameters: Any) -> List[Any]:
        return await self.run(lambda connection: connection.fetch(sql, *parameters))

    async def transaction(self, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        async def within(connection: asyncpg.Connection) -> Result:
            async with connection.transaction():
                return await work(connection)

        return await self.run(within)

    async def run(self, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        """The result of `work`. Raises MissingRelation, or ApiError for any other error of PostgreSQL."""
        attempt = 1
        while True:
            try:
                async with self._pool.acquire() as connection:
                    return await work(connection)
            except PASSING as error:
                if attempt == MOST_ATTEMPTS:
                    raise internal(f"PostgreSQL: {type(error).__name__}") from error
                attempt += 1
            except asyncpg.UndefinedTableError as error:
                raise MissingRelation from error
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as error:
                raise fault_of(error) from error


class MissingRelation(Exception):
    """The table existed when the request started, and does not exist any more."""


def fault_of(error: Exception) -> ApiError:
    if isinstance(error, asyncpg.DuplicateTableError):
        return invalid("PostgreSQL has a relation of that name which is not a table of this endpoint")
    if isinstance(error, asyncpg.ProgramLimitExceededError):
        return invalid("The key does not fit into an index row of PostgreSQL, which holds about 2,700 bytes")
    # PostgreSQL's message may quote a row; the class name and the code do not.
    code = getattr(error, "sqlstate", None)
    log.error("PostgreSQL failed: %s %s", type(error).__name__, code or "")
    return internal(f"PostgreSQL: {type(error).__name__} {code or ''}".rstrip())
