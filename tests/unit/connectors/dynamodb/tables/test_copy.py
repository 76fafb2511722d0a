from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dynamodb.tables.compare import index_warnings, key_difference
from connectors.dynamodb.tables.copy import create_request, ttl_request
from connectors.dynamodb.tables.description import TableDescription, description_of
from tests.fakes.tables import check_creation
from tests.unit.connectors.dynamodb.tables.samples import source_table
from tests.unit.connectors.dynamodb.tables.strategies import descriptions


@given(descriptions(), st.booleans(), st.booleans())
def test_any_table_gives_a_request_that_the_target_accepts(
    source: TableDescription, indexes: bool, billing: bool
) -> None:
    check_creation(create_request(source, indexes, billing), polardb=True)


@given(descriptions())
def test_the_copy_of_any_table_is_not_different_from_it(source: TableDescription) -> None:
    copy = description_of(create_request(source))
    assert key_difference(source, copy) is None
    assert index_warnings(source, copy) == []
    assert len(copy.indexes) == len(source.indexes)


@given(descriptions())
def test_without_indexes_only_the_tables_own_key_is_defined(source: TableDescription) -> None:
    request = create_request(source, indexes=False)
    assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & set(request)
    assert len(request["AttributeDefinitions"]) == len(source.KeySchema)


@given(descriptions())
def test_the_throughput_of_a_provisioned_table_and_of_its_indexes_is_kept(source: TableDescription) -> None:
    request = create_request(source)
    provisioned = source.ProvisionedThroughput.ReadCapacityUnits > 0
    assert request["BillingMode"] == ("PROVISIONED" if provisioned else "PAY_PER_REQUEST")
    for index, made in zip(source.GlobalSecondaryIndexes, request.get("GlobalSecondaryIndexes", [])):
        units = index.ProvisionedThroughput
        kept = made.get("ProvisionedThroughput", {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
        assert kept == {
            "ReadCapacityUnits": units.ReadCapacityUnits,
            "WriteCapacityUnits": units.WriteCapacityUnits,
        }


@given(descriptions())
def test_without_billing_every_table_is_billed_by_request(source: TableDescription) -> None:
    assert create_request(source, billing=False)["BillingMode"] == "PAY_PER_REQUEST"


def test_key_attributes_are_dropped_from_the_projection_and_the_others_stay() -> None:
    made = create_request(source_table(indexed=True))["GlobalSecondaryIndexes"][0]
    assert made["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}


def test_a_projection_of_nothing_but_keys_becomes_keys_only() -> None:
    fields: Dict[str, Any] = create_request(source_table(indexed=True))
    fields["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"] = ["state", "pk"]
    made = create_request(description_of(fields))["GlobalSecondaryIndexes"][0]
    assert made["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_an_index_without_a_stated_throughput_gets_that_of_its_table() -> None:
    fields: Dict[str, Any] = create_request(source_table(indexed=True))
    units = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}
    made = create_request(description_of({**fields, "BillingMode": None, "ProvisionedThroughput": units}))
    assert made["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == units


def test_the_hash_key_comes_first_whatever_the_order_in_the_description() -> None:
    fields: Dict[str, Any] = create_request(source_table())
    fields["KeySchema"].insert(0, {"AttributeName": "sk", "KeyType": "RANGE"})
    fields["AttributeDefinitions"].append({"AttributeName": "sk", "AttributeType": "N"})
    made = create_request(description_of(fields))
    assert [each["KeyType"] for each in made["KeySchema"]] == ["HASH", "RANGE"]


@pytest.mark.parametrize("name", ["StreamSpecification", "TableStatus", "TableId"])
def test_members_that_only_describe_are_not_in_the_request(name: str) -> None:
    assert name not in create_request(source_table())


def test_the_ttl_request_enables_the_sources_attribute() -> None:
    assert ttl_request("orders", "expires") == {
        "TableName": "orders",
        "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires"},
    }
