"""The digests of one table's items, faster than `canonical` by what was learned of its earlier items.

The names and types of a table's attributes repeat from item to item. From them a msgspec structure is made:

1. Decoding verifies the types, and puts the attributes into one order.
2. Strings stay the bytes they came in. A string has one spelling unless it contains an escape with two of
   them; the whole item is then left to `canonical`.
3. Only values of types with several spellings are looked at in Python.

An item that does not fit, because it has a new attribute or another type, is left to `canonical`, and the
structure learns from it. Both ways give the same digest; a malformed value may have another one, and is then
read again and compared exactly.

Microseconds per item of the benchmarks: see `python -m bench.digest`.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import astuple

from connectors.model.canonical import decoded, form_digest, item_digest, respell
from connectors.model.keys import KeyReader, KeySchema
from connectors.model.spelling import binary, number

MOST_NAMES = 64
"""Attributes that a structure knows. Each costs a little for every item, also for one without it."""
PATIENCE = 64
"""Items that may fail to fit before the share of those that did decides."""

_other_escape = re.compile(rb"\\[u/]").search
"""Finds an escape that may have a shorter spelling: "\\u00e9", "\\/"."""
_encode = msgspec.json.Encoder(order="deterministic").encode


class ItemDigests:
    """The digests of one table's items. For one thread."""

    def __init__(self, keys: KeyReader) -> None:
        self._keys = keys
        self._kinds: Dict[str, str] = {}
        """What was learned: the type of each attribute, in the order in which they were seen."""
        self._shape: Optional[_Shape] = None
        self._fitted = 0
        self.left = 0
        """Items that were left to `canonical`."""

    def fingerprint(self, body: bytes) -> bytes:
        """The digest of the key, then that of the contents. Raises TerminalError for an item that is not
        DynamoDB JSON, and TableError for one without the table's key."""
        shape = self._shape
        if shape is not None:
            try:
                key, form = shape.read(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return self._slowly(body)
            if _other_escape(form) is None:
                self._fitted += 1
                return self._keys.digest_of_values(key) + form_digest(form)
        return self._slowly(body)

    def _slowly(self, body: bytes) -> bytes:
        item = decoded(body)
        key = self._keys.digest_of(item)
        self.left += 1
        if self.left <= PATIENCE or self.left * 4 < self._fitted:
            self._learn(item)
        else:
            self._shape = None
        return key + item_digest(item)

    def _learn(self, item: Dict[str, Any]) -> None:
        kinds = {name: _kind(value) for name, value in item.items()}
        new = {name: kind for name, kind in kinds.items() if self._kinds.get(name) not in (kind, _ANY)}
        if not new or len({**self._kinds, **new}) > MOST_NAMES:
            return
        for name, kind in new.items():
            self._kinds[name] = _ANY if name in self._kinds else kind
        try:
            self._shape = _shape(self._kinds, self._keys.schema)
        except ValueError:  # msgspec takes no name with a quote, a backslash or a control character
            self._shape = None


class _Shape(NamedTuple):
    decode: Callable[[bytes], Any]
    key: Callable[[Any], Sequence[str]]
    numbers: Sequence[int]
    """Places of the attributes of type N."""
    others: Sequence[Tuple[int, Callable[[Any], None]]]
    """Places of the attributes of other types with several spellings, and what gives them one."""

    def read(self, body: bytes) -> Tuple[Sequence[str], bytes]:
        """The values of the key, and the item's form. Raises what msgspec raises if the item does not fit."""
        item = self.decode(body)
        values = astuple(item)
        for place in self.numbers:
            value = values[place]
            if value is not UNSET:
                text = value.N
                if not text.isdigit() or text[0] == "0":
                    value.N = number(text)
        for place, one_spelling in self.others:
            value = values[place]
            if value is not UNSET:
                one_spelling(value)
        return self.key(item), _encode(item)


_ANY = "any"
"""The kind of an attribute with several types, or with a malformed value."""


def _kind(value: Any) -> str:
    if type(value) is dict and len(value) == 1:
        (kind,) = value
        if kind in _VALUES:
            return str(kind)
    return _ANY


def _shape(kinds: Dict[str, str], schema: KeySchema) -> _Shape:
    names = sorted(kinds)
    key = [attribute.name for attribute in schema.attributes]
    fields = [
        (f"a{place}", _VALUES_OF_KEYS[kinds[name]])
        if name in key
        else (f"a{place}", Union[_VALUES[kinds[name]], UnsetType], UNSET)
        for place, name in enumerate(names)
    ]
    renamed = {f"a{place}": name for place, name in enumerate(names)}
    made = msgspec.defstruct(
        "Item", fields, rename=renamed, gc=False, forbid_unknown_fields=True, kw_only=True
    )
    places = [(place, kinds[name]) for place, name in enumerate(names)]
    return _Shape(
        msgspec.json.Decoder(made).decode,
        _getter([f"a{names.index(name)}.{kinds[name]}" for name in key]),
        [place for place, kind in places if kind == "N"],
        [
            *((place, _binary_key) for place, kind in places if kind == "B" and names[place] in key),
            *((place, _SPELLERS[kind]) for place, kind in places if kind in _SPELLERS),
        ],
    )


def _getter(paths: List[str]) -> Callable[[Any], Sequence[str]]:
    if len(paths) == 1:
        get: Callable[[Any], str] = attrgetter(paths[0])
        return lambda item: (get(item),)
    return attrgetter(*paths)


def _value(kind: str, content: Any) -> Any:
    """{"S": content} as a structure."""
    return msgspec.defstruct(kind, [(kind, content)], gc=False, forbid_unknown_fields=True)


_VALUES = {
    "S": _value("S", Raw),
    "N": _value("N", str),
    "B": _value("B", bytes),
    "BOOL": _value("BOOL", bool),
    "NULL": _value("NULL", bool),
    "SS": _value("SS", List[str]),
    "NS": _value("NS", List[str]),
    "BS": _value("BS", List[bytes]),
    "L": _value("L", List[Any]),
    "M": _value("M", Dict[str, Any]),
    _ANY: Any,
}
_VALUES_OF_KEYS = {**_VALUES, "S": _value("S", str), "B": _value("B", str)}


def _binary_key(value: Any) -> None:
    value.B = binary(value.B)


def _strings(value: Any) -> None:
    value.SS.sort()


def _numbers(value: Any) -> None:
    members = value.NS
    for place, text in enumerate(members):
        if not text.isdigit() or text[0] == "0":
            members[place] = number(text)
    members.sort()


def _binaries(value: Any) -> None:
    value.BS.sort()


def _list(value: Any) -> None:
    respell(value.L)


def _map(value: Any) -> None:
    respell(value.M.values())


def _any(value: Any) -> None:
    respell((value,))


_SPELLERS: Dict[str, Callable[[Any], None]] = {
    "SS": _strings,
    "NS": _numbers,
    "BS": _binaries,
    "L": _list,
    "M": _map,
    _ANY: _any,
}
