"""Single items, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.harness.depth import examples
from tests.integration.standin.conftest import client_of, make_table, refused
from tests.integration.standin.strategies import items

KEY = {"pk": {"S": "a"}}

FIXTURE = (HealthCheck.function_scoped_fixture,)


@pytest.fixture(scope="module")
def table(standin: Any) -> str:
    return make_table(client_of(standin()))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=FIXTURE)
@given(item=items())
def test_any_item_of_all_ten_types_comes_back_equal(client: Any, table: str, item: Any) -> None:
    item = {**item, "pk": {"S": "round trip"}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key={"pk": {"S": "round trip"}})["Item"] == item


def test_a_put_replaces_the_whole_item(client: Any, table: str) -> None:
    client.put_item(TableName=table, Item={**KEY, "old": {"S": "1"}})
    answer = client.put_item(TableName=table, Item={**KEY, "new": {"S": "2"}}, ReturnValues="ALL_OLD")
    assert answer["Attributes"] == {**KEY, "old": {"S": "1"}}
    assert client.get_item(TableName=table, Key=KEY)["Item"] == {**KEY, "new": {"S": "2"}}


def test_a_deleted_item_is_gone_and_deleting_again_is_no_error(client: Any, table: str) -> None:
    client.put_item(TableName=table, Item={**KEY, "x": {"S": "1"}})
    deleted = client.delete_item(TableName=table, Key=KEY, ReturnValues="ALL_OLD")
    assert deleted["Attributes"] == {**KEY, "x": {"S": "1"}}
    assert "Item" not in client.get_item(TableName=table, Key=KEY)
    assert "Attributes" not in client.delete_item(TableName=table, Key=KEY, ReturnValues="ALL_OLD")


def update(client: Any, table: str, expression: str, wanted: str = "NONE", **more: Any) -> Any:
    answer = client.update_item(
        TableName=table, Key=KEY, UpdateExpression=expression, ReturnValues=wanted, **more
    )
    return answer.get("Attributes")


def test_an_update_sets_and_removes_top_level_attributes_only(client: Any, table: str) -> None:
    client.put_item(TableName=table, Item={**KEY, "keep": {"M": {"x": {"N": "1"}}}, "drop": {"S": "d"}})
    more = {
        "ExpressionAttributeNames": {"#n": "odd.name"},
        "ExpressionAttributeValues": {":v": {"N": "2.50"}},
    }
    new = update(client, table, "set #n = :v, #n2 = :v remove drop, nowhere", "ALL_NEW", **{
        **more, "ExpressionAttributeNames": {"#n": "odd.name", "#n2": "size"},
    })  # fmt: skip
    expected = {**KEY, "keep": {"M": {"x": {"N": "1"}}}, "odd.name": {"N": "2.50"}, "size": {"N": "2.50"}}
    assert new == expected
    assert client.get_item(TableName=table, Key=KEY)["Item"] == expected


def test_an_update_returns_the_requested_values(client: Any, table: str) -> None:
    item = {**KEY, "a": {"S": "old"}, "b": {"S": "untouched"}}
    client.put_item(TableName=table, Item=item)
    value = {"ExpressionAttributeValues": {":v": {"S": "new"}}}
    assert update(client, table, "SET a = :v", "UPDATED_OLD", **value) == {"a": {"S": "old"}}
    assert update(client, table, "SET a = :v", "UPDATED_NEW", **value) == {"a": {"S": "new"}}
    assert update(client, table, "REMOVE a", "ALL_OLD") == {**item, "a": {"S": "new"}}
    assert update(client, table, "REMOVE b") is None


def test_an_update_creates_a_missing_item(client: Any, table: str) -> None:
    client.delete_item(TableName=table, Key=KEY)
    new = update(client, table, "SET a = :v", "ALL_NEW", ExpressionAttributeValues={":v": {"BOOL": True}})
    assert new == {**KEY, "a": {"BOOL": True}}


def test_an_update_that_makes_the_item_too_large_changes_nothing(client: Any, table: str) -> None:
    client.put_item(TableName=table, Item={**KEY, "a": {"S": "x" * 300_000}})
    value = {"ExpressionAttributeValues": {":v": {"S": "y" * 200_000}}}
    assert "Item size" in refused(
        client.update_item, TableName=table, Key=KEY, UpdateExpression="SET b = :v", **value
    )
    assert set(client.get_item(TableName=table, Key=KEY)["Item"]) == {"pk", "a"}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"x": {"S": "no key"}}, "Missing the key pk"),
        ({"pk": {"S": ""}}, "empty string value"),
        ({"pk": {"N": "1"}}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": "k" * 2049}}, "2048 bytes"),
        ({**KEY, "x": {"S": "y" * 409_600}}, "Item size has exceeded"),
        ({**KEY, "x": {"N": "1" * 39}}, "more than 38 significant digits"),
        ({**KEY, "x": {"N": "1E126"}}, "overflow"),
        ({**KEY, "x": {"N": "1E-131"}}, "underflow"),
        ({**KEY, "x": {"N": "NaN"}}, "cannot be converted to a numeric value"),
        ({**KEY, "x": {"SS": []}}, "may not be empty"),
        ({**KEY, "x": {"NS": ["1", "1.0"]}}, "duplicates"),
        ({**KEY, "x": {"NULL": False}}, "value of true"),
        ({**KEY, "x": {"S": "a\x00b"}}, "NUL"),
        ({**KEY, "x": {"L": [{"M": {"deep\x00name": {"NULL": True}}}]}}, "NUL"),
        ({**KEY, "": {"S": "x"}}, "name must not be empty"),
    ],
)  # fmt: skip
def test_an_item_that_dynamodb_or_jsonb_refuses_is_a_validation_exception(
    client: Any, table: str, item: Any, reason: str
) -> None:
    error = refused(client.put_item, TableName=table, Item=item)
    assert error.startswith("ValidationException")
    assert reason in error


def test_an_item_of_exactly_400_kilobytes_is_accepted(client: Any, table: str) -> None:
    item = {**KEY, "x": {"S": "y" * (409_600 - len("pk" + "a" + "x"))}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key=KEY)["Item"] == item


def test_an_escaped_backslash_before_u0000_is_not_a_nul(client: Any, table: str) -> None:
    item = {**KEY, "x": {"S": "\\u0000"}}
    client.put_item(TableName=table, Item=item)
    assert client.get_item(TableName=table, Key=KEY)["Item"] == item


def test_a_key_that_no_index_row_can_hold_is_refused_with_the_reason(client: Any) -> None:
    table = make_table(client, "S", "S")
    # Random, because PostgreSQL compresses: 2,048 and 1,024 bytes are what DynamoDB allows.
    import random

    noise = "".join(
        random.Random(1).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=3072)
    )
    item = {"pk": {"S": noise[:2048]}, "sk": {"S": noise[2048:]}}
    assert "does not fit into an index row" in refused(client.put_item, TableName=table, Item=item)


@pytest.mark.parametrize(
    ("kind", "one", "same"), [("N", "10", "1E1"), ("B", b"\x00\xff", b"\x00\xff"), ("S", "é", "é")]
)
def test_equal_keys_are_one_item_however_they_are_written(
    client: Any, kind: str, one: Any, same: Any
) -> None:
    table = make_table(client, kind, kind)
    client.put_item(TableName=table, Item={"pk": {kind: one}, "sk": {kind: one}, "x": {"S": "1"}})
    client.put_item(TableName=table, Item={"pk": {kind: same}, "sk": {kind: same}, "x": {"S": "2"}})
    assert client.scan(TableName=table)["Items"] == [
        {"pk": {kind: same}, "sk": {kind: same}, "x": {"S": "2"}}
    ]
    assert "Item" in client.get_item(TableName=table, Key={"pk": {kind: one}, "sk": {kind: one}})


def test_a_key_must_be_the_whole_key_and_nothing_else(client: Any, table: str) -> None:
    for key in ({}, {"sk": {"S": "a"}}, {**KEY, "x": {"S": "a"}}):
        assert "does not match the schema" in refused(client.get_item, TableName=table, Key=key)


def test_a_parameter_that_the_stand_in_does_not_implement_is_refused(client: Any, table: str) -> None:
    error = refused(client.put_item, TableName=table, Item=KEY, ConditionExpression="attribute_exists(pk)")
    assert "does not implement" in error
    assert "ConditionExpression" in error


def test_consumed_capacity_is_never_returned(client: Any, table: str) -> None:
    answer = client.put_item(TableName=table, Item=KEY, ReturnConsumedCapacity="TOTAL")
    assert "ConsumedCapacity" not in answer


def test_an_index_key_has_its_defined_type_or_is_absent(client: Any) -> None:
    table = make_table(
        client,
        attributes=[{"AttributeName": "city", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-city",
                "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    client.put_item(TableName=table, Item=KEY)
    assert "Type mismatch" in refused(client.put_item, TableName=table, Item={**KEY, "city": {"N": "1"}})
