"""Each documented difference from DynamoDB, with its switch on and off."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.standin.conftest import asyncpg_run, client_of, make_table, put_all, refused, scan_all

CITY = [{"AttributeName": "city", "AttributeType": "S"}]
KEY = {"pk": {"S": "a"}}


def index(**projection: Any) -> Any:
    return {
        "IndexName": "by-city",
        "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
        "Projection": projection,
    }


@pytest.mark.parametrize(("setting", "count"), [((), 100), (("short-pages=off",), 150)], ids=["on", "off"])
def test_a_page_without_limit_has_at_most_100_items(standin: Any, setting: Any, count: int) -> None:
    client = client_of(standin(*setting))
    table = make_table(client, "S", "N")
    put_all(client, table, [{**KEY, "sk": {"N": str(i)}} for i in range(150)])
    query = {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": KEY["pk"]}}
    for page in (client.scan(TableName=table), client.query(TableName=table, **query)):
        assert page["Count"] == count
        assert ("LastEvaluatedKey" in page) == (count < 150)
    assert client.scan(TableName=table, Limit=150)["Count"] == 150


def poisoned(client: Any, dsn: str) -> str:
    """A table in which PostgreSQL fails to store one key."""
    table = make_table(client)

    async def poison(connection: Any) -> None:
        await connection.execute(f"ALTER TABLE public.\"{table}\" ADD CHECK (pk <> 'poison')")

    asyncpg_run(dsn, poison)
    return table


POISON = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in ("a", "poison", "z")]


def test_an_atomic_batch_with_one_failing_item_stores_none(standin: Any, dsn: str) -> None:
    client = client_of(standin())
    table = poisoned(client, dsn)
    with pytest.raises(ClientError) as caught:
        client.batch_write_item(RequestItems={table: POISON})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert scan_all(client, table) == []


def test_a_batch_that_is_not_atomic_stores_the_others_and_returns_the_failing_item(
    standin: Any, dsn: str
) -> None:
    client = client_of(standin("atomic-batches=off"))
    table = poisoned(client, dsn)
    answer = client.batch_write_item(RequestItems={table: POISON})
    assert answer["UnprocessedItems"] == {table: [POISON[1]]}
    assert sorted(item["pk"]["S"] for item in scan_all(client, table)) == ["a", "z"]


def test_consistent_reads_are_refused(standin: Any) -> None:
    client = client_of(standin())
    for call, parameters in consistent_reads(client, make_table(client)):
        assert "ConsistentRead is not supported" in refused(call, **parameters)


def test_consistent_reads_are_accepted_if_the_switch_is_off(standin: Any) -> None:
    client = client_of(standin("refuse-consistent-read=off"))
    for call, parameters in consistent_reads(client, make_table(client)):
        call(**parameters)


def consistent_reads(client: Any, table: str) -> Any:
    query = {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": KEY["pk"]}}
    return [
        (client.scan, {"TableName": table, "ConsistentRead": True}),
        (client.get_item, {"TableName": table, "Key": KEY, "ConsistentRead": True}),
        (client.query, {"TableName": table, **query, "ConsistentRead": True}),
        (client.batch_get_item, {"RequestItems": {table: {"Keys": [KEY], "ConsistentRead": True}}}),
    ]


@pytest.mark.parametrize("hidden", [True, False])
def test_a_description_has_no_capacity(standin: Any, hidden: bool) -> None:
    client = client_of(standin(*([] if hidden else ["hide-capacity=off"])))
    table = make_table(client, attributes=CITY, GlobalSecondaryIndexes=[index(ProjectionType="ALL")])
    described = client.describe_table(TableName=table)["Table"]
    for found in (described, described["GlobalSecondaryIndexes"][0]):
        assert ("ProvisionedThroughput" not in found) == hidden
    assert described.get("BillingModeSummary") == (None if hidden else {"BillingMode": "PAY_PER_REQUEST"})


@pytest.mark.parametrize("empty", [True, False])
def test_a_status_is_empty(standin: Any, empty: bool) -> None:
    client = client_of(standin(*([] if empty else ["empty-status=off"])))
    table = make_table(client, attributes=CITY, GlobalSecondaryIndexes=[index(ProjectionType="ALL")])
    described = client.describe_table(TableName=table)["Table"]
    expected = "" if empty else "ACTIVE"
    assert described["TableStatus"] == expected
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == expected
    deleted = client.delete_table(TableName=table)["TableDescription"]["TableStatus"]
    assert deleted == ("" if empty else "DELETING")


@pytest.mark.parametrize(
    ("setting", "code"), [((), "TableNotFound"), (("table-not-found=off",), "ResourceNotFoundException")]
)
def test_a_missing_table_has_a_name_of_its_own(standin: Any, setting: Any, code: str) -> None:
    client = client_of(standin(*setting))
    for call, parameters in (
        (client.describe_table, {"TableName": "nowhere"}),
        (client.batch_write_item, {"RequestItems": {"nowhere": [{"DeleteRequest": {"Key": KEY}}]}}),
    ):
        assert refused(call, **parameters).startswith(f"{code}:")


@pytest.mark.parametrize("refuse", [True, False])
def test_key_attributes_in_a_projection_are_refused(standin: Any, refuse: bool) -> None:
    client = client_of(standin(*([] if refuse else ["refuse-key-projection=off"])))
    wanted = index(ProjectionType="INCLUDE", NonKeyAttributes=["pk", "x"])
    make = {"client": client, "attributes": CITY, "GlobalSecondaryIndexes": [wanted]}
    if refuse:
        assert "name key attributes: ['pk']" in refused(make_table, **make)
    else:
        described = client.describe_table(TableName=make_table(**make))["Table"]
        projection = described["GlobalSecondaryIndexes"][0]["Projection"]
        assert projection["NonKeyAttributes"] == ["pk", "x"]


OLD = {
    "put_item": {"Item": KEY, "Expected": {"pk": {"Exists": False}}},
    "get_item": {"Key": KEY, "AttributesToGet": ["x"]},
    "update_item": {"Key": KEY, "AttributeUpdates": {"x": {"Action": "DELETE"}}},
    "scan": {"ScanFilter": {}, "ConditionalOperator": "AND"},
}


@pytest.mark.parametrize("operation", OLD)
def test_old_parameters_are_refused(standin: Any, operation: str) -> None:
    client = client_of(standin())
    error = refused(getattr(client, operation), TableName=make_table(client), **OLD[operation])
    assert "is not supported by this endpoint: use expressions" in error


@pytest.mark.parametrize("operation", OLD)
def test_old_parameters_are_ignored_if_the_switch_is_off(standin: Any, operation: str) -> None:
    client = client_of(standin("refuse-old-parameters=off"))
    table = make_table(client)
    item = {**KEY, "x": {"S": "1"}, "y": {"S": "2"}}
    client.put_item(TableName=table, Item=item)
    answer = getattr(client, operation)(TableName=table, **OLD[operation])
    assert answer.get("Item", item) == item, "all attributes come back"
    stored = client.get_item(TableName=table, Key=KEY)["Item"]
    assert stored == (KEY if operation == "put_item" else item)


@pytest.mark.parametrize("misnamed", [False, True])
def test_an_old_proxy_misnames_its_unprocessed_keys(standin: Any, misnamed: bool) -> None:
    client = client_of(standin(*(["misname-unprocessed-keys=on"] if misnamed else [])))
    table = make_table(client)
    items = [{"pk": {"S": str(i)}, "x": {"S": "y" * 400_000}} for i in range(45)]
    put_all(client, table, items)
    keys = [{"pk": item["pk"]} for item in items]
    answer = client.batch_get_item(RequestItems={table: {"Keys": keys}})
    found = [{"pk": item["pk"]} for item in answer["Responses"][table]]
    assert 0 < len(found) < 45
    if misnamed:
        assert "UnprocessedKeys" not in answer
    else:
        left = answer["UnprocessedKeys"][table]["Keys"]
        assert sorted(map(str, found + left)) == sorted(map(str, keys))
