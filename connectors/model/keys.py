"""Primary keys: extracted from an item without decoding the other attributes, in a canonical form."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import msgspec

from connectors.base.table_fault import FaultKind, TableError
from connectors.model import nesting, spelling
from connectors.model.digests import Namer

KEY_TYPES = ("S", "N", "B")


class KeyAttribute(NamedTuple):
    name: str
    type: str
    """S, N or B."""


class KeySchema(NamedTuple):
    """The partition key, then the sort key if there is one."""

    partition: KeyAttribute
    sort: Optional[KeyAttribute] = None

    @property
    def attributes(self) -> Tuple[KeyAttribute, ...]:
        return (self.partition,) if self.sort is None else (self.partition, self.sort)


Schema = List[Tuple[str, str]]
"""Key attributes as (name, type), partition key first: the form that is sent and stored."""


def key_schema(schema: Schema) -> KeySchema:
    attributes = [KeyAttribute(name, type_) for name, type_ in schema]
    return KeySchema(attributes[0], attributes[1] if len(attributes) > 1 else None)


def stored_schema(schema: KeySchema) -> Schema:
    """The inverse of `key_schema`."""
    return [(attribute.name, attribute.type) for attribute in schema.attributes]


def canonical(type_: str, value: str) -> bytes:
    """The canonical form of a key value: 1, 1.0 and 1E0 are the same key.

    S is its UTF-8 text, B its bytes in base64, N its shortest exact decimal.
    """
    return _FORMS[type_](value)


def _of_text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _of_number(value: str) -> bytes:
    return _of_text(spelling.number(value))


def _of_binary(value: str) -> bytes:
    return _of_text(spelling.binary(value))


_FORMS: Dict[str, Callable[[str], bytes]] = {"S": _of_text, "N": _of_number, "B": _of_binary}


_encode = msgspec.json.Encoder().encode
Decode = Callable[[bytes], Tuple[str, ...]]
"""A function that returns the key values of an item. It raises msgspec.DecodeError."""


def _decoder(schema: KeySchema) -> Decode:
    values = [
        msgspec.defstruct(f"Value{place}", [("v", str)], rename={"v": attribute.type}, gc=False)
        for place, attribute in enumerate(schema.attributes)
    ]
    names = [attribute.name for attribute in schema.attributes]
    fields = [(f"k{place}", value) for place, value in enumerate(values)]
    renamed = {f"k{place}": name for place, name in enumerate(names)}
    try:
        decode: Callable[[bytes], Any] = msgspec.json.Decoder(
            msgspec.defstruct("Key", fields, rename=renamed, gc=False)
        ).decode
    except ValueError:  # msgspec takes no name with a quote, a backslash or a control character
        return _decoder_by_name(names, values)
    if len(names) == 1:
        return lambda item: (decode(item).k0.v,)

    def both(item: bytes) -> Tuple[str, ...]:
        key = decode(item)
        return key.k0.v, key.k1.v

    return both


def _decoder_by_name(names: Sequence[str], values: Sequence[Any]) -> Decode:
    """A slower function for any attribute names. It decodes the name of every attribute."""
    attributes = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode
    decoders = [msgspec.json.Decoder(value).decode for value in values]

    def of_item(item: bytes) -> Tuple[str, ...]:
        by_name = attributes(item)
        for name in names:
            if name not in by_name:
                raise msgspec.ValidationError(f"Object missing required field `{name}`")
        return tuple(decode(by_name[name]).v for name, decode in zip(names, decoders))

    return of_item


class KeyReader:
    """Reads the keys of one table's items."""

    def __init__(self, table: str, schema: KeySchema) -> None:
        self.table, self.schema = table, schema
        self._decode = _decoder(schema)
        self._name = Namer(table).name
        self._places = [(attribute.name, attribute.type) for attribute in schema.attributes]
        self._forms = [_FORMS[attribute.type] for attribute in schema.attributes]
        heads = [b"%b:{%b:" % (_encode(name), _encode(type_)) for name, type_ in self._places]
        self._heads = b"{" + heads[0], b"".join(b"}," + head for head in heads[1:])
        """The JSON of a key before each value."""

    def values(self, item: bytes) -> Tuple[str, ...]:
        """The key's values as DynamoDB JSON text; raises TableError if the item lacks one."""
        try:
            try:
                return self._decode(item)
            except RecursionError:
                return self._decode(nesting.fold(item).body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._lacking(str(error)) from None

    def digest(self, item: bytes) -> bytes:
        """The digest (16 bytes) that identifies the item's key in the job; see model.digests."""
        return self.digest_of_values(self.values(item))

    def digest_of(self, item: Mapping[str, Any]) -> bytes:
        """The digest of the key of an item that was decoded without conversion."""
        try:
            values = [item[name][type_] for name, type_ in self._places]
        except (KeyError, TypeError):
            raise self._lacking("an attribute is missing or has another type") from None
        for value in values:
            if type(value) is not str:
                raise self._lacking("an attribute value is not a string")
        return self.digest_of_values(values)

    def digest_of_values(self, values: Sequence[str]) -> bytes:
        """The digest of a key, by its values in the order of the schema."""
        partition = self._forms[0](values[0])
        if self.schema.sort is None:
            return self._name(partition)
        return self._name(len(partition).to_bytes(4, "little") + partition + self._forms[1](values[1]))

    def _lacking(self, reason: str) -> TableError:
        names = [attribute.name for attribute in self.schema.attributes]
        return TableError(
            self.table,
            FaultKind.OTHER,
            f"an item does not have the table's key attributes {names}: {reason}",
        )

    def key_json(self, item: bytes) -> bytes:
        """The key attributes alone, as DynamoDB JSON: the body of a delete or of a GetItem."""
        return self.key_of_values(self.values(item))

    def key_of_values(self, values: Sequence[str]) -> bytes:
        """The same, by the key's values in the order of the schema."""
        head, next_head = self._heads
        if not next_head:
            return head + _encode(values[0]) + b"}}"
        return head + _encode(values[0]) + next_head + _encode(values[1]) + b"}}"


def schema_of(description: Dict[str, Any]) -> KeySchema:
    """The key schema in `Table` of a DescribeTable response."""
    types = {d["AttributeName"]: d["AttributeType"] for d in description["AttributeDefinitions"]}
    roles = {k["KeyType"]: k["AttributeName"] for k in description["KeySchema"]}
    sort = roles.get("RANGE")
    return KeySchema(
        KeyAttribute(roles["HASH"], types[roles["HASH"]]),
        KeyAttribute(sort, types[sort]) if sort else None,
    )
