"""What each target refuses, without a connection."""

from __future__ import annotations

import json

import pytest

from connectors.config import load
from connectors.dynamodb.tables.description import description_of
from connectors.targets.limits import TAKEN
from connectors.targets.open import kind_of

TABLE = description_of(
    {
        "TableName": "orders",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
)


def judged(item, *sets):
    settings = load([f"--set={each}" for each in sets], {})
    return kind_of(settings).limits(settings).items(TABLE).judge(json.dumps(item).encode())


PLAIN = {"pk": {"S": "a"}, "n": {"N": "1"}, "l": {"L": [{"M": {"x": {"S": "y"}}}]}}


@pytest.mark.parametrize("target", ["polardb", "mongodb"])
def test_an_ordinary_item_is_taken(target):
    if target == "mongodb":
        pytest.importorskip("pymongo")
    assert judged(PLAIN, f"target={target}") == TAKEN


@pytest.mark.parametrize(
    "item",
    [
        {"pk": {"S": "a\x00"}},
        {"pk": {"S": "a"}, "b\x00": {"N": "1"}},
        {"pk": {"S": "a"}, "deep": {"M": {"l": {"L": [{"SS": ["x\x00"]}]}}}},
    ],
)
def test_a_nul_anywhere_is_refused_by_polardb(item):
    assert "NUL" in judged(item).refused


def test_a_text_that_only_spells_the_escape_is_taken_by_polardb():
    assert judged({"pk": {"S": "\\u0000"}}) == TAKEN


def test_a_key_that_is_too_long_for_an_index_is_remarked_on():
    assert judged({"pk": {"S": "k" * 2048}}) == TAKEN
    assert "2,704" in judged({"pk": {"S": "\u20ac" * 1000}}).remark


def test_mongodb_refuses_what_the_job_could_not_convert():
    pytest.importorskip("pymongo")
    item = {"pk": {"S": "a"}, "_id": {"S": "b"}, "pre_id": {"S": "c"}}
    assert "_id" in judged(item, "target=mongodb").refused
