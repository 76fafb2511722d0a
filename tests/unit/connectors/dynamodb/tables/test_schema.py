from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from connectors.dynamodb.tables.description import description_of
from connectors.dynamodb.tables.schema import Schema, schema_differences


def index(name: str = "by-state", key: str = "state", **projection: Any) -> Dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": key, "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL", **projection},
    }


def schema(ttl: Optional[str] = None, partition: str = "S", **members: Any) -> Schema:
    table: Dict[str, Any] = {
        "TableName": "orders",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": partition},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "state", "AttributeType": "S"},
            {"AttributeName": "other", "AttributeType": "S"},
        ],
    }
    return Schema(description_of({**table, **members}), ttl)


def include(*names: str) -> Dict[str, Any]:
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}


INDEXED = schema(
    GlobalSecondaryIndexes=[index()], LocalSecondaryIndexes=[index("recent", "pk")], ttl="expires"
)


def test_a_table_equals_itself() -> None:
    assert schema_differences(INDEXED, INDEXED) == []


def test_members_that_the_target_omits_are_not_differences() -> None:
    source = schema(
        BillingModeSummary={"BillingMode": "PROVISIONED"},
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        TableStatus="ACTIVE",
        ItemCount=7,
    )
    assert schema_differences(source, schema()) == []


def test_another_key_is_named_with_both_keys() -> None:
    assert schema_differences(schema(), schema(partition="B")) == [
        "the primary key is pk (S, HASH), sk (N, RANGE) at the source "
        "and pk (B, HASH), sk (N, RANGE) at the target"
    ]


@pytest.mark.parametrize("kind", ["Global", "Local"])
def test_an_index_on_only_one_side_is_a_difference(kind: str) -> None:
    with_index = schema(**{f"{kind}SecondaryIndexes": [index()]})
    shown = "[state (S, HASH), sk (N, RANGE)] with ALL"
    label = f"{kind.lower()} index by-state"
    assert schema_differences(with_index, schema()) == [
        f"{label} is {shown} at the source and missing at the target"
    ]
    assert schema_differences(schema(), with_index) == [
        f"{label} is missing at the source and {shown} at the target"
    ]


def test_a_global_index_and_a_local_one_of_the_same_name_differ() -> None:
    here = schema(GlobalSecondaryIndexes=[index(key="pk")])
    there = schema(LocalSecondaryIndexes=[index(key="pk")])
    assert len(schema_differences(here, there)) == 2


@pytest.mark.parametrize(
    "other", [index(key="other"), index(ProjectionType="KEYS_ONLY"), index(**include("a"))]
)
def test_another_key_or_projection_of_an_index_is_a_difference(other: Dict[str, Any]) -> None:
    (line,) = schema_differences(
        schema(GlobalSecondaryIndexes=[index()]), schema(GlobalSecondaryIndexes=[other])
    )
    assert line.startswith("global index by-state is [state (S, HASH), sk (N, RANGE)] with ALL at the source")


@pytest.mark.parametrize(
    ("at_source", "at_target", "lines"),
    [
        (include("a", "b"), include("b", "a"), 0),
        (include("a", "pk", "state", "sk"), include("a"), 0),
        (include("pk"), {"ProjectionType": "KEYS_ONLY"}, 0),
        (include("a", "b"), include("a"), 1),
    ],
)
def test_non_key_attributes_are_compared_without_order_and_without_keys(
    at_source: Dict[str, Any], at_target: Dict[str, Any], lines: int
) -> None:
    source, target = (schema(GlobalSecondaryIndexes=[index(**each)]) for each in (at_source, at_target))
    assert len(schema_differences(source, target)) == lines
    assert len(schema_differences(target, source)) == lines


def test_the_order_in_which_a_server_lists_indexes_and_their_keys_is_ignored() -> None:
    turned = index()
    turned["KeySchema"].reverse()
    source = schema(GlobalSecondaryIndexes=[index("a"), index("by-state")])
    target = schema(GlobalSecondaryIndexes=[turned, index("a")])
    assert schema_differences(source, target) == []


@pytest.mark.parametrize(
    ("at_source", "at_target", "line"),
    [
        ("expires", None, "time to live is on (attribute expires) at the source and off at the target"),
        (None, "expires", "time to live is off at the source and on (attribute expires) at the target"),
        (
            "a",
            "b",
            "time to live is on (attribute a) at the source and on (attribute b) at the target",
        ),
    ],
)
def test_time_to_live_is_compared(at_source: Optional[str], at_target: Optional[str], line: str) -> None:
    assert schema_differences(schema(at_source), schema(at_target)) == [line]
