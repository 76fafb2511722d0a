"""One writing per item, so that two items are equal exactly when their writings are.

Numbers by value (1 = 1.0 = 1E0) and to the last digit, sets without order, binaries by their bytes. What is
not a well-formed attribute value stays as it is: it then equals nothing but itself.
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
"""Beyond any exponent DynamoDB has; what lies farther out keeps its exponent, or one short text of a broken
server would fill the memory with zeros."""
DIGEST_SIZE = 16
"""128 bits: two different items of one key agree by chance once in 10**38."""

encode = msgspec.json.Encoder(order="deterministic").encode


def canonical(item: Dict[str, Any]) -> bytes:
    """The item's canonical writing, itself DynamoDB JSON."""
    return encode({name: value_form(value) for name, value in item.items()})


def digest(item: Dict[str, Any]) -> bytes:
    return blake2b(canonical(item), digest_size=DIGEST_SIZE).digest()


def key_form(item: Dict[str, Any], names: Sequence[str]) -> bytes:
    """Canonical writing of the primary key; a key attribute that a broken item lacks is null in it."""
    return encode({name: value_form(item.get(name)) for name in names})


def value_form(value: Any) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    kind, content = next(iter(value.items()))
    form = FORMS.get(kind)
    return {kind: form(content)} if form else value


@lru_cache(maxsize=1 << 16)
def number_form(text: str) -> str:
    """The one writing DynamoDB itself gives back: "-1.5", "100", without exponent or needless zeros.

    Anything but a number stays as it is. On the text alone: no arithmetic, so no precision, no overflow,
    and no limit to the digits.
    """
    found = NUMBER.fullmatch(text)
    if found is None:
        return text
    sign, whole, fraction, exponent = found.groups(default="")
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
    """Base64 in its one regular writing; what is not base64 stays as it is."""
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
        if not isinstance(content, list) or not all(isinstance(one, str) for one in content):
            return content
        return sorted(map(member, content) if member else content)

    return form


def _list(content: Any) -> Any:
    return [value_form(one) for one in content] if isinstance(content, list) else content


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
"""The others (S, BOOL, NULL) have one writing only."""
