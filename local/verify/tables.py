"""Names and key schemas of a side's tables."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from local.traffic.client import Client, Refused

Key = Tuple[Tuple[str, str, str], ...]
"""A key schema: (HASH or RANGE, attribute, type) of each attribute, hash key first."""
MISSING = ("ResourceNotFoundException", "TableNotFound", "TableNotFoundException")


def table_names(client: Client) -> List[str]:
    """The names of all tables. PolarDB returns pages of a hundred."""
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
    """The key schema; None if the table does not exist."""
    try:
        described = client.ask("DescribeTable", {"TableName": table})["Table"]
    except Refused as error:
        if error.code in MISSING:
            return None
        raise
    kinds = {
        attribute["AttributeName"]: attribute["AttributeType"]
        for attribute in described["AttributeDefinitions"]
    }
    schema: Sequence[Dict[str, str]] = described["KeySchema"]
    ordered = sorted(schema, key=lambda attribute: attribute["KeyType"])  # HASH before RANGE
    return tuple(
        (attribute["KeyType"], attribute["AttributeName"], kinds[attribute["AttributeName"]])
        for attribute in ordered
    )


def attribute_names(key: Key) -> List[str]:
    return [name for _, name, _ in key]
