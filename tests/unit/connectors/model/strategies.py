"""Items of all ten types in DynamoDB JSON, their other spellings, and items that differ by little."""

from __future__ import annotations

import base64
import json
import random
from decimal import Decimal
from typing import Any, Callable, Dict, List

from hypothesis import strategies as st

Value = Dict[str, Any]
Item = Dict[str, Value]

DIGITS = st.one_of(st.integers(0, 99), st.integers(0, 10**38 - 1), st.integers(10**37, 10**38 - 1))


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Numbers of up to 38 digits, with exponents of the first digit from -130 to 125."""
    digits = str(draw(DIGITS))
    exponent = draw(st.one_of(st.just(0), st.integers(-130, 125))) - len(digits) + 1
    number = Decimal(f"{draw(st.sampled_from(['', '-']))}{digits}E{exponent}")
    return draw(st.sampled_from([f"{number:f}", str(number), f"{number:E}"]))


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
binaries = st.binary(max_size=8).map(encoded)
scalars = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda number: {"N": number}, numbers()),
    st.builds(lambda content: {"B": content}, binaries),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda members: {"SS": members}, st.lists(texts, min_size=1, max_size=4, unique=True)),
    st.builds(
        lambda members: {"NS": members}, st.lists(numbers(), min_size=1, max_size=4, unique_by=Decimal)
    ),
    st.builds(lambda members: {"BS": members}, st.lists(binaries, min_size=1, max_size=4, unique=True)),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda members: {"L": members}, st.lists(inner, max_size=4)),
        st.builds(lambda members: {"M": members}, st.dictionaries(texts, inner, max_size=4)),
    ),
    max_leaves=8,
)
items = st.dictionaries(texts.filter(bool), values, min_size=1, max_size=6)


def plain(item: Item) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode()


def respelled(item: Item, rng: random.Random) -> bytes:
    """The same item in another notation that a server could return."""
    ascii_only, spaces = rng.random() < 0.5, rng.choice([None, 1, "\t"])
    separators = rng.choice([(",", ":"), (" , ", "  : "), (",\n", ":\t")])
    text = json.dumps(_members(item, rng), ensure_ascii=ascii_only, indent=spaces, separators=separators)
    return text.replace("/", rng.choice(["/", "\\/"])).encode()


def _members(members: Dict[str, Value], rng: random.Random) -> Dict[str, Value]:
    return {name: _value(members[name], rng) for name in rng.sample(sorted(members), len(members))}


def _value(value: Value, rng: random.Random) -> Value:
    ((kind, content),) = value.items()
    if kind == "M":
        return {kind: _members(content, rng)}
    if kind == "L":
        return {kind: [_value(each, rng) for each in content]}
    if kind in ("SS", "NS", "BS"):
        respell = SCALARS.get(kind[0], _as_it_is)
        return {kind: [respell(each, rng) for each in rng.sample(content, len(content))]}
    return {kind: SCALARS.get(kind, _as_it_is)(content, rng)}


def respelled_number(text: str, rng: random.Random) -> str:
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    zeros = rng.choice([0, 0, 1, 3])
    mark = rng.choice(["-", "", "+"] if not any(digits) else ["-"] if sign else ["", "+"])
    if rng.random() < 0.4:
        number = f"{Decimal(text).copy_abs():f}"
        return mark + "0" * zeros + (number if "." in number else number + ".") + "0" * zeros
    whole = "0" * rng.choice([0, 0, 2]) + "".join(map(str, digits)) + "0" * zeros
    point = rng.randrange(len(whole) + 1)
    power = exponent - zeros + len(whole) - point
    return f"{mark}{whole[:point]}.{whole[point:]}{rng.choice('eE')}{power:{rng.choice(['', '+'])}d}"


def respelled_binary(text: str, rng: random.Random) -> str:
    bare = text.rstrip("=") if rng.random() < 0.5 else text
    gaps = "".join(each + rng.choice(["", "", "", "\n", " "]) for each in bare)
    return gaps if rng.random() < 0.5 else bare


def _as_it_is(content: Any, rng: random.Random) -> Any:
    return content


SCALARS: Dict[str, Callable[[Any, random.Random], Any]] = {"N": respelled_number, "B": respelled_binary}


def damaged(item: Item, rng: random.Random) -> Item:
    """The item with one small change, at any depth, that careless code could overlook."""
    name = rng.choice(sorted(item))
    if rng.random() < 0.1:
        return {each: value for each, value in item.items() if each != name}
    if rng.random() < 0.1:
        return {**item, name + "'": {"NULL": True}}
    return {**item, name: damaged_value(item[name], rng)}


def damaged_value(value: Value, rng: random.Random) -> Value:
    ((kind, content),) = value.items()
    if kind in ("L", "M") and content and rng.random() < 0.7:
        return {kind: _damaged_inside(content, rng)}
    return rng.choice(DAMAGES[kind])(content)


def _damaged_inside(content: Any, rng: random.Random) -> Any:
    if isinstance(content, dict):
        return damaged(content, rng)
    place = rng.randrange(len(content))
    return [*content[:place], damaged_value(content[place], rng), *content[place + 1 :]]


def last_digit_changed(text: str) -> str:
    """The number with another 38th digit, counted from the first digit that is not zero."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    padded = [*digits, *([0] * (38 - len(digits)))]
    number = Decimal((sign, (*padded[:-1], (padded[-1] + 1) % 10), exponent - (len(padded) - len(digits))))
    return str(number)


def _longer(members: List[str]) -> List[str]:
    return [*members, "~" * (1 + max(map(len, members)))]


DAMAGES: Dict[str, List[Callable[[Any], Value]]] = {
    "S": [
        lambda text: {"S": text + " "},
        lambda text: {"S": text + "\u0301"},
        lambda text: {"S": text[:-1]} if text else {"NULL": True},
        lambda text: {"N": text},
        lambda text: {"B": text},
        lambda text: {"SS": [text]},
    ],
    "N": [
        lambda text: {"N": last_digit_changed(text)},
        lambda text: {"N": str(Decimal(text).copy_negate()) if Decimal(text) else "1E-130"},
        lambda text: {"N": f"{text}E1" if "E" not in text and Decimal(text) else "1E-129"},
        lambda text: {"S": text},
        lambda text: {"NS": [text]},
    ],
    "B": [
        lambda text: {"B": encoded(base64.b64decode(text) + b"\0")},
        lambda text: {"S": text},
        lambda text: {"BS": [text]},
    ],
    "BOOL": [
        lambda flag: {"BOOL": not flag},
        lambda flag: {"S": str(flag).lower()},
        lambda flag: {"NULL": flag},
    ],
    "NULL": [lambda flag: {"BOOL": flag}, lambda flag: {"S": ""}, lambda flag: {"M": {}}],
    "SS": [
        lambda members: {"SS": _longer(members)},
        lambda members: {"SS": members[1:]},
        lambda members: {"L": [{"S": one} for one in members]},
        lambda members: {"BS": members},
    ],
    "NS": [
        lambda members: {"NS": [*members, "1E-130"] if "1E-130" not in members else members[1:]},
        lambda members: {"NS": members[1:]},
        lambda members: {"L": [{"N": one} for one in members]},
        lambda members: {"SS": members},
    ],
    "BS": [
        lambda members: {"BS": [*members, encoded(b"nine bytes or more")]},
        lambda members: {"BS": members[1:]},
        lambda members: {"L": [{"B": one} for one in members]},
        lambda members: {"SS": members},
    ],
    "L": [lambda members: {"L": [*members, {"NULL": True}]}, lambda members: {"M": {"": {"L": members}}}],
    "M": [
        lambda members: {"M": {**members, "nine letters": {"S": ""}}},
        lambda members: {"L": [{"M": members}]},
    ],
}
