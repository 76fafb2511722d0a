"""Which DynamoDB tables changes go to, and what becomes of one that is missing."""

import json

import pytest

from connectors.base.errors import TerminalError
from connectors.config.filters import TableFilter
from connectors.postgres.layout.layout import Layout
from connectors.postgres.pgoutput.messages import Insert
from connectors.reverse.tables import DynamoTables
from tests.fakes.layout import item, relation
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
    tables = DynamoTables(dynamodb, TableFilter(), "fail")
    for _ in range(3):
        assert tables.key_schema("users").partition == ("id", "S")
    assert len([call for call in dynamodb.calls if call[0] == "DescribeTable"]) == 1


def test_a_table_that_the_filter_excludes_is_not_described():
    dynamodb = service("users")
    tables = DynamoTables(dynamodb, TableFilter(black_table_set=("users",)), "fail")
    assert tables.key_schema("users") is None
    assert dynamodb.calls == []


def test_a_missing_table_fails_is_skipped_or_created():
    with pytest.raises(
        TerminalError, match=r"table users: does not exist in DynamoDB.*reverse\.missingTable"
    ):
        DynamoTables(service(), TableFilter(), "fail").key_schema("users")
    assert DynamoTables(service(), TableFilter(), "skip").key_schema("users") is None
    dynamodb = service()
    tables = DynamoTables(dynamodb, TableFilter(), "create", service("users", polardb=True))
    assert tables.key_schema("users").partition == ("id", "S")
    assert "users" in json.loads(dynamodb.call("ListTables", b"{}").body)["TableNames"]


def test_a_table_that_polardbs_endpoint_does_not_know_cannot_be_created():
    tables = DynamoTables(service(), TableFilter(), "create", service(polardb=True))
    with pytest.raises(TerminalError, match=r"polardb\.endpoint does not know it"):
        tables.key_schema("users")


def test_a_name_that_postgresql_folded_is_not_missing():
    tables = DynamoTables(service("Users"), TableFilter(), "fail")
    assert tables.key_schema("users") is None
    assert list(tables.names()) == ["Users"]


def table_of(tables, name):
    """Where a row of the relation goes; empty: nowhere."""
    layout = Layout(tables, {})
    layout.relation(relation(("id", "S"), name=name), 5)
    return layout.entries(Insert(1, [b"u", item({"id": {"S": "u"}})]), 5)[0]


def test_rows_of_an_excluded_table_are_not_written_to_one_that_differs_in_case():
    tables = DynamoTables(service("users", "Users"), TableFilter(black_table_set=("users",)), "fail")
    assert table_of(tables, "users") == ""
    tables = DynamoTables(service("users", "Users"), TableFilter(white_table_set=("Users", "o*")), "skip")
    assert table_of(tables, "orders") == ""  # the names have been listed
    assert table_of(tables, "users") == ""


@pytest.mark.parametrize("missing", ["fail", "skip", "create"])
def test_a_table_whose_folded_name_the_filter_does_not_know_is_written_to(missing):
    dynamodb = service("Users")
    tables = DynamoTables(dynamodb, TableFilter(white_table_set=("Users",)), missing, service(polardb=True))
    assert table_of(tables, "users") == "Users"


def test_tables_are_listed_once_and_again_for_a_missing_one():
    dynamodb = service("Users")
    tables = DynamoTables(dynamodb, TableFilter(), "skip")
    for _ in range(2):
        assert list(tables.names()) == ["Users"]
    assert len([call for call in dynamodb.calls if call[0] == "ListTables"]) == 1
    dynamodb.make(definition("Orders"))
    assert tables.key_schema("orders") is None
    assert sorted(tables.names()) == ["Orders", "Users"]
