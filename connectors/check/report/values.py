"""DynamoDB JSON for people: exact, short, and safe to display whatever the data contains."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Dict, NamedTuple, Optional, Tuple

import msgspec

from connectors.base.text import escape, visible

_attributes = msgspec.json.Decoder(Dict[str, msgspec.Raw]).decode

VALUE_LIMIT = 240
"""Maximum characters of a value that are shown."""
AROUND = 40
"""Characters shown before and after the part that differs."""

TYPES = {
    "S": "string",
    "N": "number",
    "B": "binary",
    "BOOL": "boolean",
    "NULL": "null",
    "L": "list",
    "M": "map",
    "SS": "string set",
    "NS": "number set",
    "BS": "binary set",
}

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


class Shown(NamedTuple):
    """A value in JSON notation with its DynamoDB type; `changed` is the part that differs."""

    type: str
    before: str
    changed: str
    after: str

    def text(self) -> str:
        return self.before + self.changed + self.after


NOTHING = Shown("", "", "", "")
"""An absent attribute: a present one has a type."""


def attributes_of(body: msgspec.Raw) -> Dict[str, msgspec.Raw]:
    """The attributes of an item or a key, undecoded and in their order. Raises one of UNREADABLE if the body
    is not an object."""
    return _attributes(body)


def show(value: msgspec.Raw, limit: int = VALUE_LIMIT) -> Shown:
    if bytes(value) == b"null":
        return NOTHING
    type_, text = _read(value)
    return Shown(type_, visible(shorten(text, limit)), "", "")


def show_pair(source: msgspec.Raw, target: msgspec.Raw) -> Tuple[Shown, Shown]:
    """Both values, shortened so that the part that differs is shown."""
    if b"null" in (bytes(source), bytes(target)):
        return show(source), show(target)
    (left_type, left), (right_type, right) = _read(source), _read(target)
    if _look_alike(left, right):
        left, right = _ascii(left), _ascii(right)
    start, tail = _shared(left, right)
    return _cut(left_type, left, start, tail), _cut(right_type, right, start, tail)


def shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 6
    return f"{text[:head]}{_gap(len(text) - head - tail)}{text[-tail:]}"


def literal(text: str) -> str:
    """A text without quotes where possible, such as an attribute's name."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return visible(plain) if plain == plain.strip() and plain else f'"{visible(plain)}"'


def _look_alike(left: str, right: str) -> bool:
    """Whether the texts differ only for a computer, such as an accent that is composed in two ways."""
    start, tail = _shared(left, right)
    first, second = left[start : len(left) - tail], right[start : len(right) - tail]
    return first != second and unicodedata.normalize("NFKC", first) == unicodedata.normalize("NFKC", second)


def _shared(left: str, right: str) -> Tuple[int, int]:
    """Characters that both share at the beginning and, of the rest, at the end."""
    start = _prefix(left, right)
    rest = min(len(left), len(right)) - start
    return start, min(rest, _prefix(left[::-1], right[::-1]))


def _prefix(left: str, right: str) -> int:
    """Length of the common prefix, by bisection. Comparing slices is a thousand times faster than comparing
    400,000 characters individually."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(type_: str, text: str, start: int, tail: int) -> Shown:
    end = len(text) - tail
    before, changed, after = text[:start], text[start:end], text[end:]
    if len(before) > 2 * AROUND:
        before = f"{before[:AROUND]}{_gap(len(before) - 2 * AROUND)}{before[-AROUND:]}"
    if len(after) > 2 * AROUND:
        after = f"{after[:AROUND]}{_gap(len(after) - 2 * AROUND)}{after[-AROUND:]}"
    changed = shorten(changed, VALUE_LIMIT - 2 * AROUND)
    return Shown(type_, visible(before), visible(changed), visible(after))


def _gap(characters: int) -> str:
    return f" \u2026 {characters:,} more \u2026 "


def _read(value: msgspec.Raw) -> Tuple[str, str]:
    """Type and text of a value. A value that cannot be decoded is shown as received, because the report must
    not fail for any data."""
    try:
        decoded = msgspec.json.decode(value)
    except UNREADABLE:
        return "unreadable", bytes(value).decode("utf-8", "replace")
    if not isinstance(decoded, dict) or len(decoded) != 1:
        return "unknown", _json(decoded)
    ((code, inner),) = decoded.items()
    return TYPES.get(code, "unknown"), _text(code, inner)


def _text(code: str, inner: Any) -> str:
    # A number is a string in DynamoDB JSON. Its digits must not be converted to a float.
    if code == "N" and isinstance(inner, str):
        return inner
    if code == "NULL":
        return "null"
    return _json(inner)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ascii(text: str) -> str:
    return "".join(character if " " <= character <= "~" else escape(character) for character in text)


def show_key(key: msgspec.Raw, limit: int = 120) -> str:
    """The key as text, such as `pid = "a", sid = 100`."""
    attributes = _attributes_or_none(key)
    if attributes is None:
        return visible(shorten(bytes(key).decode("utf-8", "replace"), limit))
    return ", ".join(f"{literal(name)} = {show(value, limit).text()}" for name, value in attributes.items())


def _attributes_or_none(body: msgspec.Raw) -> Optional[Dict[str, msgspec.Raw]]:
    try:
        return attributes_of(body)
    except UNREADABLE:
        return None
