"""After a gap: reads all keys of a collection once, to find those that the source no longer has."""

from __future__ import annotations

from typing import Any, List, Optional, Protocol, Tuple

import bson
import msgspec
from pymongo.collection import Collection
from pymongo.errors import PyMongoError

from connectors.dynamodb.scan.request import ScanPage
from connectors.dynamodb.scan.segment import SegmentPosition
from connectors.dynamodb.scan.sweep import Sweep
from connectors.model.keys import KeySchema
from connectors.model.pages import ReadPage, ReadSplit
from connectors.targets.mongodb.convert import Shape, field_of
from connectors.targets.mongodb.faults import error_of
from connectors.targets.mongodb.keys import key_json
from connectors.targets.mongodb.pages import in_order

PAGE = 1000
_position = msgspec.msgpack.Decoder(SegmentPosition).decode

Keys = List[Tuple[bytes, Optional[bytes]]]
"""A document's `_id` as BSON, and its key as DynamoDB JSON; None for a document that has none."""


class KeyPages(Protocol):
    def after(self, last: bytes) -> Keys:
        """The keys after a document's `_id` (BSON; empty: from the first). An empty list at the end."""
        ...


class MongoKeyPages(KeyPages):
    """In the order of `_id`, over all its types."""

    def __init__(self, collection: Collection[Any], schema: KeySchema, shape: Shape) -> None:
        self._collection, self._schema, self._shape = collection, schema, shape
        self._fields = [field_of(attribute.name, shape) for attribute in schema.attributes]

    def after(self, last: bytes) -> Keys:
        projection = {"_id": 1, **dict.fromkeys(self._fields, 1)}
        cursor = in_order(self._collection, last, projection=projection)
        try:
            keys = [
                (bson.encode({"_id": document["_id"]}), key_json(document, self._schema, self._shape))
                for document in cursor.limit(PAGE + 1)
            ]
        except PyMongoError as error:
            raise error_of(error, f"table {self._collection.name}: reading its keys from MongoDB") from None
        return [key for key in keys if key[0] != last][:PAGE]


class SweepSplit(ReadSplit):
    """One segment reads the whole collection; any others are empty."""

    def __init__(
        self, split_id: str, segment: int, pages: KeyPages, sweep: Sweep, saved: Optional[bytes]
    ) -> None:
        self.split_id, self._pages, self._sweep = split_id, pages, sweep
        self._position = _position(saved) if saved else SegmentPosition(done=segment > 0)

    def next_page(self) -> Optional[ReadPage]:
        keys = [] if self._position.done else self._pages.after(self._position.key)
        if not keys:
            self._position = SegmentPosition(done=True)
            return ReadPage(self._position.encode(), 0, done=True)
        items = [msgspec.Raw(key) for _, key in keys if key is not None]
        missing = self._sweep.missing(ScanPage(Items=items))
        self._position = SegmentPosition(keys[-1][0])
        return ReadPage(
            self._position.encode(),
            sum(map(len, missing)),
            len(keys),
            missing,
            deletes=True,
            origin=self.split_id,
        )

    def next_awake(self) -> float:
        return 0.0

    def close(self) -> None:
        pass
