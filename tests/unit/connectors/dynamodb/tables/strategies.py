"""Any table that DynamoDB could describe."""

from __future__ import annotations

from typing import Any, Dict, List

from hypothesis import strategies as st

from connectors.dynamodb.tables.description import TableDescription, description_of

NAMES = st.sampled_from(["pk", "sk", "a", "b", "c.d", "#e"])
UNITS = st.integers(1, 40_000)


def _throughput(draw: st.DrawFn, provisioned: bool) -> Dict[str, int]:
    if not provisioned:
        return {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    return {"ReadCapacityUnits": draw(UNITS), "WriteCapacityUnits": draw(UNITS)}


def _keys(names: List[str]) -> List[Dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"))]


def _index(draw: st.DrawFn, name: str, keys: List[str]) -> Dict[str, Any]:
    kind = draw(st.sampled_from(["ALL", "KEYS_ONLY", "INCLUDE"]))
    projection: Dict[str, Any] = {"ProjectionType": kind}
    if kind == "INCLUDE":
        # AWS lets key attributes stand here; PolarDB does not.
        projection["NonKeyAttributes"] = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    return {"IndexName": name, "KeySchema": _keys(keys), "Projection": projection, "IndexStatus": "ACTIVE"}


@st.composite
def descriptions(draw: st.DrawFn) -> TableDescription:
    keys = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    provisioned = draw(st.booleans())
    table: Dict[str, Any] = {"TableName": "orders", "TableStatus": "ACTIVE", "KeySchema": _keys(keys)}
    table["ProvisionedThroughput"] = _throughput(draw, provisioned)
    if not provisioned or draw(st.booleans()):
        mode = "PROVISIONED" if provisioned else "PAY_PER_REQUEST"
        table["BillingModeSummary"] = {"BillingMode": mode}
    table["GlobalSecondaryIndexes"] = [
        {
            **_index(draw, f"global-{number}", draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))),
            "ProvisionedThroughput": _throughput(draw, provisioned),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    table["LocalSecondaryIndexes"] = [
        _index(draw, f"local-{number}", [keys[0], draw(NAMES.filter(lambda name: name != keys[0]))])
        for number in range(draw(st.integers(0, 2)) if len(keys) == 2 else 0)
    ]
    schemas = [
        table["KeySchema"],
        *(each["KeySchema"] for each in table["GlobalSecondaryIndexes"] + table["LocalSecondaryIndexes"]),
    ]
    used = sorted({element["AttributeName"] for schema in schemas for element in schema})
    types = st.sampled_from(["S", "N", "B"])
    table["AttributeDefinitions"] = [
        {"AttributeName": name, "AttributeType": draw(types)} for name in draw(st.permutations(used))
    ]
    table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    return description_of(table)
