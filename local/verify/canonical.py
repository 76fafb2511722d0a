"""The canonical form of an item: two items are equal if and only if their canonical forms are equal.

Numbers are compared by value (1 = 1.0 = 1E0) and to the last digit, sets without order, binaries as bytes. A
malformed attribute value is unchanged, and therefore equals only an identical one.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Callable, Dict, Optional, Sequence

import msgspec

NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?")
FARTHEST = 200
"""Larger than any exponent in DynamoDB. A number with a larger exponent keeps it: otherwise a short text from
a faulty server would fill the memory with zeros."""
DIGEST_SIZE = 16
"""128 bits: two different items have the same digest with a probability of 1 in 10**38."""

encode = msgspec.json.Encoder(order="deterministic").encode


def canonical(item: Dict[str, Any]) -> bytes:
    """The canonical form of an item, which is DynamoDB JSON too."""
    return encode({name: value_form(value) for name, value in item.items()})


def digest(item: Dict[str, Any]) -> bytes:
    return blake2b(canonical(item), digest_size=DIGEST_SIZE).digest()


def key_form(item: Dict[str, Any], names: Sequence[str]) -> bytes:
    """The canonical form of the primary key. A missing key attribute of a malformed item is null."""
    return encode({name: value_form(item.get(name)) for name in names})


def value_form(value: Any) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    kind, content = next(iter(value.items()))
    form = FORMS.get(kind)
    return {kind: form(content)} if form else value


@lru_cache(maxsize=1 << 16)
def number_form(text: str) -> str:
    """The notation that DynamoDB returns: "-1.5", "100", without exponent or redundant zeros.

    A text that is not a number is unchanged. The function works on the text, without arithmetic: precision,
    overflow and the number of digits do not matter.
    """
    match = NUMBER.fullmatch(text)
    if match is None:
        return text
    sign, whole, fraction, exponent = match.groups(default="")
    if not whole and not fraction:
        return text
    digits = (whole + fraction).lstrip("0")
    short = digits.rstrip("0")
    if not short:
        return "0"
    power = int(exponent or 0) - len(fraction) + len(digits) - len(short)
    return ("-" if sign == "-" else "") + _plain(short, power)


def _plain(digits: str, power: int) -> str:
    if abs(power) > FARTHEST:
        return f"{digits}E{power}"
    if power >= 0:
        return digits + "0" * power
    padded = digits.rjust(1 - power, "0")
    return f"{padded[:power]}.{padded[power:]}"


def binary_form(text: str) -> str:
    """The regular form of a base64 text. Any other text is unchanged."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return text
    return base64.b64encode(content).decode()


def _number(content: Any) -> Any:
    return number_form(content) if isinstance(content, str) else content


def _binary(content: Any) -> Any:
    return binary_form(content) if isinstance(content, str) else content


def _set(member: Optional[Callable[[str], str]]) -> Callable[[Any], Any]:
    def form(content: Any) -> Any:
        if not isinstance(content, list) or not all(isinstance(element, str) for element in content):
            return content
        return sorted(map(member, content) if member else content)

    return form


def _list(content: Any) -> Any:
    return [value_form(element) for element in content] if isinstance(content, list) else content


def _map(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    return {name: value_form(value) for name, value in content.items()}


FORMS: Dict[str, Callable[[Any], Any]] = {
    "N": _number,
    "B": _binary,
    "SS": _set(None),
    "NS": _set(number_form),
    "BS": _set(binary_form),
    "L": _list,
    "M": _map,
}
"""All other types (S, BOOL, NULL) have only one notation."""
