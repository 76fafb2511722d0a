"""A table as CreateTable defines it: the stored form, with the API's field names, and the rules for it."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

import msgspec

from local.standin.faults import invalid, invalid_parameter
from local.standin.keys import LONGEST_HASH_BYTES, LONGEST_RANGE_BYTES, KeyColumn

DOCUMENT = "polardb_document"
MOST_IDENTIFIER_BYTES = 63
"""Maximum bytes of an identifier. PostgreSQL truncates longer ones without an error."""
SYSTEM_COLUMNS = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}\Z")


class KeyElement(msgspec.Struct, forbid_unknown_fields=True):
    AttributeName: str
    KeyType: str


class AttributeDefinition(msgspec.Struct, forbid_unknown_fields=True):
    AttributeName: str
    AttributeType: str


class Projection(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    ProjectionType: str = "ALL"
    NonKeyAttributes: Optional[List[str]] = None

    def __post_init__(self) -> None:
        if self.ProjectionType not in ("ALL", "KEYS_ONLY", "INCLUDE"):
            raise ValueError(f"ProjectionType {self.ProjectionType!r} is not ALL, KEYS_ONLY or INCLUDE")


class Index(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    IndexName: str
    KeySchema: List[KeyElement]
    Projection: Projection
    ProvisionedThroughput: Optional[Dict[str, Any]] = None


class Definition(msgspec.Struct, omit_defaults=True):
    """The stored form of a table. `created`: epoch seconds."""

    TableName: str
    KeySchema: List[KeyElement]
    AttributeDefinitions: List[AttributeDefinition]
    TableId: str
    created: float
    GlobalSecondaryIndexes: List[Index] = []
    LocalSecondaryIndexes: List[Index] = []
    BillingMode: str = "PROVISIONED"
    ProvisionedThroughput: Dict[str, Any] = {}
    ttl_attribute: Optional[str] = None

    def indexes(self) -> List[Index]:
        return self.GlobalSecondaryIndexes + self.LocalSecondaryIndexes


def key_columns(definition: Definition) -> Tuple[KeyColumn, ...]:
    """The key columns, hash key first. The definition must have passed `check_definition`."""
    kinds = {
        attribute.AttributeName: attribute.AttributeType for attribute in definition.AttributeDefinitions
    }
    longest = (LONGEST_HASH_BYTES, LONGEST_RANGE_BYTES)
    return tuple(
        KeyColumn(element.AttributeName, kinds[element.AttributeName], length)
        for element, length in zip(definition.KeySchema, longest)
    )


def index_columns(definition: Definition) -> Tuple[KeyColumn, ...]:
    """Attributes that only indexes use as keys. An item need not have them, but if it does, their type is
    checked."""
    own = {element.AttributeName for element in definition.KeySchema}
    used = {element.AttributeName for index in definition.indexes() for element in index.KeySchema} - own
    return tuple(
        KeyColumn(attribute.AttributeName, attribute.AttributeType, LONGEST_HASH_BYTES)
        for attribute in definition.AttributeDefinitions
        if attribute.AttributeName in used
    )


def check_definition(definition: Definition, refuse_key_projection: bool) -> None:
    """Raises ValidationException for a table that the endpoint would refuse to create."""
    check_table_name(definition.TableName)
    _check_key_schema(definition.KeySchema)
    for element in definition.KeySchema:
        _check_column_name(element.AttributeName)
    _check_attribute_definitions(definition)
    names = [index.IndexName for index in definition.indexes()]
    if len(set(names)) != len(names):
        raise invalid_parameter("Duplicate index name")
    for index in definition.indexes():
        _check_index(definition, index, refuse_key_projection)
    _check_local_indexes(definition)


def check_table_name(name: str) -> None:
    if not TABLE_NAME.match(name):
        raise invalid(
            f"TableName {name[:80]!r} must be 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'"
        )
    if len(name) > MOST_IDENTIFIER_BYTES:
        raise invalid(
            f"TableName {name[:80]!r} has over {MOST_IDENTIFIER_BYTES} characters: PostgreSQL would cut it"
        )


def _check_key_schema(elements: Sequence[KeyElement]) -> None:
    roles = [element.KeyType for element in elements]
    if roles not in (["HASH"], ["HASH", "RANGE"]):
        raise invalid("KeySchema must be one HASH key, and at most one RANGE key after it")
    if len({element.AttributeName for element in elements}) != len(elements):
        raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")


def _check_column_name(name: str) -> None:
    if name == DOCUMENT or name in SYSTEM_COLUMNS:
        raise invalid(
            f"Key attribute {name!r} has the name of a column that PostgreSQL or the endpoint uses itself"
        )
    if not 0 < len(name.encode()) <= MOST_IDENTIFIER_BYTES or "\x00" in name:
        raise invalid(f"Key attribute {name[:80]!r} must have 1 to {MOST_IDENTIFIER_BYTES} bytes and no NUL")


def _check_attribute_definitions(definition: Definition) -> None:
    defined = [attribute.AttributeName for attribute in definition.AttributeDefinitions]
    wrong = [
        attribute.AttributeType
        for attribute in definition.AttributeDefinitions
        if attribute.AttributeType not in ("S", "N", "B")
    ]
    if wrong:
        raise invalid(f"AttributeType {wrong[0]!r} is not S, N or B")
    used: Set[str] = {element.AttributeName for element in definition.KeySchema}
    used.update(element.AttributeName for index in definition.indexes() for element in index.KeySchema)
    if len(set(defined)) != len(defined) or set(defined) != used:
        raise invalid_parameter(
            "AttributeDefinitions must hold each key attribute of the table and its indexes, and no other. "
            f"Keys: {sorted(used)} AttributeDefinitions: {sorted(defined)}"
        )


def _check_index(definition: Definition, index: Index, refuse_key_projection: bool) -> None:
    _check_key_schema(index.KeySchema)
    extra = index.Projection.NonKeyAttributes or []
    if bool(extra) != (index.Projection.ProjectionType == "INCLUDE"):
        raise invalid_parameter("NonKeyAttributes go with ProjectionType INCLUDE, and only with it")
    keys = {element.AttributeName for element in (*definition.KeySchema, *index.KeySchema)}
    wrong = sorted(keys.intersection(extra))
    if refuse_key_projection and wrong:
        raise invalid_parameter(f"NonKeyAttributes of index {index.IndexName} name key attributes: {wrong}")


def _check_local_indexes(definition: Definition) -> None:
    hash_name = definition.KeySchema[0].AttributeName
    for index in definition.LocalSecondaryIndexes:
        if len(definition.KeySchema) < 2 or len(index.KeySchema) < 2:
            raise invalid_parameter("A local secondary index needs a RANGE key, and so does its table")
        if index.KeySchema[0].AttributeName != hash_name:
            raise invalid_parameter(
                f"Local index {index.IndexName} must have the table's HASH key {hash_name}"
            )
