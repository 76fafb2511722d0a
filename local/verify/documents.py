"""MongoDB as a side of the comparison: its documents, and the document that an item should become.

It implements the table of conversions in docs/mongodb.md, and uses no code of the job.
"""

from __future__ import annotations

import base64
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pymongo
from bson import Decimal128, Int64, ObjectId

from local.verify.canonical import DIGEST_SIZE, canonical, encode, key_form, number_form
from local.verify.tables import Key, attribute_names

Item = Dict[str, Any]
PAGE = 1000
LARGEST = 2**63
DIGITS = 34


class Documents:
    """The documents of a database. `convert` and `document_id` as in application.yaml. Thread-safe."""

    def __init__(
        self,
        uri: str,
        database: str,
        convert: str = "change",
        document_id: str = "objectId",
        prefix: str = "pre",
    ) -> None:
        self.client: pymongo.MongoClient[Any] = pymongo.MongoClient(uri)
        self.database = self.client[database]
        self.form = (convert, document_id)
        self._raw, self._key_as_id, self._prefix = convert == "raw", document_id == "key", prefix

    def key(self, table: str, of_source: Optional[Key]) -> Optional[Key]:
        """The key schema. A collection has none, so the source's is returned."""
        return of_source if table in self.database.list_collection_names() else None

    def reducer(self, names: List[str]) -> Callable[[Item], Tuple[bytes, bytes]]:
        """The function that returns the key and the digest that an item's document should have."""

        def reduce(item: Item) -> Tuple[bytes, bytes]:
            return key_form(item, names), _digest(self._expected(item))

        return reduce

    def read(self, table: str, key: Key) -> Iterator[List[Tuple[bytes, bytes]]]:
        page: List[Tuple[bytes, bytes]] = []
        for document in self.database[table].find():
            typed = self._found(document, key)
            page.append((key_form(self._key(document, key), attribute_names(key)), _digest(typed)))
            if len(page) == PAGE:
                yield page
                page = []
        yield page

    def items(self, table: str) -> List[Item]:
        """All items as DynamoDB JSON; only with convert: raw."""
        assert self._raw
        return [self._item(document) for document in self.database[table].find()]

    def close(self) -> None:
        self.client.close()

    def _item(self, document: Item) -> Item:
        fields = {name: value for name, value in document.items() if name != "_id"}
        renamed = f"{self._prefix}_id"
        if renamed in fields:
            fields["_id"] = fields.pop(renamed)
        return {name: _text(value) for name, value in fields.items()}

    def _expected(self, item: Item) -> bytes:
        if self._raw:
            return canonical(item)
        return encode({self._field(name): plain(value) for name, value in item.items()})

    def _found(self, document: Item, key: Key) -> bytes:
        identity = document["_id"]
        if self._key_as_id:
            fields = [document[self._field(name)] for name in attribute_names(key)]
            parts = list(identity.values()) if len(fields) > 1 else [identity]
            assert parts == fields, f"_id {identity!r} is not the key {fields!r}"
        else:
            assert isinstance(identity, ObjectId), f"_id {identity!r}"
        if self._raw:
            return canonical(self._item(document))
        return encode({name: stored(value) for name, value in document.items() if name != "_id"})

    def _key(self, document: Item, key: Key) -> Item:
        item = {}
        for _, name, kind in key:
            value = document.get(self._field(name))
            item[name] = _text(value) if self._raw else {kind: _plain_text(value)}
        return item

    def _field(self, name: str) -> str:
        return f"{self._prefix}_id" if name == "_id" else name


def plain(typed: Item) -> Any:
    """The form in which a value should be stored with convert: change."""
    ((kind, content),) = typed.items()
    if kind == "N":
        return _number(content)
    if kind == "B":
        return ["binary", base64.b64encode(base64.b64decode(content)).decode()]
    if kind in ("BOOL", "NULL"):
        return ["boolean", content]
    if kind == "SS":
        return ["array", [["string", element] for element in sorted(content)]]
    if kind == "BS":
        contents = sorted(base64.b64decode(element) for element in content)
        return ["array", [["binary", base64.b64encode(element).decode()] for element in contents]]
    if kind == "NS":
        return ["array", sorted(map(_number, content), key=lambda element: Fraction(element[1]))]
    if kind == "L":
        return ["array", [plain(element) for element in content]]
    if kind == "M":
        return ["document", {name: plain(element) for name, element in content.items()}]
    return ["string", content]


def _number(text: str) -> List[str]:
    form = number_form(text)
    if "." not in form and -LARGEST <= int(form) < LARGEST:
        return ["long", form]
    digits = form.lstrip("-").replace(".", "").strip("0")
    return ["decimal" if len(digits) <= DIGITS else "string", form]


def stored(value: Any) -> Any:
    """The form in which a value is stored."""
    if isinstance(value, bool):
        return ["boolean", value]
    if isinstance(value, Int64):
        return ["long", str(int(value))]
    if isinstance(value, Decimal128):
        return ["decimal", number_form(str(value))]
    if isinstance(value, str):
        return ["string", value]
    if isinstance(value, bytes):
        return ["binary", base64.b64encode(value).decode()]
    if isinstance(value, list):
        return ["array", [stored(element) for element in value]]
    if isinstance(value, dict):
        return ["document", {name: stored(element) for name, element in value.items()}]
    return ["unexpected", repr(value)]


def _plain_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return number_form(str(value)) if isinstance(value, Decimal128) else str(value)


def _text(value: Any) -> Any:
    """A value with its bytes as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [_text(element) for element in value]
    if isinstance(value, dict):
        return {name: _text(element) for name, element in value.items()}
    return value


def _digest(form: bytes) -> bytes:
    return blake2b(form, digest_size=DIGEST_SIZE).digest()
