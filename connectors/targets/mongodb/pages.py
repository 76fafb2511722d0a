"""Reads a collection in the order of `_id`, from any position, in ranges that several readers divide.

A bound is BSON: `{"_id": x}` is the position after that document; with `"from": true`, the one before it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

import bson
import msgspec
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.errors import PyMongoError

from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.request import ScanPage
from connectors.targets.mongodb.decoding import OPTIONS, decode
from connectors.targets.mongodb.faults import error_of

PAGE = 1000
PAGE_BYTES = 4 << 20
"""A page ends after the document that exceeds this size."""
DRAWN = 20
"""Documents sampled per range, to choose the bounds. The sizes of the ranges then differ by about a fifth."""
Documents = Iterator[RawBSONDocument]


def raw(collection: Collection[Any]) -> Collection[Any]:
    """The collection, with its documents as received bytes."""
    return collection.with_options(codec_options=CodecOptions(document_class=RawBSONDocument))


def bound_behind(document: bytes) -> bytes:
    return bson.encode({"_id": decode(document)["_id"]})


def in_order(
    collection: Collection[Any], after: bytes, until: bytes = b"", projection: Optional[Dict[str, int]] = None
) -> Cursor[Any]:
    """In the order of `_id`, over all its types: a comparison with $gt would return one type only.

    `after` and `until` are bounds; empty: the ends of the collection. The document that `after` names is
    included.
    """
    cursor: Cursor[Any] = collection.find({}, projection).hint([("_id", 1)]).sort("_id", 1)
    if after:
        cursor = cursor.min([("_id", decode(after)["_id"])])
    if until:
        cursor = cursor.max([("_id", decode(until)["_id"])])
    return cursor


class CollectionPages(Pages):
    """The documents between two bounds: a `connectors.dynamodb.scan.pages.Pages`, whose items are BSON."""

    def __init__(
        self, collection: Collection[Any], start: bytes = b"", until: bytes = b"", size: int = 0
    ) -> None:
        """`until` has `from`. `size`: documents per page; 0: the default."""
        self._collection, self._start, self._until = raw(collection), start, until
        self._size = min(size or PAGE, PAGE)

    def after(self, key: bytes, limit: int = 0) -> ScanPage:
        after, size = key or self._start, limit or self._size
        cursor = in_order(self._collection, after, self._until).limit(size + 1).batch_size(size + 1)
        with faults_of(self._collection.name), cursor:
            return _page(cursor, after, size)


def _page(cursor: Documents, after: bytes, size: int) -> ScanPage:
    documents: List[msgspec.Raw] = []
    taken, last = 0, b""
    for document in cursor:
        body = bytes(document.raw)
        if not taken and bound_behind(body) == after:
            continue
        documents.append(msgspec.Raw(body))
        taken += len(body)
        if len(documents) == size or taken >= PAGE_BYTES:
            last = bound_behind(body)
            break
    return ScanPage(Items=documents, LastEvaluatedKey=msgspec.Raw(last))


class RandomPages(Pages):
    """A random sample of documents, a new one for each call: a `connectors.dynamodb.scan.pages.Pages`."""

    def __init__(self, collection: Collection[Any]) -> None:
        self._collection = raw(collection)

    def after(self, key: bytes, limit: int = 0) -> ScanPage:
        with faults_of(self._collection.name):
            documents = list(self._collection.aggregate([{"$sample": {"size": limit or PAGE}}]))
        return ScanPage(Items=[msgspec.Raw(document.raw) for document in documents])


class KeyedPages(Pages):
    """Pages without the documents that have no key of the table."""

    def __init__(self, pages: Pages, has_key: Callable[[bytes], bool]) -> None:
        self._pages, self._has_key = pages, has_key

    def after(self, key: bytes, limit: int = 0) -> ScanPage:
        page = self._pages.after(key, limit)
        page.Items = [item for item in page.Items if self._has_key(bytes(item))]
        return page


def bounds_of(collection: Collection[Any], ranges: int) -> List[bytes]:
    """Bounds that divide a collection into at most this many ranges of about equal size."""
    if ranges < 2:
        return []
    steps: List[Dict[str, Any]] = [
        {"$sample": {"size": ranges * DRAWN}},
        {"$project": {"_id": 1}},
        {"$sort": {"_id": 1}},
    ]
    with faults_of(collection.name):
        buckets = collection.with_options(codec_options=OPTIONS).aggregate(steps)
        drawn = [document["_id"] for document in buckets]
    places = (len(drawn) * number // ranges for number in range(1, ranges))
    bounds = [bson.encode({"_id": drawn[place], "from": True}) for place in places if place < len(drawn)]
    return list(dict.fromkeys(bounds))


@contextmanager
def faults_of(table: str) -> Iterator[None]:
    """Convert the driver's errors to the project's."""
    try:
        yield
    except PyMongoError as error:
        raise error_of(error, f"table {table}: reading from MongoDB") from None
