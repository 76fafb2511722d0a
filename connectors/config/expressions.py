"""The two maps of a Scan's filter: names (`#n` -> attribute) and values (`:v` -> DynamoDB JSON)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Callable, Dict, Mapping, Set

from connectors.config.document import Given
from connectors.config.kinds import Kind
from connectors.config.mistakes import InvalidValue

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class AttributeNames(Kind):
    label = 'a mapping such as {"#s": state}'

    def read(self, given: Given) -> Mapping[str, str]:
        if not isinstance(given.value, dict):
            raise self.wrong(given)
        for key, name in given.value.items():
            _check_placeholder("#", key)
            if isinstance(name.value, (list, dict)) or not name.raw:
                raise InvalidValue("each name must stand for the name of an attribute")
        return {key: name.raw for key, name in given.value.items()}

    def show(self, value: Mapping[str, str]) -> Any:
        return dict(value)


class AttributeValues(Kind):
    label = 'a mapping such as {":s": {S: open}}'

    def read(self, given: Given) -> Mapping[str, Any]:
        if not isinstance(given.value, dict):
            raise self.wrong(given)
        values: Dict[str, Any] = given.plain()
        for key, value in values.items():
            _check_placeholder(":", key)
            _check_value(value)
        return values

    def show(self, value: Mapping[str, Any]) -> Any:
        return dict(value)


def placeholders(expression: str) -> Set[str]:
    """The names and values an expression uses."""
    return set(re.findall(r"[#:][A-Za-z0-9_]+", expression))


def _check_placeholder(sign: str, key: str) -> None:
    if not re.fullmatch(sign + "[A-Za-z0-9_]+", key):
        raise InvalidValue(f"each key must be {sign} followed by letters, digits or _, in quotes")


def _check_value(value: Any) -> None:
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _TYPES:
        raise InvalidValue("each value must be DynamoDB JSON of one type, such as {N: '10'}", _TYPES)
    if not _is_value(value):
        raise InvalidValue(
            "a value does not fit its type; S, N and B take text in quotes, sets and lists a list"
        )


def _is_text(content: Any) -> bool:
    return isinstance(content, str)


def _is_number(content: Any) -> bool:
    return isinstance(content, str) and bool(NUMBER.fullmatch(content))


def _is_binary(content: Any) -> bool:
    try:
        return isinstance(content, str) and base64.b64decode(content, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


def _set_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda content: isinstance(content, list) and bool(content) and all(map(test, content))


def _is_value(content: Any) -> bool:
    if not isinstance(content, dict) or len(content) != 1:
        return False
    name, inner = next(iter(content.items()))
    return name in _TYPES and _TYPES[name](inner)


_TYPES: Dict[str, Callable[[Any], bool]] = {
    "S": _is_text,
    "N": _is_number,
    "B": _is_binary,
    "SS": _set_of(_is_text),
    "NS": _set_of(_is_number),
    "BS": _set_of(_is_binary),
    "BOOL": lambda content: isinstance(content, bool),
    "NULL": lambda content: content is True,
    "L": lambda content: isinstance(content, list) and all(map(_is_value, content)),
    "M": lambda content: isinstance(content, dict) and all(map(_is_value, content.values())),
}
