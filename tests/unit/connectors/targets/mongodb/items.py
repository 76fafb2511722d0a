"""Items of every type, as DynamoDB sends them."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict

from hypothesis import strategies as st

from connectors.model.keys import KeyAttribute, KeySchema

Item = Dict[str, Any]
TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
NAME = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1, max_size=6
)
BINARY = st.binary(max_size=12).map(lambda content: base64.b64encode(content).decode())
DIGITS = st.integers(-(10**38) + 1, 10**38 - 1)
NUMBER = st.one_of(
    st.integers(-(2**65), 2**65).map(str),
    DIGITS.map(str),
    st.builds(lambda digits, power: f"{digits}E{power}", DIGITS, st.integers(-130, 87)),
    st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**20), max_value=10**20).map(
        lambda value: format(value, "f")
    ),
)


def sets(of: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=1, max_size=4, unique=True)


LEAF: st.SearchStrategy[Item] = st.one_of(
    TEXT.map(lambda text: {"S": text}),
    NUMBER.map(lambda text: {"N": text}),
    BINARY.map(lambda text: {"B": text}),
    st.booleans().map(lambda value: {"BOOL": value}),
    st.just({"NULL": True}),
    sets(TEXT).map(lambda content: {"SS": content}),
    sets(NUMBER).map(lambda content: {"NS": content}),
    sets(BINARY).map(lambda content: {"BS": content}),
)
VALUE: st.SearchStrategy[Item] = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda content: {"L": content}),
        st.dictionaries(NAME, inner, max_size=3).map(lambda content: {"M": content}),
    ),
    max_leaves=8,
)
REST = st.dictionaries(NAME.filter(lambda name: name not in ("pk", "sk", "_id", "pre_id")), VALUE, max_size=5)
SCHEMA = KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "N"))
ITEM: st.SearchStrategy[Item] = st.builds(
    lambda rest, pk, sk: {**rest, "pk": {"S": pk}, "sk": {"N": sk}}, REST, TEXT, NUMBER
)


def body(item: Item) -> bytes:
    return json.dumps(item).encode()
