"""Converts a source table's description to the requests that create a copy at the target. Pure.

Rules of the target: PolarDB guide (no stream specification; NonKeyAttributes of an index without key
attributes), CreateTable API reference (AttributeDefinitions holds only the keys in use).
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from connectors.dynamodb.tables.description import (
    KeyElement,
    Projection,
    SecondaryIndex,
    TableDescription,
    Throughput,
)

ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"


def create_request(source: TableDescription, indexes: bool = True, billing: bool = True) -> Dict[str, Any]:
    """CreateTable for the target. Without `billing`, the table is billed per request."""
    units = _units(source) if billing else None
    request: Dict[str, Any] = {
        "TableName": source.TableName,
        "KeySchema": _key_schema(source.KeySchema),
        "AttributeDefinitions": _definitions(source, source.indexes if indexes else []),
        "BillingMode": PROVISIONED if units else ON_DEMAND,
    }
    if units:
        request["ProvisionedThroughput"] = units
    if indexes and source.GlobalSecondaryIndexes:
        request["GlobalSecondaryIndexes"] = [
            _global_index(source, index, units) for index in source.GlobalSecondaryIndexes
        ]
    if indexes and source.LocalSecondaryIndexes:
        request["LocalSecondaryIndexes"] = [_index(source, index) for index in source.LocalSecondaryIndexes]
    return request


def ttl_request(table: str, attribute: str) -> Dict[str, Any]:
    """UpdateTimeToLive for the target."""
    specification = {"Enabled": True, "AttributeName": attribute}
    return {"TableName": table, "TimeToLiveSpecification": specification}


def projection_of(table: TableDescription, index: SecondaryIndex) -> Projection:
    """The projection without the key attributes of index and table, which every index contains."""
    if index.Projection.ProjectionType != "INCLUDE":
        return Projection(index.Projection.ProjectionType)
    keys = {element.AttributeName for element in (*table.KeySchema, *index.KeySchema)}
    extra = [name for name in index.Projection.NonKeyAttributes if name not in keys]
    return Projection("INCLUDE", extra) if extra else Projection("KEYS_ONLY")


def _units(source: TableDescription) -> Dict[str, int]:
    """Empty if billed per request. AWS omits the mode for tables that were always provisioned."""
    if source.BillingModeSummary.BillingMode == ON_DEMAND:
        return {}
    return _throughput(source.ProvisionedThroughput)


def _throughput(throughput: Throughput) -> Dict[str, int]:
    read, write = throughput.ReadCapacityUnits, throughput.WriteCapacityUnits
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write} if read and write else {}


def _global_index(source: TableDescription, index: SecondaryIndex, units: Any) -> Dict[str, Any]:
    request = _index(source, index)
    if units:
        request["ProvisionedThroughput"] = _throughput(index.ProvisionedThroughput) or units
    return request


def _index(source: TableDescription, index: SecondaryIndex) -> Dict[str, Any]:
    projection = projection_of(source, index)
    fields: Dict[str, Any] = {"ProjectionType": projection.ProjectionType}
    if projection.NonKeyAttributes:
        fields["NonKeyAttributes"] = projection.NonKeyAttributes
    return {
        "IndexName": index.IndexName,
        "KeySchema": _key_schema(index.KeySchema),
        "Projection": fields,
    }


def _key_schema(elements: Iterable[KeyElement]) -> List[Dict[str, str]]:
    """HASH before RANGE, as CreateTable requires and DescribeTable returns."""
    return [
        {"AttributeName": key.AttributeName, "KeyType": key.KeyType}
        for key in sorted(elements, key=lambda element: element.KeyType)
    ]


def _definitions(source: TableDescription, indexes: Iterable[SecondaryIndex]) -> List[Dict[str, str]]:
    schemas = [source.KeySchema, *(index.KeySchema for index in indexes)]
    used = {element.AttributeName for schema in schemas for element in schema}
    return [
        {"AttributeName": definition.AttributeName, "AttributeType": definition.AttributeType}
        for definition in source.AttributeDefinitions
        if definition.AttributeName in used
    ]
