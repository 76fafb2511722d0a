"""The bodies of requests, with the API's field names. Any other field is refused with an error."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Type, TypeVar

import msgspec
from msgspec import UNSET, Raw

from local.standin.faults import invalid, malformed, not_implemented
from local.standin.schema import AttributeDefinition, Index, KeyElement
from local.standin.switches import Switches
from local.standin.values import Value

OLD_PARAMETERS = (
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """A request. Fields of type Any are accepted but have no effect, as in PolarDB."""

    ReturnConsumedCapacity: Any = None
    ReturnItemCollectionMetrics: Any = None
    AttributesToGet: Any = UNSET
    AttributeUpdates: Any = UNSET
    ConditionalOperator: Any = UNSET
    Expected: Any = UNSET
    KeyConditions: Any = UNSET
    QueryFilter: Any = UNSET
    ScanFilter: Any = UNSET


class TableRequest(Request, kw_only=True):
    TableName: str


class CreateTable(TableRequest, kw_only=True):
    KeySchema: List[KeyElement]
    AttributeDefinitions: List[AttributeDefinition]
    GlobalSecondaryIndexes: Optional[List[Index]] = None
    LocalSecondaryIndexes: Optional[List[Index]] = None
    BillingMode: str = "PROVISIONED"
    ProvisionedThroughput: Optional[Dict[str, Any]] = None
    StreamSpecification: Optional[Dict[str, Any]] = None
    SSESpecification: Any = None
    TableClass: Any = None
    Tags: Any = None
    DeletionProtectionEnabled: Any = None
    OnDemandThroughput: Any = None
    WarmThroughput: Any = None


class IndexName(msgspec.Struct, forbid_unknown_fields=True):
    IndexName: str


class IndexUpdate(msgspec.Struct, forbid_unknown_fields=True):
    """A change of an index. Exactly one field is set. Update would only change throughput, which does not
    exist here."""

    Create: Optional[Index] = None
    Delete: Optional[IndexName] = None
    Update: Any = None


class UpdateTable(TableRequest, kw_only=True):
    AttributeDefinitions: Optional[List[AttributeDefinition]] = None
    GlobalSecondaryIndexUpdates: Optional[List[IndexUpdate]] = None
    BillingMode: Optional[str] = None
    ProvisionedThroughput: Optional[Dict[str, Any]] = None
    StreamSpecification: Optional[Dict[str, Any]] = None
    SSESpecification: Any = None
    TableClass: Any = None
    DeletionProtectionEnabled: Any = None
    OnDemandThroughput: Any = None
    WarmThroughput: Any = None


class ListTables(Request):
    ExclusiveStartTableName: Optional[str] = None
    Limit: Optional[int] = None


class TimeToLiveSpecification(msgspec.Struct, forbid_unknown_fields=True):
    AttributeName: str
    Enabled: bool


class UpdateTimeToLive(TableRequest, kw_only=True):
    TimeToLiveSpecification: TimeToLiveSpecification


class PutItem(TableRequest, kw_only=True):
    Item: Raw
    ReturnValues: str = "NONE"


class KeyRequest(TableRequest, kw_only=True):
    Key: Dict[str, Value]


class GetItem(KeyRequest, kw_only=True):
    ConsistentRead: Optional[bool] = None


class DeleteItem(KeyRequest, kw_only=True):
    ReturnValues: str = "NONE"


class UpdateItem(KeyRequest, kw_only=True):
    UpdateExpression: Optional[str] = None
    ExpressionAttributeNames: Dict[str, str] = {}
    ExpressionAttributeValues: Dict[str, Value] = {}
    ReturnValues: str = "NONE"


class PutRequest(msgspec.Struct, forbid_unknown_fields=True):
    Item: Raw


class DeleteRequest(msgspec.Struct, forbid_unknown_fields=True):
    Key: Dict[str, Value]


class WriteRequest(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    PutRequest: Optional[PutRequest] = None
    DeleteRequest: Optional[DeleteRequest] = None


class BatchWriteItem(Request, kw_only=True):
    RequestItems: Dict[str, List[WriteRequest]]


class KeysAndAttributes(msgspec.Struct, forbid_unknown_fields=True):
    Keys: List[Dict[str, Value]]
    ConsistentRead: Optional[bool] = None
    AttributesToGet: Any = UNSET


class BatchGetItem(Request, kw_only=True):
    RequestItems: Dict[str, KeysAndAttributes]


class PageRequest(TableRequest, kw_only=True):
    """The fields that Scan and Query have in common."""

    Limit: Optional[int] = None
    Select: str = "ALL_ATTRIBUTES"
    ExclusiveStartKey: Optional[Dict[str, Value]] = None
    ConsistentRead: Optional[bool] = None


class Scan(PageRequest, kw_only=True):
    Segment: Optional[int] = None
    TotalSegments: Optional[int] = None


class Query(PageRequest, kw_only=True):
    KeyConditionExpression: Optional[str] = None
    ExpressionAttributeNames: Dict[str, str] = {}
    ExpressionAttributeValues: Dict[str, Value] = {}
    ScanIndexForward: bool = True


Body = TypeVar("Body", bound=Request)


def read(kind: Type[Body], body: bytes, switches: Switches) -> Body:
    """Decode a request. Raises SerializationException or ValidationException."""
    try:
        request = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        if "unknown field" in str(error):
            raise not_implemented(f"this in {kind.__name__}: {error}") from None
        raise invalid(f"{kind.__name__}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(f"{kind.__name__}: {error}") from None
    refuse_old_parameters(request, switches)
    return request


def refuse_old_parameters(request: object, switches: Switches) -> None:
    if not switches.refuse_old_parameters:
        return
    for name in OLD_PARAMETERS:
        if getattr(request, name, UNSET) is not UNSET:
            raise invalid(f"Parameter {name} is not supported by this endpoint: use expressions instead")


def refuse_consistent_read(wanted: Optional[bool], switches: Switches) -> None:
    if wanted and switches.refuse_consistent_read:
        raise invalid(
            "ConsistentRead is not supported per request: set the consistency level of the endpoint"
        )
