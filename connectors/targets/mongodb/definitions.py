"""Compares a database's collections with the source's tables, for the check."""

from __future__ import annotations

import re
from typing import Any, Callable, List, Optional, Set

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from connectors.config.settings import Settings
from connectors.dynamodb.scan.segments import segments_for
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.keys import KeyAttribute, KeySchema, stored_schema
from connectors.targets.check_contract import Beside, Definitions
from connectors.targets.mongodb.board import COLLECTION
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.faults import error_of
from connectors.targets.mongodb.index_plan import MongoIndex, indexes_of, missing
from connectors.targets.mongodb.pages import bounds_of, faults_of

BY_ID = KeySchema(KeyAttribute("_id", "S"))
"""The key of a collection without a table at the source: its documents are identified by their `_id`."""
_ASIDE = re.compile(r"(.+)_[0-9]{14}").fullmatch
"""The names that `tables.existing: rename` gives to renamed collections."""


class CollectionDefinitions(Definitions):
    def __init__(self, database: Callable[[], Database[Any]], settings: Settings, shape: Shape) -> None:
        self._database, self._settings, self._shape = database, settings, shape

    def names(self) -> Set[str]:
        return collections_of(self._database())

    def beside(self, table: str, source: Optional[TableDescription]) -> Optional[Beside]:
        if table not in self.names():
            return None
        collection = self._database()[table]
        with faults_of(table):
            items = collection.estimated_document_count()
        size = self._size(table) or (source.TableSizeBytes if source else 0)
        whole = not self._settings.check.sample and not self._settings.check.keys
        ranges = self._settings.scan.segments or segments_for(size, self._settings.readers)
        return Beside(
            stored_schema(source.key_schema if source else BY_ID),
            self._differences(source) if source else ["the collection exists at the target only"],
            size,
            items,
            bounds_of(collection, ranges) if whole else None,
        )

    def _size(self, table: str) -> int:
        """0 if the user has no permission to read it."""
        try:
            return int(self._database().command("collStats", table).get("size") or 0)
        except OperationFailure:
            return 0
        except PyMongoError as error:
            raise error_of(error, f"table {table}: reading from MongoDB") from None

    def _differences(self, source: TableDescription) -> List[str]:
        wanted = indexes_of(source, self._shape, self._settings.tables.create_indexes)
        with faults_of(source.TableName):
            there = self._database()[source.TableName].index_information()
        return [f"the {_shown(index)} is missing at the target" for index in missing(wanted, dict(there))]


def collections_of(database: Database[Any]) -> Set[str]:
    """Without the collections that the forward job has renamed, its board, and the server's own."""
    try:
        names = set(database.list_collection_names(filter={"type": "collection"}, authorizedCollections=True))
    except PyMongoError as error:
        raise error_of(error, "reading from MongoDB") from None
    return migrated(names)


def migrated(names: Set[str]) -> Set[str]:
    """The names of collections that may hold a table's items."""
    others = {name for name in names if name.startswith("system.") or _is_aside(name, names)}
    return names - others - {COLLECTION}


def _is_aside(name: str, names: Set[str]) -> bool:
    match = _ASIDE(name)
    return match is not None and match.group(1) in names


def _shown(index: MongoIndex) -> str:
    fields = ", ".join(path if how == 1 else f"{path} ({how})" for path, how in index.keys)
    return f"{'unique ' if index.unique else ''}index on {fields}"
