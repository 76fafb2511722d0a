from __future__ import annotations

import json
import random
from typing import Any, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.errors import TerminalError
from connectors.base.table_fault import TableError
from connectors.model.canonical import value_digest
from connectors.model.item_digests import PATIENCE, ItemDigests
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from tests.harness.depth import examples
from tests.unit.connectors.model.strategies import (
    Item,
    binaries,
    damaged,
    items,
    numbers,
    plain,
    respelled,
    texts,
)

RANDOM = st.randoms(use_true_random=False)
PAIR = KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "N"))
BINARY = KeySchema(KeyAttribute("pk", "B"))
keyed = st.one_of(
    st.tuples(st.just(PAIR), texts, numbers()), st.tuples(st.just(BINARY), binaries, st.just(""))
)


def with_key(schema: KeySchema, values: Tuple[str, ...], item: Item) -> Item:
    key = {attribute.name: {attribute.type: value} for attribute, value in zip(schema.attributes, values)}
    return {**item, **key}


def expected(schema: KeySchema, body: bytes) -> bytes:
    return KeyReader("t", schema).digest(body) + value_digest(body)


@settings(deadline=None, max_examples=examples(200))
@given(keyed, st.lists(items, min_size=1, max_size=4), RANDOM)
def test_after_any_items_the_digests_are_those_of_the_whole_canonical_form(
    key: Tuple[KeySchema, str, str], before: List[Item], rng: random.Random
) -> None:
    schema, *values = key
    whole = [with_key(schema, tuple(values), item) for item in before]
    digests = ItemDigests(KeyReader("t", schema))
    for _ in range(2):
        for item in whole:
            for body in (plain(item), respelled(item, rng)):
                assert digests.fingerprint(body) == expected(schema, plain(item))


@settings(deadline=None, max_examples=examples(200))
@given(items, RANDOM)
def test_an_item_with_one_change_has_another_digest_once_its_like_is_known(
    item: Item, rng: random.Random
) -> None:
    schema, digests = KeySchema(KeyAttribute("the key", "S")), None
    whole = with_key(schema, ("k",), item)
    digests = ItemDigests(KeyReader("t", schema))
    digests.fingerprint(plain(whole))
    other = with_key(schema, ("k",), damaged(item, rng))
    assert digests.fingerprint(plain(other)) != digests.fingerprint(plain(whole))


def body(**attributes: Any) -> bytes:
    return json.dumps({"pk": {"S": "a"}, "sk": {"N": "1"}, **attributes}).encode()


def learned(*bodies: bytes) -> ItemDigests:
    digests = ItemDigests(KeyReader("t", PAIR))
    for one in bodies:
        digests.fingerprint(one)
    return digests


EVERY_TYPE = {
    "s": {"S": 'a "b" \\ \n'}, "n": {"N": "-1.50"}, "b": {"B": "QQ=="}, "t": {"BOOL": True},
    "nothing": {"NULL": True}, "ss": {"SS": ["b", "a"]}, "ns": {"NS": ["10.0", "9"]},
    "bs": {"BS": ["/+8=", "AAA="]}, "l": {"L": [{"N": "1.0"}]},
    "m": {"M": {"y": {"N": "01"}, "x": {"S": ""}}},
}  # fmt: skip


def test_an_item_like_an_earlier_one_is_not_decoded_in_full() -> None:
    digests = learned(body(**EVERY_TYPE))
    assert digests.left == 1
    one, other = body(**EVERY_TYPE), body(**{name: EVERY_TYPE[name] for name in reversed(list(EVERY_TYPE))})
    assert digests.fingerprint(one) == digests.fingerprint(other) == expected(PAIR, one)
    assert digests.fingerprint(body(s={"S": "b"})) == expected(PAIR, body(s={"S": "b"}))
    assert digests.left == 1


@pytest.mark.parametrize("text", [b"\\u00e9", b"\\/", b"\\u000a", b"\\u0022", b"C:\\\\users"])
def test_a_string_with_an_escape_that_has_two_spellings_is_left_to_the_canonical_form(text: bytes) -> None:
    digests = learned(body(s={"S": ""}))
    item = body(s={"S": "@"}).replace(b"@", text)
    assert digests.fingerprint(item) == expected(PAIR, item)
    assert digests.left == 2


def test_an_attribute_with_two_types_is_known_after_both_were_seen() -> None:
    one, other = body(a={"N": "1.0"}), body(a={"S": "1.0"})
    digests = learned(one, other)
    assert digests.left == 2
    for _ in range(2):
        assert digests.fingerprint(one) == expected(PAIR, body(a={"N": "1"}))
        assert digests.fingerprint(other) == expected(PAIR, other)
    assert digests.left == 2


@pytest.mark.parametrize(
    "value",
    [
        {"N": 1},
        {"N": "abc"},
        {"S": "x", "N": "1"},
        {},
        None,
        "text",
        [],
        {"B": "!"},
        {"B": None},
        {"NS": ["x"]},
        {"NS": "12"},
        {"SS": ["a", 1]},
        {"L": {}},
        {"M": []},
        {"X": "1"},
        {"BOOL": "true"},
        {"BS": ["QQ==", "!"]},
    ],
)
def test_a_malformed_value_has_its_digest_before_and_after_it_is_known(value: Any) -> None:
    item = body(a=value)
    for digests in (learned(), learned(body(a={"S": "x"})), learned(item), learned(body(a={"N": "1"}), item)):
        assert digests.fingerprint(item) == expected(PAIR, item)


def test_names_of_which_msgspec_makes_no_structure_are_left_to_the_canonical_form() -> None:
    item = body(**{'a "name"': {"S": "x"}})
    digests = learned(item, item)
    assert digests.left == 2
    assert digests.fingerprint(item) == expected(PAIR, item)


def test_a_table_whose_items_are_all_different_is_not_tried_for_ever() -> None:
    digests = learned(*(body(**{f"a{n}": {"S": "x"}}) for n in range(2 * PATIENCE)))
    item = body(a0={"S": "x"})
    assert digests.fingerprint(item) == expected(PAIR, item)
    assert digests.left == 2 * PATIENCE + 1


@pytest.mark.parametrize(
    "bad", [b"", b"[]", b'{"pk":', b'{"pk":{"S":"a"},"sk":{"N":"1"},"s":{"S":"a\\ud800"}}']
)
def test_an_item_that_is_not_valid_json_is_refused_after_others_were_read(bad: bytes) -> None:
    with pytest.raises(TerminalError, match="not valid DynamoDB JSON"):
        learned(body(s={"S": "x"})).fingerprint(bad)


@pytest.mark.parametrize("bad", [{"pk": {"S": "a"}}, {"pk": {"S": "a"}, "sk": {"S": "1"}}])
def test_an_item_without_the_key_is_refused_after_others_were_read(bad: Any) -> None:
    with pytest.raises(TableError, match="key attributes"):
        learned(body()).fingerprint(json.dumps(bad).encode())
