"""Hand-made tables."""

from __future__ import annotations

from typing import Any, Dict

from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from tests.fakes.tables import FakeTables

INDEX: Dict[str, Any] = {
    "IndexName": "by-state",
    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["pk", "total"]},
}


def request(name: str = "orders", key: str = "pk", type_: str = "S", indexed: bool = False) -> Dict[str, Any]:
    """A request for CreateTable."""
    table: Dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": type_}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexed:
        table["AttributeDefinitions"].append({"AttributeName": "state", "AttributeType": "S"})
        table["GlobalSecondaryIndexes"] = [INDEX]
    return table


def described(fake: FakeTables, name: str = "orders") -> TableDescription:
    found = api.describe_table(fake, name)
    assert found is not None
    return found


def source_table(**options: Any) -> TableDescription:
    fake = FakeTables()
    fake.make(request(**options), stream="NEW_IMAGE")
    return described(fake)
