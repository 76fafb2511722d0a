"""The form in which the check compares and reports documents and items: DynamoDB JSON. Pure.

1. An item is first converted to the document that it would become, so both sides are converted alike: with
   `mongodb.convert: change` a set is a list, and a renamed attribute has its name in the document.
2. Numbers are compared by value: a long 5 equals a Decimal128 5.0.
3. The order of fields does not matter. An `_id` that the server generated does not matter either.
4. A value that no item becomes (a double, a date) is named by its type in Python and equals only itself.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Dict, NamedTuple, Optional

import bson
import msgspec
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps, loads

from connectors.model.digests import digest_of
from connectors.model.keys import KeyReader, KeySchema, canonical
from connectors.targets.mongodb.convert import Converter, Shape, field_of
from connectors.targets.mongodb.decoding import decode
from connectors.targets.mongodb.keys import Key, key_of
from connectors.targets.mongodb.numbers import LongNumber, number
from connectors.targets.mongodb.values import Unconvertible

REFUSED = "cannot become a document"
"""Added to an item that has no document: the attribute with the reason."""
TWICE = "documents with this key"
"""Added if several documents have the same key: the attribute with their number."""

_decode_item = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode
_LISTS = {"SS": str, "NS": str, "BS": bytes}
_PLAIN = {"S": str, "N": str, "BOOL": bool, "NULL": bool}


class Typed(NamedTuple):
    """A document."""

    digest: bytes
    """The digest of its key, as KeyReader computes it, or of its `_id` if it has no key of the table."""
    key: bytes
    """DynamoDB JSON; of a document without a key of the table, its `_id` in MongoDB's Extended JSON."""
    body: bytes
    """DynamoDB JSON."""
    named: bool
    """Whether it has a key of the table."""


class Forms:
    """Converts documents and items of one table. For one thread."""

    def __init__(self, table: str, schema: KeySchema, shape: Shape) -> None:
        self._table, self._schema, self._shape = table, schema, shape
        self._keys, self._converter = KeyReader(table, schema), Converter(schema, shape)
        self._fields = {field_of(attribute.name, shape) for attribute in schema.attributes}
        self._value = _raw if shape.raw else _plain

    def of_item(self, body: bytes) -> bytes:
        """DynamoDB JSON of the document that the item would become. If it cannot become one: the item itself,
        with the reason added."""
        try:
            document = self._converter.put(body).document
        except Unconvertible as error:
            reason = msgspec.Raw(msgspec.json.encode({"S": str(error)}))
            return msgspec.json.encode({**_decode_item(body), REFUSED: reason})
        return self.of_document(document).body

    def of_document(self, document: bytes) -> Typed:
        """Converts a document, given as BSON, as the collection contains it."""
        fields = decode(document)
        identity = fields.pop("_id", None)
        inner = self._valid(fields)
        key = self._of_id(identity) if self._shape.key_as_id else inner
        form: Dict[str, Any] = {} if key is None or key != inner else dict(key)
        for name, value in fields.items():
            if not form or name not in self._fields:
                form[name] = self._value(value)
        body = msgspec.json.encode(form)
        if key is None:
            return Typed(self._digest_of_id(identity), _id_json(identity), body, False)
        encoded = msgspec.json.encode(key)
        return Typed(self._keys.digest(encoded), encoded, body, True)

    def filter(self, key: bytes) -> Optional[Dict[str, Any]]:
        """The filter that finds the document of a `Typed.key`; None if no document can have it."""
        try:
            return self._converter.delete(key)
        except Unconvertible:
            loaded = loads(key, json_options=CANONICAL_JSON_OPTIONS)
            return loaded if list(loaded) == ["_id"] else None

    def _of_id(self, identity: Any) -> Optional[Key]:
        fields = [field_of(attribute.name, self._shape) for attribute in self._schema.attributes]
        if len(fields) == 1:
            return self._valid({fields[0]: identity})
        return self._valid(identity) if isinstance(identity, dict) and list(identity) == fields else None

    def _valid(self, fields: Dict[str, Any]) -> Optional[Key]:
        """The key, if the document contains it as the job writes it. An equal key in another spelling belongs
        to another document."""
        key = key_of(fields, self._schema, self._shape)
        if key is None:
            return None
        for attribute in self._schema.attributes:
            value = fields[field_of(attribute.name, self._shape)]
            text = value["N"] if self._shape.raw and attribute.type == "N" else value
            if attribute.type == "N" and isinstance(text, str) and not self._is_text(text):
                return None
        return key

    def _is_text(self, text: str) -> bool:
        """Whether a number would be stored as this text."""
        if canonical("N", text).decode() != text:
            return False
        if self._shape.raw:
            return True
        try:
            number(text)
        except LongNumber:
            return self._shape.long_as_text
        except ArithmeticError:
            pass
        return False

    def _digest_of_id(self, identity: Any) -> bytes:
        return digest_of(self._table, b"_id " + bson.encode({"_id": identity}))


def _id_json(identity: Any) -> bytes:
    return dumps({"_id": identity}, json_options=CANONICAL_JSON_OPTIONS).encode("utf-8", "backslashreplace")


def with_count(body: bytes, count: int) -> bytes:
    """The body of one of several documents with the same key, with their number added."""
    number_of_documents = msgspec.Raw(msgspec.json.encode({"N": str(count)}))
    return msgspec.json.encode({**_decode_item(body), TWICE: number_of_documents})


def _plain(value: Any) -> Dict[str, Any]:
    """Compares the exact type: no item becomes a subclass of str or bytes (code, a UUID)."""
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is Int64 or kind is int or kind is Decimal128:
        return {"N": str(value)}
    if kind is bool:
        return {"BOOL": value}
    if kind is bytes:
        return {"B": b64encode(value).decode()}
    if kind is list:
        return {"L": [_plain(element) for element in value]}
    if kind is dict:
        return {"M": {name: _plain(element) for name, element in value.items()}}
    return _odd(value)


def _raw(value: Any) -> Dict[str, Any]:
    if type(value) is not dict or len(value) != 1:
        return _odd(value)
    ((code, content),) = value.items()
    kind = type(content)
    if _PLAIN.get(code) is kind:
        return {code: content}
    if code == "B" and kind is bytes:
        return {code: b64encode(content).decode()}
    if code == "L" and kind is list:
        return {code: [_raw(element) for element in content]}
    if code == "M" and kind is dict:
        return {code: {name: _raw(element) for name, element in content.items()}}
    if kind is list and all(type(element) is _LISTS.get(code) for element in content):
        return {code: [b64encode(element).decode() for element in content] if code == "BS" else content}
    return _odd(value)


def _odd(value: Any) -> Dict[str, Any]:
    return {type(value).__name__: str(value)}
