from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any, Dict, List

import bson
import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from connectors.model.keys import KeyAttribute, KeySchema
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.values import Unconvertible
from local.verify.documents import plain, stored
from tests.unit.connectors.targets.mongodb.items import ITEM, NUMBER, SCHEMA, Item, body

RAW, CHANGE = Shape(raw=True), Shape()
EXAMPLE: Item = {"aaa": {"L": [{"S": "aa1"}, {"N": "1234"}]}, "hello_world": {"S": "f2"}}
KEY: Item = {"pk": {"S": "p"}, "sk": {"N": "1"}}


def document(item: Item, shape: Shape, schema: KeySchema = SCHEMA) -> Dict[str, Any]:
    return bson.decode(Converter(schema, shape).put(body(item)).document)


def test_the_example_of_the_forerunner_in_both_forms() -> None:
    simple = KeySchema(KeyAttribute("hello_world", "S"))
    assert document(EXAMPLE, RAW, simple) == EXAMPLE
    assert document(EXAMPLE, CHANGE, simple) == {"aaa": ["aa1", 1234], "hello_world": "f2"}


@given(ITEM)
def test_raw_keeps_every_value_with_its_type(item: Item) -> None:
    def decoded(value: Any) -> Any:
        ((kind, content),) = value.items()
        if kind == "B":
            return {kind: base64.b64decode(content)}
        if kind == "BS":
            return {kind: [base64.b64decode(each) for each in content]}
        if kind == "L":
            return {kind: [decoded(each) for each in content]}
        if kind == "M":
            return {kind: {name: decoded(each) for name, each in content.items()}}
        return value

    found = document(item, RAW)
    found.pop("sk")
    wanted = {name: decoded(value) for name, value in item.items() if name != "sk"}
    assert found == wanted


@given(ITEM)
def test_change_gives_what_its_table_says_for_every_type(item: Item) -> None:
    found = document(item, CHANGE)
    assert {name: stored(value) for name, value in found.items()} == {
        name: plain(value) for name, value in item.items()
    }


def test_null_and_booleans_are_booleans_and_sets_are_sorted_arrays() -> None:
    item = {
        **KEY,
        "null": {"NULL": True},
        "bool": {"BOOL": False},
        "strings": {"SS": ["b", "a"]},
        "numbers": {"NS": ["10", "9", "-1.5"]},
        "binaries": {"BS": ["/w==", "AA=="]},
    }
    found = document(item, CHANGE)
    assert (found["null"], found["bool"]) == (True, False)
    assert found["strings"] == ["a", "b"]
    assert found["numbers"] == [Decimal128("-1.5"), Int64(9), Int64(10)]
    assert found["binaries"] == [b"\x00", b"\xff"]


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("key_as_id", [True, False])
@pytest.mark.parametrize("spelling", ["1", "1.0", "1E0", "10e-1"])
def test_a_key_has_one_filter_and_one_document_however_its_number_is_spelled(
    raw: bool, key_as_id: bool, spelling: str
) -> None:
    converter = Converter(SCHEMA, Shape(raw, key_as_id))
    first = converter.put(body({**KEY, "v": {"S": "x"}}))
    again = converter.put(body({"v": {"S": "x"}, "sk": {"N": spelling}, "pk": {"S": "p"}}))
    assert again == first
    assert converter.delete(body({"sk": {"N": spelling}, "pk": {"S": "p"}})) == first.filter


@pytest.mark.parametrize(
    ("shape", "filter_"),
    [
        (CHANGE, {"pk": "p", "sk": 1}),
        (RAW, {"pk.S": "p", "sk.N": "1"}),
        (Shape(key_as_id=True), {"_id": {"pk": "p", "sk": 1}}),
        (Shape(True, True), {"_id": {"pk": {"S": "p"}, "sk": {"N": "1"}}}),
        (Shape(key_as_id=True, sharded=True), {"_id": {"pk": "p", "sk": 1}, "pk": "p"}),
        (Shape(True, True, sharded=True), {"_id": {"pk": {"S": "p"}, "sk": {"N": "1"}}, "pk.S": "p"}),
    ],
)
def test_the_filter_names_what_the_index_holds(shape: Shape, filter_: Dict[str, Any]) -> None:
    assert Converter(SCHEMA, shape).put(body(KEY)).filter == filter_


def test_a_key_of_one_attribute_is_the_id_itself() -> None:
    simple = KeySchema(KeyAttribute("id", "B"))
    found = document({"id": {"B": "AAE="}}, Shape(key_as_id=True), simple)
    assert found == {"_id": b"\x00\x01", "id": b"\x00\x01"}


@given(ITEM)
def test_a_document_never_begins_with_an_attribute_that_an_update_would_take_for_an_operator(
    item: Item,
) -> None:
    for shape in (RAW, CHANGE, Shape(True, True), Shape(key_as_id=True)):
        found = document({"$set": {"M": {"a": {"S": "b"}}}, **item}, shape)
        assert next(iter(found)) == ("_id" if shape.key_as_id else "pk")


def test_an_attribute_called_id_gets_the_prefix() -> None:
    assert document({**KEY, "_id": {"S": "x"}}, CHANGE)["pre_id"] == "x"
    assert document({**KEY, "_id": {"S": "x"}}, Shape(True, id_prefix="old"))["old_id"] == {"S": "x"}
    nested = document({**KEY, "m": {"M": {"_id": {"S": "x"}}}}, CHANGE)
    assert nested["m"] == {"_id": "x"}


def test_a_key_attribute_called_id_gets_the_prefix_too() -> None:
    converter = Converter(KeySchema(KeyAttribute("_id", "S")), CHANGE)
    found = converter.put(body({"_id": {"S": "x"}, "v": {"S": "y"}}))
    assert found.filter == {"pre_id": "x"}
    assert bson.decode(found.document) == {"pre_id": "x", "v": "y"}


def test_a_number_too_long_is_text_and_counted_or_refused() -> None:
    long = {**KEY, "n": {"L": [{"N": "1" * 38}, {"NS": ["2" * 36, "1"]}]}}
    put = Converter(SCHEMA, CHANGE).put(body(long))
    assert put.texts == 2
    assert bson.decode(put.document)["n"] == ["1" * 38, [1, "2" * 36]]
    with pytest.raises(Unconvertible, match="34 digits"):
        Converter(SCHEMA, Shape(long_as_text=False)).put(body(long))


@pytest.mark.parametrize("shape", [CHANGE, RAW, Shape(key_as_id=True)])
@pytest.mark.parametrize("keys", [["_id"], ["pre_id"], ["_id", "pre_id"]])
def test_a_key_attribute_that_would_share_its_field_with_another_attribute_says_why(
    keys: List[str], shape: Shape
) -> None:
    schema = KeySchema(*[KeyAttribute(name, "S") for name in keys])
    both = body({"_id": {"S": "x"}, "pre_id": {"S": "y"}})
    with pytest.raises(Unconvertible, match=r"mongodb\.idPrefix"):
        Converter(schema, shape).put(both)


@given(st.lists(NUMBER, min_size=2, max_size=6, unique_by=Decimal))
def test_a_number_set_is_sorted_by_value(texts: List[str]) -> None:
    found = document({**KEY, "n": {"NS": texts}}, CHANGE)["n"]
    assert [Decimal(str(each)) for each in found] == sorted(map(Decimal, texts))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not DynamoDB JSON"),
        (body({"pk": {"S": "p"}}), "lacks a key attribute"),
        (body({"pk": {"N": "1"}, "sk": {"N": "1"}}), "lacks a key attribute"),
        (body({**KEY, "a\x00b": {"S": "x"}}), "NUL"),
        (body({**KEY, "m": {"M": {"a\x00b": {"S": "x"}}}}), "NUL"),
        (body({**KEY, "_id": {"S": "x"}, "pre_id": {"S": "y"}}), r"mongodb\.idPrefix"),
        (body({**KEY, "n": {"N": "abc"}}), "number cannot be read"),
        (body({**KEY, "n": {"N": "\u00b2"}}), "number cannot be read"),
        (body({**KEY, "n": {"NS": ["1", "abc"]}}), "number cannot be read"),
        (body({**KEY, "n": {"NS": ["1", "\u00b2"]}}), "number cannot be read"),
        (body({"pk": {"S": "p"}, "sk": {"N": "\u00b2"}}), "number cannot be read"),
        (body({**KEY, "n": {"XX": "abc"}}), "an unknown type"),
        (body({**KEY, "n": {"L": [{"XX": "abc"}]}}), "an unknown type"),
    ],
)
def test_what_has_no_document_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(Unconvertible, match=reason):
        Converter(SCHEMA, CHANGE).put(content)


@pytest.mark.parametrize("shape", [RAW, CHANGE])
@pytest.mark.parametrize("levels", [600, 5000])
def test_an_item_that_is_nested_too_deeply_has_no_document(shape: Shape, levels: int) -> None:
    deep = b'{"M":{"a":' * levels + b'{"S":"x"}' + b"}}" * levels
    item = b'{"pk":{"S":"p"},"sk":{"N":"1"},"v":%b}' % deep
    with pytest.raises(Unconvertible, match="nested too deeply"):
        Converter(SCHEMA, shape).put(item)
