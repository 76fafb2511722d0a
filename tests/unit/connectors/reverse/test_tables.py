"""Which DynamoDB tables changes go to, and what becomes of one that is missing."""

import json

import pytest

from connectors.base.errors import TerminalError
from connectors.reverse.tables import FRESH_SECONDS, DynamoTables
from tests.fakes.clock import FakeClock
from tests.fakes.tables import FakeTables


def definition(name):
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def service(*names, **options):
    made = FakeTables(**options)
    for name in names:
        made.make(definition(name))
    return made


def test_a_table_is_described_once():
    dynamodb = service("users")
    tables = DynamoTables(dynamodb, "fail")
    for _ in range(3):
        assert tables.key_schema("users").partition == ("id", "S")
    assert len([call for call in dynamodb.calls if call[0] == "DescribeTable"]) == 1


def test_a_missing_table_fails_is_skipped_or_created():
    with pytest.raises(
        TerminalError, match=r"table users: does not exist in DynamoDB.*reverse\.missingTable"
    ):
        DynamoTables(service(), "fail").key_schema("users")
    assert DynamoTables(service(), "skip").key_schema("users") is None
    dynamodb = service()
    tables = DynamoTables(dynamodb, "create", service("users", polardb=True))
    assert tables.key_schema("users").partition == ("id", "S")
    assert "users" in json.loads(dynamodb.call("ListTables", b"{}").body)["TableNames"]


def test_a_table_that_polardbs_endpoint_does_not_know_cannot_be_created():
    tables = DynamoTables(service(), "create", service(polardb=True))
    with pytest.raises(TerminalError, match=r"polardb\.endpoint does not know it"):
        tables.key_schema("users")


def test_the_tables_are_listed_again_after_a_while():
    dynamodb, clock = service("Users"), FakeClock()
    tables = DynamoTables(dynamodb, "skip", clock=clock)
    for _ in range(2):
        assert list(tables.names()) == ["Users"]
    assert len([call for call in dynamodb.calls if call[0] == "ListTables"]) == 1
    dynamodb.make(definition("Orders"))
    clock.now += FRESH_SECONDS + 1
    assert sorted(tables.names()) == ["Orders", "Users"]
