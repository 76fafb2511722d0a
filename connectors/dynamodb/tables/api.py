"""The calls that create, change and describe tables. Each raises ServiceError, which names the table, for a
request that the service refuses, and TransientError for a fault that outlasts the client's bound."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import msgspec

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import NO_TABLE, ServiceError
from connectors.dynamodb.tables.description import TableDescription, description_of

STREAM_VIEW = "NEW_AND_OLD_IMAGES"
TTL_ON = frozenset({"ENABLED", "ENABLING"})


def list_tables(caller: Caller) -> List[str]:
    """The names of all tables. Pages hold up to 100 names; only an absent LastEvaluatedTableName is the
    end."""
    names: List[str] = []
    request: Dict[str, Any] = {}
    while True:
        page = ask(caller, "ListTables", request)
        names.extend(page.get("TableNames") or [])
        if not page.get("LastEvaluatedTableName"):
            return names
        request = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}


def describe_table(caller: Caller, table: str) -> Optional[TableDescription]:
    """Returns None if the table does not exist."""
    try:
        return description_of(ask(caller, "DescribeTable", {"TableName": table}).get("Table"))
    except ServiceError as error:
        if error.code in NO_TABLE:
            return None
        raise


def create_table(caller: Caller, request: Dict[str, Any]) -> None:
    """`request`: that of CreateTable; see tables.copy."""
    ask(caller, "CreateTable", request)


def update_table(caller: Caller, request: Dict[str, Any]) -> None:
    ask(caller, "UpdateTable", request)


def delete_table(caller: Caller, table: str) -> None:
    """Delete the table. No error if it does not exist."""
    try:
        ask(caller, "DeleteTable", {"TableName": table})
    except ServiceError as error:
        if error.code not in NO_TABLE:
            raise


def enable_stream(caller: Caller, table: str) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": STREAM_VIEW}
    update_table(caller, {"TableName": table, "StreamSpecification": specification})


def describe_ttl(caller: Caller, table: str) -> Optional[str]:
    """The attribute that holds an item's time to live; None if time to live is off."""
    answer = ask(caller, "DescribeTimeToLive", {"TableName": table})
    ttl = answer.get("TimeToLiveDescription") or {}
    return ttl.get("AttributeName") if ttl.get("TimeToLiveStatus") in TTL_ON else None


def update_ttl(caller: Caller, request: Dict[str, Any]) -> None:
    """`request`: that of UpdateTimeToLive; see tables.copy."""
    ask(caller, "UpdateTimeToLive", request)


def already_so(error: ServiceError) -> bool:
    """Whether a stream or time to live is refused because it is set already, as after a lost first
    response."""
    return error.code == "ValidationException" and "already" in error.message.lower()


def has_items(caller: Caller, table: str) -> bool:
    """Whether the table has items, by a Scan: ItemCount is hours old. An empty page with a LastEvaluatedKey
    is not the end."""
    request: Dict[str, Any] = {"TableName": table, "Limit": 1}
    while True:
        page = ask(caller, "Scan", request)
        if page.get("Items") or not page.get("LastEvaluatedKey"):
            return bool(page.get("Items"))
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def ask(caller: Caller, operation: str, request: Dict[str, Any]) -> Dict[str, Any]:
    """Make a call and decode the response. Raises ServiceError, which names operation and table."""
    try:
        answer = msgspec.json.decode(caller.call(operation, msgspec.json.encode(request)).body)
    except ServiceError as error:
        error.operation = error.operation or operation
        error.table = error.table or request.get("TableName", "")
        raise
    except msgspec.DecodeError as error:
        raise ServiceError("answer is not JSON", str(error), 200, operation) from None
    return answer if isinstance(answer, dict) else {}
