"""Both sides of a check whose target is MongoDB, as the check reads them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

import bson
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.read_preferences import ReadPreference

from connectors.base.errors import TerminalError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.get import PointReadResult
from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.rates import ReadRates
from connectors.model.canonical import value_digest
from connectors.model.keys import KeyReader, Schema, key_schema
from connectors.model.orders import SegmentOrder
from connectors.targets.check_contract import CheckSide, Form, PagesOf
from connectors.targets.dynamodb_api.check_side import EndpointCheckSide
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.pages import (
    CollectionPages,
    KeyedPages,
    RandomPages,
    bound_behind,
    faults_of,
    raw,
)
from connectors.targets.mongodb.typed import Forms, with_count


class DocumentForm(Form):
    def __init__(self, forms: Forms) -> None:
        self._of = forms.of_document

    def digest(self, item: bytes) -> bytes:
        return self._of(item).digest

    def fingerprint(self, item: bytes) -> bytes:
        form = self._of(bytes(item))
        return form.digest + value_digest(form.body)

    def key_json(self, item: bytes) -> bytes:
        return self._of(item).key

    def bound(self, item: bytes) -> bytes:
        return bound_behind(bytes(item))


class CollectionSide(CheckSide):
    """A collection that does not exist is read as an empty one."""

    def __init__(self, database: Callable[[], Database[Any]], shape: Shape) -> None:
        self._database, self._shape = database, shape

    def form(self, table: str, schema: Schema) -> DocumentForm:
        return DocumentForm(self._forms(table, schema))

    def pages(self, order: SegmentOrder, limit: int) -> Pages:
        return CollectionPages(self._collection(order.table), order.after, order.until, limit)

    def draws(self, order: SegmentOrder) -> PagesOf:
        """Every document has the same probability, whatever the segment. Documents without a key of the table
        are left out: they cannot be looked up at the source."""
        collection, forms = self._collection(order.table), self._forms(order.table, order.schema)
        pages: Pages = CollectionPages(collection) if order.total == 1 else RandomPages(collection)
        keyed = KeyedPages(pages, lambda document: forms.of_document(document).named)
        return lambda segment: keyed

    def again(self, table: str, segment: int, total: int) -> Pages:
        """The whole collection: a bound contains its position, so no segment is needed."""
        return CollectionPages(self._collection(table))

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> PointReadResult:
        """Uses the writer's filters, which have an index. Always reads the primary."""
        forms = self._forms(table, schema)
        filters = [wanted for wanted in map(forms.filter, keys) if wanted is not None]
        collection = raw(self._collection(table)).with_options(read_preference=ReadPreference.PRIMARY)
        with faults_of(table):
            documents = [
                bytes(document.raw) for query in together(filters) for document in collection.find(query)
            ]
        bodies: Dict[bytes, List[bytes]] = {}
        for document in documents:
            form = forms.of_document(document)
            bodies.setdefault(form.digest, []).append(form.body)
        return PointReadResult({digest: _one(there) for digest, there in bodies.items()}, 0.0)

    def _collection(self, table: str) -> Collection[Any]:
        return self._database()[table]

    def _forms(self, table: str, schema: Schema) -> Forms:
        return Forms(table, key_schema(schema), self._shape)


def together(filters: Sequence[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The fewest queries for exactly these documents, each on one index. Filters that differ only in their
    last value are joined."""
    groups: Dict[bytes, Tuple[Dict[str, Any], str, List[Any]]] = {}
    for condition in filters:
        *lead, (path, value) = condition.items()
        name = bson.encode({"lead": dict(lead), "last": path})
        groups.setdefault(name, (dict(lead), path, []))[2].append(value)
    return [{**lead, path: {"$in": values}} for lead, path, values in groups.values()]


def _one(bodies: List[bytes]) -> bytes:
    return bodies[0] if len(bodies) == 1 else with_count(sorted(bodies)[0], len(bodies))


class ConvertedSide(EndpointCheckSide):
    """The source, with its items converted to the documents that they would become."""

    def __init__(self, source: Caller, rates: ReadRates, shape: Shape) -> None:
        super().__init__(source, True, rates, lambda schema: Forms("", schema, shape).of_item)

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> PointReadResult:
        """Skips keys that are an `_id`: such a document has no item at the source."""
        reader = KeyReader(table, key_schema(schema))
        return super().look(table, schema, [key for key in keys if _is_key(reader, key)])


def _is_key(reader: KeyReader, key: bytes) -> bool:
    try:
        reader.values(key)
    except TerminalError:
        return False
    return True
