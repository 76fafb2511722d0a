"""Create and drop the tables of a plan."""

from __future__ import annotations

import time
from typing import Any, Dict, List

from local.traffic.client import CallError, Client, Refused
from local.traffic.plan import Plan, Table

READY_WITHIN = 300.0
"""Maximum seconds until a table is active, as in the program of the migration guide."""
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
Request = Dict[str, Any]


def create_request(table: Table, stream: bool) -> Request:
    keys = [table.hash, *([table.range] if table.range else [])]
    request: Request = {
        "TableName": table.name,
        "KeySchema": _schema([name for name, _ in keys]),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in (*keys, *table.indexed)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if table.indexed:
        local, *both = (name for name, _ in table.indexed)
        request["LocalSecondaryIndexes"] = [_index(f"by_{local}", [table.hash[0], local])]
        request["GlobalSecondaryIndexes"] = [_index("by_" + "_".join(both), both)]
    if table.guide:
        request["BillingMode"] = "PROVISIONED"
        request["ProvisionedThroughput"] = {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}
    if stream:
        request["StreamSpecification"] = STREAM
    return request


def create_tables(client: Client, plan: Plan, stream: bool = True) -> None:
    """Create missing tables and wait until all are usable. With `stream`, enable the stream of existing
    tables too.

    Raises CallError, and TimeoutError if a table is not active after five minutes.
    """
    for table in plan.all_tables:
        try:
            client.ask("CreateTable", create_request(table, stream))
        except Refused as error:
            if error.code != "ResourceInUseException":
                raise
        described = _wait_active(client, table)
        if stream and not described.get("StreamSpecification", {}).get("StreamEnabled"):
            client.ask("UpdateTable", {"TableName": table.name, "StreamSpecification": STREAM})
            _wait_active(client, table)
        if table.ttl:
            _enable_ttl(client, table, table.ttl)


def drop_tables(client: Client, plan: Plan) -> None:
    """Delete those tables of the plan that exist."""
    for table in plan.all_tables:
        try:
            client.ask("DeleteTable", {"TableName": table.name})
        except CallError as error:
            if error.code != "ResourceNotFoundException":
                raise


def _schema(names: List[str]) -> List[Request]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def _index(name: str, keys: List[str]) -> Request:
    return {"IndexName": name, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "ALL"}}


def _wait_active(client: Client, table: Table) -> Request:
    """Wait until the table is active. PolarDB returns an empty TableStatus, which counts as active."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        described: Request = client.ask("DescribeTable", {"TableName": table.name})["Table"]
        if described.get("TableStatus") in ("ACTIVE", "", None):
            return described
        time.sleep(0.2)
    raise TimeoutError(f"table {table.name} is not active after {READY_WITHIN:.0f} s")


def _enable_ttl(client: Client, table: Table, attribute: str) -> None:
    answer = client.ask("DescribeTimeToLive", {"TableName": table.name})
    status = answer.get("TimeToLiveDescription", {}).get("TimeToLiveStatus")
    if status not in ("ENABLED", "ENABLING"):
        setting = {"AttributeName": attribute, "Enabled": True}
        client.ask("UpdateTimeToLive", {"TableName": table.name, "TimeToLiveSpecification": setting})
