"""Primary keys: the attributes of an item, converted to values that PostgreSQL compares."""

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
    """One key attribute: its name, its DynamoDB type (S, N or B), and its maximum bytes."""

    name: str
    kind: str
    longest: int


class Key(NamedTuple):
    """A primary key. `order` compares like the table's primary key in PostgreSQL; `parameters` are
    asyncpg's."""

    order: Tuple[Part, ...]
    parameters: Tuple[Union[str, bytes], ...]


def key_of(columns: Sequence[KeyColumn], item: Mapping[str, Value]) -> Key:
    """The key of an item. Raises ValidationException if it is missing, empty, too long or of another type."""
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
    """Like `key_of`, for the Key of a request, which must contain only the key attributes."""
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
