"""Primary keys: from an item's attributes to what PostgreSQL compares."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple, Union

from local.standin.decimals import parse_number
from local.standin.faults import ApiError, invalid, invalid_parameter
from local.standin.values import Value, decode_binary

LONGEST_HASH_BYTES = 2048
LONGEST_RANGE_BYTES = 1024

Part = Union[str, Decimal, bytes]


class KeyColumn(NamedTuple):
    """One key attribute: its name, its DynamoDB type (S, N or B), and the bytes it may have."""

    name: str
    kind: str
    longest: int


class Key(NamedTuple):
    """`order` compares as the table's primary key does in PostgreSQL; `parameters` are what asyncpg sends."""

    order: Tuple[Part, ...]
    parameters: Tuple[Union[str, bytes], ...]


def key_of(columns: Sequence[KeyColumn], item: Mapping[str, Value]) -> Key:
    """The key within an item. Raises ValidationException where it is missing, empty, too long or mistyped."""
    order: List[Part] = []
    parameters: List[Union[str, bytes]] = []
    for column in columns:
        value = item.get(column.name)
        if value is None:
            raise invalid_parameter(f"Missing the key {column.name} in the item")
        part, parameter = read_part(column, value)
        order.append(part)
        parameters.append(parameter)
    return Key(tuple(order), tuple(parameters))


def bare_key_of(columns: Sequence[KeyColumn], attributes: Mapping[str, Value]) -> Key:
    """As `key_of`, for a request's Key: nothing but the key attributes may be there."""
    if len(attributes) != len(columns):
        raise invalid("The provided key element does not match the schema")
    for column in columns:
        if column.name not in attributes:
            raise invalid("The provided key element does not match the schema")
    return key_of(columns, attributes)


def read_part(column: KeyColumn, value: Value) -> Tuple[Part, Union[str, bytes]]:
    content = value.get(column.kind)
    if content is None:
        raise _mistyped(column, value)
    if column.kind == "N":
        return parse_number(content), content
    part: Union[str, bytes] = content if column.kind == "S" else decode_binary(content)
    _check_length(column, part)
    return part, part


def _check_length(column: KeyColumn, part: Union[str, bytes]) -> None:
    if not part:
        raise invalid_parameter(
            f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {column.name}"
        )
    size = len(part.encode()) if isinstance(part, str) else len(part)
    if size > column.longest:
        raise invalid_parameter(
            f"Size of key {column.name} has exceeded the maximum size limit of {column.longest} bytes"
        )


def _mistyped(column: KeyColumn, value: Mapping[str, Any]) -> ApiError:
    return invalid_parameter(
        f"Type mismatch for key {column.name} expected: {column.kind} actual: {next(iter(value), 'none')}"
    )


def key_attributes(columns: Sequence[KeyColumn], item: Mapping[str, Any]) -> Dict[str, Any]:
    return {column.name: item[column.name] for column in columns}
