from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest

from connectors.dynamodb.tables.description import TableDescription, description_of
from connectors.targets.mongodb.collections import shard_commands
from connectors.targets.mongodb.convert import Shape
from connectors.targets.mongodb.index_plan import (
    MongoIndex,
    clash,
    foreign_unique,
    indexes_of,
    kind_problem,
    missing,
    name_problem,
)


def table(
    keys: List[Tuple[str, str]],
    name: str = "orders",
    global_: Tuple[Tuple[str, ...], ...] = (),
    local: Tuple[str, ...] = (),
) -> TableDescription:
    """Keys as (name, type); indexes by the names of their attributes, which are numbers."""
    extra = {one for names in global_ for one in names} | set(local)
    types = {**dict.fromkeys(extra, "N"), **dict(keys)}

    def schema(names: Tuple[str, ...]) -> List[Dict[str, str]]:
        return [{"AttributeName": each, "KeyType": role} for each, role in zip(names, ("HASH", "RANGE"))]

    fields: Dict[str, Any] = {
        "TableName": name,
        "KeySchema": schema(tuple(one for one, _ in keys)),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        "GlobalSecondaryIndexes": [{"IndexName": "-".join(n), "KeySchema": schema(n)} for n in global_],
        "LocalSecondaryIndexes": [{"IndexName": n, "KeySchema": schema((keys[0][0], n))} for n in local],
    }
    return description_of(fields)


BOTH = [("pk", "S"), ("sk", "N")]


def test_a_collection_has_a_unique_index_on_the_key_and_one_for_every_other_way_to_query() -> None:
    source = table(BOTH, global_=(("status", "placed"), ("owner",)), local=("placed",))
    assert indexes_of(source, Shape()) == [
        MongoIndex((("pk", 1), ("sk", 1)), True),
        MongoIndex((("pk", 1),)),
        MongoIndex((("status", 1), ("placed", 1))),
        MongoIndex((("owner", 1),)),
        MongoIndex((("pk", 1), ("placed", 1))),
    ]


def test_in_raw_the_paths_name_the_types() -> None:
    source = table(BOTH, global_=(("status",),))
    assert indexes_of(source, Shape(raw=True)) == [
        MongoIndex((("pk.S", 1), ("sk.N", 1)), True),
        MongoIndex((("pk.S", 1),)),
        MongoIndex((("status.N", 1),)),
    ]


def test_where_the_key_is_the_id_no_unique_index_is_needed() -> None:
    assert indexes_of(table(BOTH), Shape(key_as_id=True)) == [MongoIndex((("pk", 1),))]


def test_no_index_is_made_twice() -> None:
    assert indexes_of(table(BOTH[:1]), Shape()) == [MongoIndex((("pk", 1),), True)]
    twice = table(BOTH, global_=(("owner",), ("owner",)))
    assert len(indexes_of(twice, Shape())) == 3


def test_sharded_collections_are_sharded_on_the_hash_of_the_partition_key() -> None:
    """A recorded contract: the local server has no sharding."""
    source, shape = table(BOTH), Shape(raw=True, sharded=True)
    assert indexes_of(source, shape)[1] == MongoIndex((("pk.S", "hashed"),))
    assert shard_commands("app", source, shape) == [
        {"enableSharding": "app"},
        {"shardCollection": "app.orders", "key": {"pk.S": "hashed"}},
    ]


def test_a_key_attribute_called_id_is_indexed_at_its_path() -> None:
    assert indexes_of(table([("_id", "S")]), Shape()) == [MongoIndex((("pre_id", 1),), True)]


INFORMATION = {
    "_id_": {"key": [("_id", 1)]},
    "a": {"key": [("pk", 1), ("sk", 1)], "unique": True},
    "b": {"key": [("status", 1.0), ("placed", 1)]},
    "mail": {"key": [("email", 1)], "unique": True},
}


def test_only_the_indexes_that_are_not_there_are_made() -> None:
    wanted = indexes_of(table(BOTH, global_=(("status", "placed"),)), Shape())
    assert missing(wanted, INFORMATION) == [MongoIndex((("pk", 1),))]
    assert clash(wanted, INFORMATION) is None
    assert foreign_unique(wanted, INFORMATION) == ["mail"]


def test_an_index_on_the_key_that_is_not_unique_is_in_the_way() -> None:
    there = {"a": {"key": [("pk", 1), ("sk", 1)]}}
    assert "pk, sk that is not unique" in str(clash(indexes_of(table(BOTH), Shape()), there))


@pytest.mark.parametrize(
    ("name", "problem"),
    [("system.users", "begin with system."), (".orders", "dot"), ("orders.", "dot"), ("a..b", "two dots")],
)
def test_names_that_no_collection_can_have(name: str, problem: str) -> None:
    assert problem in str(name_problem(table(BOTH, name), "app", Shape()))


def test_a_name_must_fit_together_with_the_databases() -> None:
    name = "t" * 250
    assert name_problem(table(BOTH, name), "app", Shape()) is None
    assert "longer than 254 bytes" in str(name_problem(table(BOTH, name), "longer", Shape()))
    assert "longer than 234 bytes" in str(name_problem(table(BOTH, name), "app", Shape(sharded=True)))


@pytest.mark.parametrize("odd", ["a.b", "$a"])
def test_key_attributes_that_no_filter_can_name_need_to_be_the_id_alone(odd: str) -> None:
    alone, pair = table([(odd, "S")]), table([("pk", "S"), (odd, "S")])
    assert "mongodb.documentId: key" in str(name_problem(alone, "app", Shape()))
    assert name_problem(alone, "app", Shape(key_as_id=True)) is None
    assert indexes_of(alone, Shape(key_as_id=True)) == []
    for shape in (Shape(), Shape(key_as_id=True)):
        assert "filter.blackTableSet" in str(name_problem(pair, "app", shape))


def test_key_attributes_that_would_share_a_field_need_another_prefix() -> None:
    pair = table([("_id", "S"), ("pre_id", "S")])
    assert "mongodb.idPrefix" in str(name_problem(pair, "app", Shape()))
    assert name_problem(pair, "app", Shape(id_prefix="old")) is None


UNFIT: Dict[str, Tuple[Dict[str, Any], str]] = {
    "a view": ({"type": "view", "options": {"viewOn": "other", "pipeline": []}}, "is a view"),
    "a view of an old server": ({"options": {"viewOn": "other"}}, "is a view"),
    "a time series": (
        {"type": "timeseries", "options": {"timeseries": {"timeField": "t"}}},
        "is a time series",
    ),
    "a time series without its type": ({"options": {"timeseries": {"timeField": "t"}}}, "is a time series"),
    "its kind of a later server": ({"type": "ledger", "options": {}}, "has the type ledger"),
    "capped": ({"type": "collection", "options": {"capped": True, "size": 4096}}, "is capped"),
    "capped, of an old server": ({"options": {"capped": True}}, "is capped"),
    "a collation without case": ({"options": {"collation": {"locale": "en", "strength": 2}}}, "a collation"),
    "any locale": ({"options": {"collation": {"locale": "fr", "strength": 5}}}, "a collation"),
    "encrypted fields": ({"options": {"encryptedFields": {"fields": []}}}, "encrypted fields"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_collection_that_cannot_hold_a_table_is_reported(case: str) -> None:
    listed, told = UNFIT[case]
    assert told in str(kind_problem({"name": "orders", **listed}))


@pytest.mark.parametrize(
    "listed",
    [
        {},
        {"type": "collection"},
        {"type": "collection", "options": {}},
        {"options": {"capped": False, "validator": {}, "collation": {"locale": "simple"}}},
        {"options": {"clusteredIndex": {"key": {"_id": 1}, "unique": True}}},
    ],
)
def test_an_ordinary_collection_may_stay(listed: Dict[str, Any]) -> None:
    assert kind_problem({"name": "orders", **listed}) is None


PAIR = [("pk", 1), ("sk", 1)]
RESTRICTED: Dict[str, Dict[str, Any]] = {
    "partial": {"key": PAIR, "unique": True, "partialFilterExpression": {"status": "open"}},
    "sparse": {"key": PAIR, "unique": True, "sparse": True},
    "with a collation": {"key": PAIR, "unique": True, "collation": {"locale": "en", "strength": 1}},
}


@pytest.mark.parametrize("way", RESTRICTED)
def test_a_unique_index_that_does_not_hold_for_every_key_is_not_the_keys(way: str) -> None:
    wanted = indexes_of(table(BOTH), Shape())
    there = {"a": RESTRICTED[way]}
    assert f"not unique for all ({way})" in str(clash(wanted, there))
    assert MongoIndex((("pk", 1), ("sk", 1)), True) in missing(wanted, there)


def test_one_beside_it_that_does_is_enough() -> None:
    wanted = indexes_of(table(BOTH), Shape())
    for order in ([*RESTRICTED, "whole"], ["whole", *RESTRICTED]):
        indexes = {**RESTRICTED, "whole": {"key": PAIR, "unique": True, "collation": {"locale": "simple"}}}
        there = {name: indexes[name] for name in order}
        assert clash(wanted, there) is None
        assert missing(wanted, there) == [MongoIndex((("pk", 1),))]
