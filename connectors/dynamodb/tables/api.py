"""The calls that create, change and describe tables. Each raises ServiceError, which names the table, for a
request that the service refuses, and TransientError for a fault that outlasts the client's bound."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar

import msgspec

from connectors.dynamodb import answers
from connectors.dynamodb.answers import A, Answer
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.faults import NO_TABLE, ServiceError
from connectors.dynamodb.scan.request import read_page
from connectors.dynamodb.tables.description import TableDescription, description_of

STREAM_VIEW = "NEW_AND_OLD_IMAGES"
TTL_ON = frozenset({"ENABLED", "ENABLING"})
T = TypeVar("T")


class _Names(Answer):
    TableNames: Optional[List[str]]
    LastEvaluatedTableName: Optional[str] = None


class _Described(Answer):
    Table: Dict[str, Any]


class _Ttl(msgspec.Struct):
    TimeToLiveStatus: str
    AttributeName: Optional[str] = None


class _TtlDescribed(Answer):
    TimeToLiveDescription: _Ttl


class DatedTable(NamedTuple):
    table: TableDescription
    date: float
    """The service's clock when it answered: whole epoch seconds; 0.0 if the answer has no Date."""


class Made(Answer):
    """The answer of a call whose effect is verified by describing the table afterwards."""


_names = msgspec.json.Decoder(_Names).decode
_described = msgspec.json.Decoder(_Described).decode
_ttl_described = msgspec.json.Decoder(_TtlDescribed).decode
_made = msgspec.json.Decoder(Made).decode


def list_tables(caller: Caller) -> List[str]:
    """The names of all tables. Pages hold up to 100 names; only an absent LastEvaluatedTableName is the
    end."""
    names: List[str] = []
    request: Dict[str, Any] = {}
    while True:
        page = ask(caller, "ListTables", request, _names)
        names.extend(page.TableNames or [])
        if not page.LastEvaluatedTableName:
            return names
        request = {"ExclusiveStartTableName": page.LastEvaluatedTableName}


def describe_table(caller: Caller, table: str) -> Optional[TableDescription]:
    """Returns None if the table does not exist."""
    dated = describe_dated(caller, table)
    return dated.table if dated else None


def describe_dated(caller: Caller, table: str) -> Optional[DatedTable]:
    """As `describe_table`, with the time of the answer."""
    body = msgspec.json.encode({"TableName": table})
    try:
        return answers.ask(
            caller, "DescribeTable", body, lambda came: DatedTable(_table(came.body), came.date), table
        )
    except ServiceError as error:
        if error.code in NO_TABLE:
            return None
        raise


def create_table(caller: Caller, request: Dict[str, Any]) -> None:
    """`request` is CreateTable's; see tables.copy."""
    ask(caller, "CreateTable", request, _made)


def update_table(caller: Caller, request: Dict[str, Any]) -> None:
    ask(caller, "UpdateTable", request, _made)


def delete_table(caller: Caller, table: str) -> None:
    """Delete the table. No error if it does not exist."""
    try:
        ask(caller, "DeleteTable", {"TableName": table}, _made)
    except ServiceError as error:
        if error.code not in NO_TABLE:
            raise


def enable_stream(caller: Caller, table: str) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": STREAM_VIEW}
    update_table(caller, {"TableName": table, "StreamSpecification": specification})


def describe_ttl(caller: Caller, table: str) -> Optional[str]:
    """The attribute that holds an item's time to live; None where that is off."""
    ttl = ask(caller, "DescribeTimeToLive", {"TableName": table}, _ttl_described).TimeToLiveDescription
    return ttl.AttributeName if ttl.TimeToLiveStatus in TTL_ON else None


def update_ttl(caller: Caller, request: Dict[str, Any]) -> None:
    """`request` is UpdateTimeToLive's; see tables.copy."""
    ask(caller, "UpdateTimeToLive", request, _made)


def already_so(error: ServiceError) -> bool:
    """Whether a stream or time to live is refused because it is set already, as after a lost first
    response."""
    return error.code == "ValidationException" and "already" in error.message.lower()


def has_items(caller: Caller, table: str) -> bool:
    """Whether the table has items, by a Scan: ItemCount is hours old. An empty page with a LastEvaluatedKey
    is not the end."""
    request: Dict[str, Any] = {"TableName": table, "Limit": 1}
    while True:
        page = _asked(caller, "Scan", request, lambda body: read_page(body, table))
        if page.Items or not page.LastEvaluatedKey:
            return bool(page.Items)
        request["ExclusiveStartKey"] = page.LastEvaluatedKey


def ask(caller: Caller, operation: str, request: Dict[str, Any], decode: Callable[[bytes], A]) -> A:
    """One call, decoded. Raises what `answers.ask` raises."""
    table = request.get("TableName", "")
    return _asked(caller, operation, request, lambda body: answers.decoded(decode, body, operation, table))


def _asked(caller: Caller, operation: str, request: Dict[str, Any], read: Callable[[bytes], T]) -> T:
    body, table = msgspec.json.encode(request), request.get("TableName", "")
    return answers.ask(caller, operation, body, lambda came: read(came.body), table)


def _table(body: bytes) -> TableDescription:
    return description_of(answers.decoded(_described, body, "DescribeTable").Table)
