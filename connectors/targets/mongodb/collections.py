"""Ensures that a table's collection exists, in a state that the configuration allows."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional

from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError

from connectors.base.errors import PreflightError
from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.faults import (
    CREDENTIALS,
    DUPLICATES,
    OF_ONE_TABLE,
    advice,
    error_of,
    kind_of,
    server_message,
)
from connectors.targets.mongodb.index_plan import (
    MongoIndex,
    clash,
    foreign_unique,
    indexes_of,
    kind_problem,
    missing,
    name_problem,
    shard_key,
)

ALREADY = frozenset({20, 23, 48, 85, 86})
"""Already sharded in this way (20, 23), NamespaceExists, and two codes for an existing index with other
options."""


class Collections:
    def __init__(
        self, database: Database[Any], shape: Shape, existing: Existing, secondary: bool = True
    ) -> None:
        """`secondary`: also create indexes for the table's secondary indexes."""
        self._database, self._shape = database, shape
        self._existing, self._secondary = existing, secondary

    def ensure(
        self, source: TableDescription, first_attempt: bool = True, existing: Optional[Existing] = None
    ) -> List[str]:
        """Returns once the collection accepts writes, with a warning for each reason why it may refuse some.

        Call it only while no saved position of the table's scan exists: RECREATE drops the collection and
        RENAME renames it at every call.

        `first_attempt` is False when an earlier attempt of the same run may have written. Safe to repeat.
        Raises PreflightError, TerminalError, TransientError.
        """
        table, policy = source.TableName, existing or self._existing
        problem = name_problem(source, self._database.name, self._shape)
        if problem:
            raise TableError(table, FaultKind.TARGET_REFUSES, f"{problem}.")
        with _explained(table, "its collection"):
            there = self._there(table)
            if there and policy in (Existing.KEEP, Existing.FAIL):
                self._require_fit(table)
            if there and policy is Existing.FAIL and first_attempt and self._filled(table):
                raise TableError(table, FaultKind.TARGET_DIFFERS, f"{filled_problem()}.")
            if there and policy in (Existing.RECREATE, Existing.RENAME):
                self._clear(table, policy)
                there = False
            if not there:
                self._create(source)
            return self._index(source)

    def _there(self, table: str) -> bool:
        return bool(self._database.list_collection_names(filter={"name": table}))

    def _require_fit(self, table: str) -> None:
        problem = listed_problem(self._database, table)
        if problem:
            raise TableError(table, FaultKind.TARGET_DIFFERS, f"{problem}.")

    def _filled(self, table: str) -> bool:
        return self._database[table].find_one({}, {"_id": 1}) is not None

    def _clear(self, table: str, policy: Existing) -> None:
        """An empty collection is dropped, not renamed: repeated attempts would each leave one."""
        if policy is Existing.RENAME and self._filled(table):
            aside = f"{table}_{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
            self._database[table].rename(aside)
        else:
            self._database.drop_collection(table)

    def _create(self, source: TableDescription) -> None:
        try:
            self._database.create_collection(source.TableName)
        except CollectionInvalid:
            pass
        except OperationFailure as error:
            if error.code not in ALREADY:
                raise
        if self._shape.sharded:
            self._shard(source)

    def _shard(self, source: TableDescription) -> None:
        for command in shard_commands(self._database.name, source, self._shape):
            try:
                self._database.client.admin.command(command)
            except OperationFailure as error:
                if error.code not in ALREADY:
                    raise

    def _index(self, source: TableDescription) -> List[str]:
        collection = self._database[source.TableName]
        wanted = indexes_of(source, self._shape, self._secondary)
        existing: Dict[str, Any] = dict(collection.index_information())
        problem = clash(wanted, existing)
        if problem:
            raise TableError(source.TableName, FaultKind.TARGET_DIFFERS, f"{problem}.")
        for index in missing(wanted, existing):
            self._make(collection, index)
        return [
            f"its collection has a unique index {name} that is not the key's; documents it refuses become "
            f"dead letters"
            for name in foreign_unique(wanted, existing)
        ]

    @staticmethod
    def _make(collection: Any, index: MongoIndex) -> None:
        try:
            collection.create_index(list(index.keys), unique=index.unique)
        except OperationFailure as error:
            if index.unique and error.code in DUPLICATES:
                raise TableError(
                    collection.name,
                    FaultKind.TARGET_DIFFERS,
                    "its collection holds documents with the same key, so the key "
                    "cannot be unique. Remove them, or set tables.existing.",
                ) from None
            raise


def collection_id(database: Database[Any], table: str) -> Optional[str]:
    """The collection's UUID; empty if the server gives none, None if there is no such collection. Raises
    TableError, TerminalError, TransientError."""
    with _explained(table, "its collection"):
        for listed in database.list_collections(filter={"name": table}):
            uuid = listed.get("info", {}).get("uuid")
            return str(uuid) if uuid is not None else ""
    return None


def listed_problem(database: Database[Any], table: str) -> Optional[str]:
    """Why the existing collection cannot hold the table; None if it can, or if there is no collection. Raises
    PyMongoError."""
    problems = (kind_problem(listed) for listed in database.list_collections(filter={"name": table}))
    return next((problem for problem in problems if problem), None)


def shard_commands(database: str, source: TableDescription, shape: Shape) -> List[Dict[str, Any]]:
    """For a mongos, in order (command reference: enableSharding, shardCollection)."""
    return [
        {"enableSharding": database},
        {"shardCollection": f"{database}.{source.TableName}", "key": shard_key(source, shape)},
    ]


def filled_problem() -> str:
    return (
        "its collection holds documents and tables.existing is fail. Set it to keep to write into it, to "
        "rename to give it another name first, or to recreate, which DROPS it first"
    )


@contextmanager
def _explained(table: str, what: str) -> Iterator[None]:
    """Convert the driver's errors to the project's. A refusal names what was refused."""
    try:
        yield
    except OperationFailure as error:
        refusal = f"MongoDB refuses to make or look at {what}: {server_message(error)}."
        refusal += advice(error.code or 0)
        if error.code in CREDENTIALS:
            raise PreflightError(f"table {table}: {refusal}") from None
        if error.code in OF_ONE_TABLE:
            raise TableError(table, kind_of(error.code or 0), refusal) from None
        raise error_of(error, f"table {table}: {what}") from None
    except PyMongoError as error:
        raise error_of(error, f"table {table}: {what}") from None
