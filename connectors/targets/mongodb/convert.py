"""An item of one table -> the document that is written, and the filter that finds it. Pure.

The document begins with its `_id` or with the key attributes. If it began with an attribute called `$set`,
the server would take it for an update.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

import bson
import msgspec
from bson.errors import BSONError

from connectors.model.keys import KeyAttribute, KeySchema, canonical
from connectors.targets.mongodb.values import Item, Unconvertible, ValueConverter, decode

MAX_BYTES = 16 * 1024 * 1024
"""Maximum size of a document."""
TOO_DEEP = "the item is nested too deeply"
"""MongoDB allows 100 levels, DynamoDB 32."""
NOTHING: Dict[str, Any] = {}
"""Never changed."""


class Shape(NamedTuple):
    """The settings of the section `mongodb` that determine the form of documents."""

    raw: bool = False
    key_as_id: bool = False
    """The key attributes are the `_id`; otherwise the server generates an ObjectId."""
    id_prefix: str = "pre"
    long_as_text: bool = True
    sharded: bool = False


class Put(NamedTuple):
    filter: Dict[str, Any]
    document: bytes
    """BSON"""
    texts: int
    """Numbers too long for Decimal128, stored as text."""


def field_of(attribute: str, shape: Shape) -> str:
    """An attribute's name in the document."""
    return shape.id_prefix + attribute if attribute == "_id" else attribute


def path_of(attribute: KeyAttribute, shape: Shape) -> str:
    """The path of a key attribute's value in a document, for filters and indexes."""
    field = field_of(attribute.name, shape)
    return f"{field}.{attribute.type}" if shape.raw else field


class Converter:
    """For one thread."""

    def __init__(self, schema: KeySchema, shape: Shape) -> None:
        self._shape, self._change = shape, ValueConverter(shape.long_as_text)
        self._attributes = [
            (attribute.name, attribute.type, field_of(attribute.name, shape))
            for attribute in schema.attributes
        ]
        self._fields = [field for _, _, field in self._attributes]
        self._paths = [path_of(attribute, shape) for attribute in schema.attributes]
        self._renamed = field_of("_id", shape)
        self._key_value = self._typed_key if shape.raw else self._plain_key

    def put(self, body: bytes) -> Put:
        """Raises Unconvertible."""
        try:
            return self._converted(self._decoded(body))
        except RecursionError:
            raise Unconvertible(TOO_DEEP) from None

    def _converted(self, item: Item) -> Put:
        self._change.texts = 0
        key = self._key(item)
        self._rename(item)
        document = self._head(key)
        if self._shape.raw:
            document.update(item)
        else:
            self._change.fields(item, document)
        return Put(self._filter(key), self._encoded(document), self._change.texts)

    def delete(self, body: bytes) -> Dict[str, Any]:
        """The filter; `body` may be the key attributes alone. Raises Unconvertible."""
        return self._filter(self._key(self._decoded(body)))

    def _decoded(self, body: bytes) -> Item:
        try:
            return decode(body)
        except RecursionError:
            raise Unconvertible(TOO_DEEP) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unconvertible("the item is not DynamoDB JSON") from None

    def _key(self, item: Item) -> Dict[str, Any]:
        """Field to value; removes the key from the item. Equal keys give equal values, however a number is
        spelled."""
        key: Dict[str, Any] = {}
        for name, type_, field in self._attributes:
            typed = item.pop(name, NOTHING)
            if type_ not in typed:
                raise Unconvertible("the item lacks a key attribute, or it has another type")
            key[field] = self._key_value(type_, typed[type_])
        return key

    def _plain_key(self, type_: str, content: Any) -> Any:
        return self._change.number(content) if type_ == "N" else content

    @staticmethod
    def _typed_key(type_: str, content: Any) -> Any:
        return {type_: canonical("N", content).decode() if type_ == "N" else content}

    def _rename(self, item: Item) -> None:
        """Rename an attribute `_id` of an item without its key. Raises Unconvertible if two attributes would
        become one field."""
        name = self._renamed
        if ("_id" in item) + (name in item) + self._fields.count(name) > 1:
            raise Unconvertible(
                f"the item has an attribute _id, which is stored as {name}, and an attribute {name} too. "
                f"Set mongodb.idPrefix to another prefix"
            )
        if "_id" in item:
            item[name] = item.pop("_id")

    def _head(self, key: Dict[str, Any]) -> Dict[str, Any]:
        return {"_id": self._id(key), **key} if self._shape.key_as_id else dict(key)

    def _id(self, key: Dict[str, Any]) -> Any:
        return key[self._fields[0]] if len(key) == 1 else key

    def _filter(self, key: Dict[str, Any]) -> Dict[str, Any]:
        if self._shape.key_as_id:
            return {"_id": self._id(key), **self._shard_key(key)}
        if not self._shape.raw:
            return key
        return dict(zip(self._paths, map(_content, key.values())))

    def _shard_key(self, key: Dict[str, Any]) -> Dict[str, Any]:
        """An upsert into a sharded collection must name it."""
        if not self._shape.sharded:
            return {}
        value = key[self._fields[0]]
        return {self._paths[0]: _content(value) if self._shape.raw else value}

    def _encoded(self, document: Dict[str, Any]) -> bytes:
        try:
            encoded: bytes = bson.encode(document)
        except (BSONError, ValueError, OverflowError):
            raise Unconvertible(
                "BSON cannot hold it: the name of an attribute has a NUL character, or a text is not Unicode"
            ) from None
        if len(encoded) > MAX_BYTES:
            raise Unconvertible("the document would be larger than 16 MB")
        return encoded


def _content(typed: Dict[str, Any]) -> Any:
    return next(iter(typed.values()))
