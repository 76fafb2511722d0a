"""The descriptions that DescribeTable and similar operations return for a definition."""

from __future__ import annotations

from typing import Any, Dict, List

import msgspec

from local.standin.schema import Definition, Index
from local.standin.switches import Switches

ACCOUNT_ARN = "arn:aws:dynamodb:polardb:000000000000:table/"
NO_THROUGHPUT = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}


def describe(
    definition: Definition, switches: Switches, items: int, size_bytes: int, status: str = "ACTIVE"
) -> Dict[str, Any]:
    """A TableDescription. Optional members that the table does not have are absent, not null."""
    description: Dict[str, Any] = {
        "TableName": definition.TableName,
        "TableId": definition.TableId,
        "TableArn": ACCOUNT_ARN + definition.TableName,
        "TableStatus": "" if switches.empty_status else status,
        "CreationDateTime": definition.created,
        "KeySchema": msgspec.to_builtins(definition.KeySchema),
        "AttributeDefinitions": msgspec.to_builtins(definition.AttributeDefinitions),
        "ItemCount": items,
        "TableSizeBytes": size_bytes,
    }
    description.update(_indexes(definition, switches))
    if not switches.hide_capacity:
        description["BillingModeSummary"] = {"BillingMode": definition.BillingMode}
        description["ProvisionedThroughput"] = {**NO_THROUGHPUT, **definition.ProvisionedThroughput}
    return description


def _indexes(definition: Definition, switches: Switches) -> Dict[str, List[Dict[str, Any]]]:
    indexes: Dict[str, List[Dict[str, Any]]] = {}
    if definition.GlobalSecondaryIndexes:
        status = {"IndexStatus": "" if switches.empty_status else "ACTIVE"}
        indexes["GlobalSecondaryIndexes"] = [
            {**_index(definition, index, switches), **status} for index in definition.GlobalSecondaryIndexes
        ]
    if definition.LocalSecondaryIndexes:
        indexes["LocalSecondaryIndexes"] = [
            _index(definition, index, Switches()) for index in definition.LocalSecondaryIndexes
        ]
    return indexes


def _index(definition: Definition, index: Index, switches: Switches) -> Dict[str, Any]:
    description: Dict[str, Any] = msgspec.to_builtins(index)
    throughput = description.pop("ProvisionedThroughput", {})
    description["Projection"].setdefault("ProjectionType", "ALL")
    description["IndexArn"] = f"{ACCOUNT_ARN}{definition.TableName}/index/{index.IndexName}"
    if not switches.hide_capacity:
        description["ProvisionedThroughput"] = {**NO_THROUGHPUT, **throughput}
    return description


def describe_ttl(definition: Definition) -> Dict[str, str]:
    if definition.ttl_attribute is None:
        return {"TimeToLiveStatus": "DISABLED"}
    return {"TimeToLiveStatus": "ENABLED", "AttributeName": definition.ttl_attribute}
