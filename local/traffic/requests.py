"""Request bodies of ops."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import msgspec

from local.traffic.history import Kind, Op
from local.traffic.items import item_of, update_of
from local.traffic.keys import Item, key_of
from local.traffic.plan import Plan, Table

encode = msgspec.json.Encoder().encode


def request_of(plan: Plan, op: Op) -> Tuple[str, bytes]:
    """The operation and the body of a write."""
    table = plan.by_name[op.table]
    if op.kind is Kind.PUT:
        item = item_of(plan, table, op.nth, op.version)
        return "PutItem", encode({"TableName": table.name, "Item": item})
    key = key_of(table, op.nth)
    if op.kind is Kind.DELETE:
        return "DeleteItem", encode({"TableName": table.name, "Key": key})
    return "UpdateItem", encode({"TableName": table.name, "Key": key, **_expression(plan, table, op)})


def _expression(plan: Plan, table: Table, op: Op) -> Dict[str, Any]:
    update = update_of(plan, table, op.nth, op.version)
    names = [*update.sets, *update.removes]
    clauses = ["SET " + ", ".join(f"#{n} = :{n}" for n in range(len(update.sets)))]
    if update.removes:
        clauses.append("REMOVE " + ", ".join(f"#{n}" for n in range(len(update.sets), len(names))))
    return {
        "UpdateExpression": " ".join(clauses),
        "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(names)},
        "ExpressionAttributeValues": {f":{n}": value for n, value in enumerate(update.sets.values())},
    }


def batch_of(table: Table, items: Sequence[Item]) -> bytes:
    """The body of a BatchWriteItem that puts up to 25 items."""
    puts: List[Dict[str, Any]] = [{"PutRequest": {"Item": item}} for item in items]
    return encode({"RequestItems": {table.name: puts}})
