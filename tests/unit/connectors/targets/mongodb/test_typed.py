"""An item and its document have one form; what differs in anything has another."""

from __future__ import annotations

import json
import uuid
from typing import Any, Dict, List

import bson
import pytest
from bson import Code, ObjectId
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from connectors.check.equal import differing
from connectors.model.canonical import value_digest
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.typed import REFUSED, TWICE, Forms, Typed, with_count
from tests.unit.connectors.targets.mongodb.items import ITEM, SCHEMA, VALUE, Item, body

SHAPES = [Shape(raw, key_as_id) for raw in (True, False) for key_as_id in (True, False)]
KEY = {"pk": {"S": "p"}, "sk": {"N": "5"}}
LONG = "9" * 38


def forms(shape: Shape = Shape(), schema: KeySchema = SCHEMA) -> Forms:  # noqa: B008 - immutable
    return Forms("t", schema, shape)


def standing(item: Item, shape: Shape) -> Dict[str, Any]:
    """The item's document as the server has it."""
    fields: Dict[str, Any] = bson.decode(Converter(SCHEMA, shape).put(body(item)).document)
    return fields if shape.key_as_id else {"_id": ObjectId(), **fields}


def read(document: Dict[str, Any], shape: Shape = Shape()) -> Typed:  # noqa: B008 - immutable
    return forms(shape).of_document(bson.encode(document))


@pytest.mark.parametrize("shape", SHAPES)
@given(item=ITEM)
def test_an_item_and_its_document_have_one_form_and_one_key_whatever_the_order_of_fields(
    shape: Shape, item: Item
) -> None:
    there = read(dict(reversed(list(standing(item, shape).items()))), shape)
    ours = forms(shape).of_item(body(item))
    assert value_digest(there.body) == value_digest(ours)
    assert differing(ours, there.body) == {}
    assert there.named
    assert there.digest == KeyReader("t", SCHEMA).digest(body(item))
    assert there.digest == KeyReader("t", SCHEMA).digest(ours)


@pytest.mark.parametrize("shape", SHAPES)
@given(item=ITEM, value=VALUE, place=st.integers(0, 9))
def test_a_document_that_is_damaged_in_one_field_differs_in_that_field(
    shape: Shape, item: Item, value: Item, place: int
) -> None:
    document = standing(item, shape)
    names = sorted({"new", *document} - {"_id", "pk", "sk"})
    name = names[place % len(names)]
    before = document.get(name)
    changed = standing({**KEY, "v": value}, shape)["v"]
    document[name] = changed
    ours = forms(shape).of_item(body(item))
    found = set(differing(ours, read(document, shape).body))
    if shape.raw:  # numbers count by value, and sets have no order
        assert found <= {name}
    else:
        assert found == (set() if _same(before, changed) else {name})
    del document[name]
    there = read(document, shape)
    assert set(differing(ours, there.body)) == (set() if before is None else {name})


def _same(one: Any, other: Any) -> bool:
    """1 == True in Python."""
    return bson.encode({"v": one}) == bson.encode({"v": other}) if one is not None else False


@given(ITEM, ITEM)
def test_items_whose_documents_differ_differ(first: Item, second: Item) -> None:
    documents = [bson.decode(Converter(SCHEMA, Shape()).put(body(item)).document) for item in (first, second)]
    same = value_digest(forms().of_item(body(first))) == value_digest(forms().of_item(body(second)))
    assert same == (documents[0] == documents[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"S": "1"}, {"N": "1"}),
        ({"BOOL": True}, {"N": "1"}),
        ({"B": "MQ=="}, {"S": "MQ=="}),
        ({"L": []}, {"M": {}}),
        ({"M": {"N": {"S": "1"}}}, {"N": "1"}),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}),
        ({"N": "1." + "0" * 32 + "1"}, {"N": "1." + "0" * 32 + "2"}),
        ({"N": LONG}, {"N": LONG[:-1] + "8"}),
    ],
)
@pytest.mark.parametrize("shape", [Shape(), Shape(raw=True)])
def test_values_of_different_types_and_in_the_last_digit_differ(shape: Shape, one: Item, other: Item) -> None:
    bodies = [forms(shape).of_item(body({**KEY, "v": value})) for value in (one, other)]
    assert set(differing(*bodies)) == {"v"}


def test_sets_in_another_order_are_equal_in_both_forms() -> None:
    one = {**KEY, "s": {"SS": ["a", "b"]}, "n": {"NS": ["1", "2.5"]}, "b": {"BS": ["AA==", "AQ=="]}}
    other = {**KEY, "s": {"SS": ["b", "a"]}, "n": {"NS": ["2.50", "1"]}, "b": {"BS": ["AQ==", "AA=="]}}
    for shape in SHAPES:
        assert differing(forms(shape).of_item(body(one)), forms(shape).of_item(body(other))) == {}


def test_a_number_may_be_spelled_otherwise_but_a_double_is_no_number_of_dynamodb() -> None:
    ours = forms().of_item(body({**KEY, "v": {"N": "2.5"}}))
    same = {"_id": 1, "v": Decimal128("2.50"), "sk": 5, "pk": "p"}
    assert differing(ours, read(same).body) == {}
    assert set(differing(ours, read({**same, "v": 2.5}).body)) == {"v"}


@pytest.mark.parametrize(
    "value",
    [
        2.5,
        None,
        uuid.UUID(int=7).bytes_le,
        ObjectId("0" * 23 + "7"),
        Code("1"),
        bson.Binary(b"1", 5),
        bson.DatetimeMS(1 << 60),
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_no_item_becomes_is_read_and_shown(shape: Shape, value: Any) -> None:
    document = {**standing(KEY, shape), "v": value}
    found = read(document, shape)
    assert found.named
    assert list(json.loads(found.body)["v"]) != []
    assert set(differing(forms(shape).of_item(body(KEY)), found.body)) == {"v"}


@pytest.mark.parametrize(
    ("document", "shape"),
    [
        ({"_id": 1}, Shape()),
        ({"_id": 1, "pk": "p", "sk": "5"}, Shape()),
        ({"_id": 1, "pk": "p", "sk": 5.0}, Shape()),
        ({"_id": 1, "pk": {"S": "p"}, "sk": {"N": "5.0"}}, Shape(raw=True)),
        ({"_id": 1, "pk": "p", "sk": Int64(5)}, Shape(key_as_id=True)),
        ({"_id": {"sk": Int64(5), "pk": "p"}, "pk": "p", "sk": Int64(5)}, Shape(key_as_id=True)),
        ({"_id": 1, "pk": "p", "sk": LONG}, Shape(long_as_text=False)),
    ],
)
def test_a_document_whose_key_is_not_as_the_job_writes_it_is_named_by_its_id(
    document: Dict[str, Any], shape: Shape
) -> None:
    found = read(document, shape)
    assert not found.named
    assert found.digest != KeyReader("t", SCHEMA).digest(body(KEY))
    assert forms(shape).filter(found.key) == {"_id": document["_id"]}


def test_a_document_whose_id_is_the_key_of_one_and_whose_fields_are_of_another_differs() -> None:
    shape = Shape(key_as_id=True)
    found = read({**standing(KEY, shape), "sk": Int64(6)}, shape)
    assert found.digest == KeyReader("t", SCHEMA).digest(body(KEY))
    assert set(differing(forms(shape).of_item(body(KEY)), found.body)) == {"sk"}
    lacking = standing(KEY, shape)
    del lacking["sk"]
    assert set(differing(forms(shape).of_item(body(KEY)), read(lacking, shape).body)) == {"sk"}


def test_a_long_number_key_is_found_again() -> None:
    item = {"pk": {"S": "p"}, "sk": {"N": LONG}}
    found = read(standing(item, Shape()))
    assert found.digest == KeyReader("t", SCHEMA).digest(body(item))
    assert forms().filter(found.key) == {"pk": "p", "sk": LONG}


@pytest.mark.parametrize(
    ("item", "shape", "reason"),
    [
        ({**KEY, "_id": {"N": "1"}, "pre_id": {"N": "2"}}, Shape(), "idPrefix"),
        ({**KEY, "v": {"N": LONG}}, Shape(long_as_text=False), "34 digits"),
        ({**KEY, "a\x00b": {"N": "1"}}, Shape(), "NUL"),
    ],
)
def test_an_item_that_has_no_document_says_why_and_equals_none(item: Item, shape: Shape, reason: str) -> None:
    found = json.loads(forms(shape).of_item(body(item)))
    assert reason in found.pop(REFUSED)["S"]
    assert found == item
    ours, there = forms(shape).of_item(body(item)), read(standing(KEY, shape), shape)
    assert REFUSED in differing(ours, there.body)


def test_documents_that_share_a_key_say_how_many_they_are() -> None:
    ours = forms().of_item(body(KEY))
    assert set(differing(ours, with_count(ours, 2))) == {TWICE}


def test_a_key_attribute_called_id_is_read_under_its_own_name() -> None:
    schema = KeySchema(KeyAttribute("_id", "S"))
    item: Item = {"_id": {"S": "a"}, "v": {"N": "1"}}
    for shape in SHAPES:
        document = bson.decode(Converter(schema, shape).put(body(item)).document)
        document.setdefault("_id", ObjectId())
        found = forms(shape, schema).of_document(bson.encode(document))
        assert json.loads(found.body) == item
        assert found.digest == KeyReader("t", schema).digest(body(item))


KINDS: List[Any] = ["text", 5, ObjectId("0" * 23 + "7"), {"a": 1}, None, b"\x00"]


@pytest.mark.parametrize("identity", KINDS, ids=str)
def test_an_id_of_any_type_is_found_again(identity: Any) -> None:
    found = read({"_id": identity, "v": 1})
    assert forms().filter(found.key) == {"_id": identity}
