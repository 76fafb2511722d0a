"""The board, in a collection of its own in the target's database."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

from bson.binary import Binary
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.read_preferences import ReadPreference

from connectors.model.board import Board
from connectors.targets.mongodb.faults import error_of

COLLECTION = "polarshake_board"
"""Created by the first write. A document's `_id` is its place."""
TRIES = 3
"""If two upserts of one `_id` run at the same time, one may fail as a duplicate."""


class CollectionBoard(Board):
    def __init__(self, database: Callable[[], Database[Any]]) -> None:
        self._database = database

    def publish(self, place: str, document: bytes) -> None:
        row = {"_id": place, "document": Binary(document)}
        for attempt in range(1, TRIES + 1):
            try:
                self._collection().replace_one({"_id": place}, row, upsert=True)
                return
            except DuplicateKeyError as error:
                if attempt == TRIES:
                    raise error_of(error, "publishing to the board") from None
            except PyMongoError as error:
                raise error_of(error, "publishing to the board") from None

    def read(self, places: Sequence[str]) -> Dict[str, bytes]:
        try:
            rows = self._collection().find({"_id": {"$in": list(places)}})
            return {row["_id"]: bytes(row["document"]) for row in rows}
        except PyMongoError as error:
            raise error_of(error, "reading the board") from None

    def remove(self, places: Sequence[str]) -> None:
        try:
            self._collection().delete_many({"_id": {"$in": list(places)}})
        except PyMongoError as error:
            raise error_of(error, "removing documents from the board") from None

    def _collection(self) -> Collection[Any]:
        # The connection string may prefer secondaries, which lag.
        return self._database().get_collection(COLLECTION, read_preference=ReadPreference.PRIMARY)
