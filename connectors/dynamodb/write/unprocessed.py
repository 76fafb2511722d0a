"""UnprocessedItems -> the writes that they belong to.

The service returns items, not positions, and may spell them differently: other order of attributes, other
spelling of numbers. Whole contents are compared, since key schemas are not known here.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Dict, Hashable, List, Optional, Tuple

import msgspec

from connectors.dynamodb.answers import Answer, NestedError, decoded
from connectors.dynamodb.write.pack import Request

NOTHING_LEFT = b'{"UnprocessedItems":{}}'


class _Key(msgspec.Struct):
    Key: Any


class _Item(msgspec.Struct):
    Item: Any


class _Entry(msgspec.Struct):
    PutRequest: Optional[_Item] = None
    DeleteRequest: Optional[_Key] = None


class _UnprocessedBody(Answer):
    UnprocessedItems: Optional[Dict[str, List[_Entry]]]
    """Null means empty; an absent field is an error."""


_decode = msgspec.json.Decoder(_UnprocessedBody).decode


def left_over(request: Request, body: bytes) -> Optional[Request]:
    """The writes of `request` that were not applied; usually empty.

    None: some writes were not applied, and it is unknown which. Then all must be sent again, which is safe
    because every write contains the whole item. Raises DamagedError.
    """
    if body == NOTHING_LEFT:
        return ()
    try:
        tables = decoded(_decode, body, "BatchWriteItem").UnprocessedItems or {}
    except NestedError:
        return None
    left = [(table, entry) for table, entries in tables.items() for entry in entries]
    if not left:
        return ()
    if len(left) == len(request):
        return request
    return _match(request, left)


def _match(request: Request, left: List[Tuple[str, _Entry]]) -> Optional[Request]:
    try:
        by_content = {
            (write.table, write.delete, canonical(msgspec.json.decode(write.body))): write
            for write in request
        }
        contents = {_content(table, entry) for table, entry in left}
        if len(contents) != len(left):
            return None
        return tuple(by_content[content] for content in contents)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, RecursionError):
        return None


def _content(table: str, entry: _Entry) -> Tuple[str, bool, Hashable]:
    if entry.DeleteRequest is not None:
        return table, True, canonical(entry.DeleteRequest.Key)
    if entry.PutRequest is None:
        raise KeyError(table)
    return table, False, canonical(entry.PutRequest.Item)


def canonical(attributes: Dict[str, Dict[str, Any]]) -> Hashable:
    """A value that is equal for all spellings of the same attributes."""
    return frozenset((name, _value(value)) for name, value in attributes.items())


def _value(typed: Dict[str, Any]) -> Hashable:
    ((kind, value),) = typed.items()
    if kind == "N":
        return kind, Decimal(value)
    if kind == "NS":
        return kind, frozenset(Decimal(number) for number in value)
    if kind in ("SS", "BS"):
        return kind, frozenset(value)
    if kind == "L":
        return kind, tuple(_value(element) for element in value)
    if kind == "M":
        return kind, canonical(value)
    return kind, value
