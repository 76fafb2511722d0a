"""DynamoDB JSON -> values that BSON can hold. Pure.

| type   | N                 | NS    | S, SS         | B, BS         | BOOL, NULL | L, M            |
|--------|-------------------|-------|---------------|---------------|------------|-----------------|
| raw    | {"N": "1234"}     | typed | typed         | typed, binary | typed      | typed, nested   |
| change | long or Decimal128| array | string, array | binary, array | boolean    | array, document |

In `change`, a set becomes a sorted array, so that equal items give equal documents.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable, Dict, List, Optional, TypedDict, Union

import msgspec
from bson.int64 import Int64

from connectors.model.keys import canonical
from connectors.targets.mongodb.numbers import DECIMAL_DIGITS, PLAIN, LongNumber, Number, number


class Value(TypedDict, total=False):
    """One member, whose name is the type. msgspec decodes base64 to bytes."""

    S: str
    N: str
    B: bytes
    BOOL: bool
    NULL: bool
    SS: List[str]
    NS: List[str]
    BS: List[bytes]
    L: List[Value]
    M: Dict[str, Value]


Item = Dict[str, Dict[str, Any]]

_decoder: Any = msgspec.json.Decoder(Dict[str, Value])
decode: Callable[[bytes], Item] = _decoder.decode
"""Raises msgspec.DecodeError, UnicodeDecodeError."""


SMALL = {str(value): Int64(value) for value in range(1000)}
"""Most numbers are small. A look-up takes a fifth of the time of creating one."""

UNREADABLE = "a number cannot be read"


class Unconvertible(Exception):
    """The item has no document. The text says why, without a value."""


class ValueConverter:
    """Converts to plain values. `texts` counts the numbers stored as text: too long for Decimal128."""

    def __init__(self, long_as_text: bool) -> None:
        self._long_as_text = long_as_text
        self.texts = 0
        self._by_type: Dict[str, Optional[Callable[[Any], Any]]] = {
            "S": None,
            "N": self.number,
            "B": None,
            "BOOL": None,
            "NULL": None,
            "SS": sorted,
            "NS": self._numbers,
            "BS": sorted,
            "L": self._list,
            "M": self._map,
        }

    def fields(self, item: Item, fields: Dict[str, Any]) -> None:
        """Adds the converted attributes to `found`. Empties the item's values. Raises Unconvertible."""
        by_type = self._by_type
        try:
            for name, typed in item.items():
                kind, content = typed.popitem()
                convert = by_type[kind]
                fields[name] = content if convert is None else convert(content)
        except KeyError:
            raise Unconvertible("an attribute has an unknown type") from None

    def number(self, text: str) -> Union[Number, str]:
        small = SMALL.get(text)
        if small is not None:
            return small
        if text.isdecimal():  # most other numbers, without a call
            if len(text) < PLAIN:
                return Int64(text)
            if len(text) > DECIMAL_DIGITS and text[-1] != "0" and text[0] != "0":
                return self._text(text)
        try:
            return number(text)
        except LongNumber:
            return self._text(canonical("N", text).decode())
        except (ArithmeticError, ValueError):
            raise Unconvertible(UNREADABLE) from None

    def _text(self, number: str) -> str:
        if not self._long_as_text:
            raise Unconvertible("a number has more than the 34 digits that Decimal128 holds")
        self.texts += 1
        return number

    def _numbers(self, texts: List[str]) -> List[Any]:
        try:
            return sorted([SMALL[text] for text in texts])
        except KeyError:
            pass
        if len(texts) > 1:
            # A whole number is read in half the time.
            value: Callable[[str], Any] = int if all(map(str.isdecimal, texts)) else Decimal
            try:
                texts = sorted(texts, key=value)
            except (ArithmeticError, ValueError):
                raise Unconvertible(UNREADABLE) from None
        return [self.number(text) for text in texts]

    def _map(self, item: Item) -> Dict[str, Any]:
        fields: Dict[str, Any] = {}
        self.fields(item, fields)
        return fields

    def _list(self, values: List[Dict[str, Any]]) -> List[Any]:
        elements = []
        by_type = self._by_type
        for typed in values:
            kind, content = typed.popitem()
            convert = by_type[kind]
            elements.append(content if convert is None else convert(content))
        return elements
