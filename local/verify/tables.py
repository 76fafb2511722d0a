"""Names and keys of a side's tables."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from local.traffic.client import Client, Refused

Key = Tuple[Tuple[str, str, str], ...]
"""(HASH or RANGE, attribute, type) in the order of the schema"""
MISSING = ("ResourceNotFoundException", "TableNotFound", "TableNotFoundException")


def table_names(client: Client) -> List[str]:
    """All pages: PolarDB lists a hundred at a time."""
    names: List[str] = []
    request: Dict[str, Any] = {}
    while True:
        page = client.ask("ListTables", request)
        names += page["TableNames"]
        last = page.get("LastEvaluatedTableName")
        if not last:
            return names
        request = {"ExclusiveStartTableName": last}


def table_key(client: Client, table: str) -> Optional[Key]:
    """None when there is no such table."""
    try:
        described = client.ask("DescribeTable", {"TableName": table})["Table"]
    except Refused as error:
        if error.code in MISSING:
            return None
        raise
    kinds = {one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]}
    schema: Sequence[Dict[str, str]] = described["KeySchema"]
    ordered = sorted(schema, key=lambda one: one["KeyType"])  # HASH before RANGE
    return tuple((one["KeyType"], one["AttributeName"], kinds[one["AttributeName"]]) for one in ordered)


def attribute_names(key: Key) -> List[str]:
    return [name for _, name, _ in key]
