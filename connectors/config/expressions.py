"""The two maps of a Scan's filter: attribute names by `#placeholder`, and values by `:placeholder`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Callable, Dict, List, Mapping, Set

from connectors.config.document import Given
from connectors.config.kinds import Flag, Kind
from connectors.config.mistakes import InvalidValue

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class AttributeNames(Kind):
    label = 'a mapping such as {"#s": state}'

    def read(self, given: Given) -> Mapping[str, str]:
        if not isinstance(given.value, dict):
            raise self.wrong(given)
        for key, name in given.value.items():
            _check_placeholder("#", key)
            if isinstance(name.value, (list, dict)) or not name.raw:
                raise InvalidValue("each placeholder must have the name of an attribute as its value")
        return {key: name.raw for key, name in given.value.items()}

    def show(self, value: Mapping[str, str]) -> Any:
        return dict(value)


class AttributeValues(Kind):
    label = 'a mapping such as {":s": {S: open}}'

    def read(self, given: Given) -> Mapping[str, Any]:
        if not isinstance(given.value, dict):
            raise self.wrong(given)
        for key in given.value:
            _check_placeholder(":", key)
        return {key: _value(value, _BAD_VALUE) for key, value in given.value.items()}

    def show(self, value: Mapping[str, Any]) -> Any:
        return dict(value)


def placeholders(expression: str) -> Set[str]:
    """The placeholders of names and values that an expression uses."""
    return set(re.findall(r"[#:][A-Za-z0-9_]+", expression))


def _check_placeholder(sign: str, key: str) -> None:
    if not re.fullmatch(sign + "[A-Za-z0-9_]+", key):
        raise InvalidValue(f"each key must be {sign} followed by letters, digits or _, in quotes")


_BAD_VALUE = "each value must be DynamoDB JSON of one type, such as {N: 10}"
_BAD_CONTENT = "a value does not match its type; S, N and B take a text, sets and L take a list"


def _value(given: Given, problem: str = _BAD_CONTENT) -> Dict[str, Any]:
    """`{TYPE: CONTENT}` as DynamoDB JSON. Texts keep their spelling: N: 010 is "010", S: yes is "yes"."""
    if not isinstance(given.value, dict) or len(given.value) != 1:
        raise InvalidValue(problem, _CONTENTS)
    ((name, content),) = given.value.items()
    if name not in _CONTENTS:
        raise InvalidValue(problem, _CONTENTS)
    return {name: _CONTENTS[name](content)}


def _text(given: Given) -> str:
    if given.value is None or isinstance(given.value, (list, dict)):
        raise InvalidValue(_BAD_CONTENT)
    return given.raw


def _number(given: Given) -> str:
    text = _text(given)
    if not NUMBER.fullmatch(text):
        raise InvalidValue(_BAD_CONTENT)
    return text


def _binary(given: Given) -> str:
    text = _text(given)
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue(_BAD_CONTENT) from None
    return text


def _null(given: Given) -> bool:
    if not Flag().read(given):
        raise InvalidValue("NULL takes true only")
    return True


def _list_of(read: Callable[[Given], Any], least: int) -> Callable[[Given], List[Any]]:
    def read_all(given: Given) -> List[Any]:
        if not isinstance(given.value, list) or len(given.value) < least:
            raise InvalidValue(_BAD_CONTENT)
        return [read(element) for element in given.value]

    return read_all


def _map(given: Given) -> Dict[str, Any]:
    if not isinstance(given.value, dict):
        raise InvalidValue(_BAD_CONTENT)
    return {name: _value(inner) for name, inner in given.value.items()}


_CONTENTS: Dict[str, Callable[[Given], Any]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "SS": _list_of(_text, 1),
    "NS": _list_of(_number, 1),
    "BS": _list_of(_binary, 1),
    "BOOL": Flag().read,
    "NULL": _null,
    "L": _list_of(_value, 0),
    "M": _map,
}
