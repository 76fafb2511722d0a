"""Documents and items in the one form in which the check compares and reports them: DynamoDB JSON. Pure.

An item takes the form of the document it would become, so that both sides have been converted alike. Sets
are lists then, in `change`, and what `mongodb.idPrefix` renames is called as in the document. A value that
no item becomes (a double, a date) is named by its type in Python, and equals nothing but itself. How a number
is spelled does not count (a long 5 is a Decimal128 5.0), nor the order of fields, nor the `_id` where that
is the server's.
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
"""The attribute that says why, beside those of an item that has no document."""
TWICE = "documents with this key"
"""The attribute that tells their number where there are several."""

_decode_item = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode
_LISTS = {"SS": str, "NS": str, "BS": bytes}
_PLAIN = {"S": str, "N": str, "BOOL": bool, "NULL": bool}


class Typed(NamedTuple):
    """A document."""

    digest: bytes
    """Of its key, as keys.KeyReader names it, or of its `_id` where it has no key of the table."""
    key: bytes
    """DynamoDB JSON; of a document without one its `_id`, as MongoDB's Extended JSON has it."""
    body: bytes
    """DynamoDB JSON."""
    named: bool
    """Whether it has a key of the table."""


class Forms:
    """Of one table; for one thread."""

    def __init__(self, table: str, schema: KeySchema, shape: Shape) -> None:
        self._table, self._schema, self._shape = table, schema, shape
        self._keys, self._converter = KeyReader(table, schema), Converter(schema, shape)
        self._fields = {field_of(one.name, shape) for one in schema.attributes}
        self._value = _raw if shape.raw else _plain

    def of_item(self, body: bytes) -> bytes:
        """DynamoDB JSON of the document that the item would become; of an item that has none as it is, with
        the reason beside it."""
        try:
            document = self._converter.put(body).document
        except Unconvertible as error:
            reason = msgspec.Raw(msgspec.json.encode({"S": str(error)}))
            return msgspec.json.encode({**_decode_item(body), REFUSED: reason})
        return self.of_document(document).body

    def of_document(self, document: bytes) -> Typed:
        """Of BSON, as it stands in the collection."""
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
        """What finds the document of a `Typed.key`; None where there can be none."""
        try:
            return self._converter.delete(key)
        except Unconvertible:
            found = loads(key, json_options=CANONICAL_JSON_OPTIONS)
            return found if list(found) == ["_id"] else None

    def _of_id(self, identity: Any) -> Optional[Key]:
        fields = [field_of(one.name, self._shape) for one in self._schema.attributes]
        if len(fields) == 1:
            return self._valid({fields[0]: identity})
        return self._valid(identity) if isinstance(identity, dict) and list(identity) == fields else None

    def _valid(self, fields: Dict[str, Any]) -> Optional[Key]:
        """A key that stands there as the job writes it: an equal one in another writing would be another
        document's."""
        key = key_of(fields, self._schema, self._shape)
        if key is None:
            return None
        for one in self._schema.attributes:
            value = fields[field_of(one.name, self._shape)]
            text = value["N"] if self._shape.raw and one.type == "N" else value
            if one.type == "N" and isinstance(text, str) and not self._is_text(text):
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
    """Of documents that share a key, one that says so."""
    told = msgspec.Raw(msgspec.json.encode({"N": str(count)}))
    return msgspec.json.encode({**_decode_item(body), TWICE: told})


def _plain(value: Any) -> Dict[str, Any]:
    """By its very type: a subclass of str or bytes (code, a UUID) is nothing that an item becomes."""
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
        return {"L": [_plain(one) for one in value]}
    if kind is dict:
        return {"M": {name: _plain(one) for name, one in value.items()}}
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
        return {code: [_raw(one) for one in content]}
    if code == "M" and kind is dict:
        return {code: {name: _raw(one) for name, one in content.items()}}
    if kind is list and all(type(one) is _LISTS.get(code) for one in content):
        return {code: [b64encode(one).decode() for one in content] if code == "BS" else content}
    return _odd(value)


def _odd(value: Any) -> Dict[str, Any]:
    return {type(value).__name__: str(value)}
