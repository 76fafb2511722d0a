"""DynamoDB's control plane in memory: tables, streams and time to live, with the answers of AWS or of
PolarDB."""

from __future__ import annotations

import json
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from connectors.base.errors import PolarshakeError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from tests.fakes.clock import FakeClock

Body = Dict[str, Any]
PAGE = 2
"""Names per page of ListTables, so that every listing in a test has several pages."""


class Delays(NamedTuple):
    """Seconds until CreateTable, DeleteTable and UpdateTable take effect."""

    create: float = 0.0
    delete: float = 0.0
    update: float = 0.0


class Fault:
    def __init__(self, error: PolarshakeError, table: str, times: Optional[int], after: bool) -> None:
        self.error, self.table, self.times, self.after = error, table, times, after


class FakeTables:
    """Implements `Caller` for the source, its streams, or the target. Thread-safe."""

    def __init__(self, clock: Optional[FakeClock] = None, polardb: bool = False, delays: Delays = Delays()):  # noqa: B008
        self.clock, self.polardb, self.delays = clock or FakeClock(), polardb, delays
        self.tables: Dict[str, Body] = {}
        self.items: Dict[str, List[Body]] = {}
        self.ttl: Dict[str, str] = {}
        self.calls: List[Tuple[str, str]] = []
        self.on_call: Callable[[str, str], object] = lambda operation, table: None
        self._faults: Dict[str, List[Fault]] = {}
        self._due: Dict[str, Tuple[float, str]] = {}
        self._lock = threading.RLock()
        self._made = 0

    def fail(
        self,
        operation: str,
        error: PolarshakeError,
        table: str = "",
        times: Optional[int] = 1,
        after: bool = False,
    ) -> None:
        """Raise `error` for the next `times` calls (None: all) of `operation`. `after`: apply the call
        first."""
        self._faults.setdefault(operation, []).append(Fault(error, table, times, after))

    def writes(self) -> List[Tuple[str, str]]:
        """All calls that change something."""
        return [call for call in self.calls if call[0].startswith(("Create", "Update", "Delete", "Put"))]

    def make(self, request: Body, stream: str = "", items: int = 0, ttl: str = "") -> None:
        """Create a table that is already ACTIVE."""
        self._create(dict(request))
        name = request["TableName"]
        self._due.pop(name, None)
        self.tables[name]["TableStatus"] = self._shown("ACTIVE")
        self.items[name] = [{"pk": {"S": str(number)}} for number in range(items)]
        if stream:
            self._stream(name, {"StreamEnabled": True, "StreamViewType": stream})
        if ttl:
            self.ttl[name] = ttl

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)
        table = request.get("TableName", "")
        self.on_call(operation, table)
        with self._lock:
            self.calls.append((operation, table))
            self._settle()
            self._raise(operation, table, after=False)
            answer = self._handlers()[operation](request)
            self._raise(operation, table, after=True)
        return Response(json.dumps(answer).encode(), self.clock())

    def _raise(self, operation: str, table: str, after: bool) -> None:
        for fault in self._faults.get(operation, []):
            if fault.after == after and fault.table in ("", table) and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                raise fault.error

    def _handlers(self) -> Dict[str, Callable[[Body], Body]]:
        return {
            "ListTables": self._list,
            "DescribeTable": lambda request: {"Table": self._find(request)},
            "CreateTable": self._create,
            "UpdateTable": self._update,
            "DeleteTable": self._delete,
            "DescribeTimeToLive": self._describe_ttl,
            "UpdateTimeToLive": self._update_ttl,
            "Scan": self._scan,
            "BatchGetItem": lambda request: {"Responses": {}, "UnprocessedKeys": {}},
            "DescribeStream": self._describe_stream,
            "GetShardIterator": lambda request: {"ShardIterator": request["ShardId"]},
            "GetRecords": lambda request: {"Records": [], "NextShardIterator": request["ShardIterator"]},
        }

    def _settle(self) -> None:
        """Apply all changes that are due."""
        for name, (due, status) in list(self._due.items()):
            if self.clock() < due:
                continue
            del self._due[name]
            if status == "":
                del self.tables[name], self.items[name]
                self.ttl.pop(name, None)
            else:
                self.tables[name]["TableStatus"] = self._shown(status)
                arn = self.tables[name].pop("PendingStreamArn", None)
                self.tables[name].update({"LatestStreamArn": arn} if arn else {})

    def _shown(self, status: str) -> str:
        return "" if self.polardb else status

    def _begin(self, name: str, passing: str, seconds: float, then: str) -> None:
        self.tables[name]["TableStatus"] = self._shown(passing)
        self._due[name] = (self.clock() + seconds, then)
        self._settle()

    def _find(self, request: Body) -> Body:
        name = request["TableName"]
        if name not in self.tables:
            code = "TableNotFound" if self.polardb else "ResourceNotFoundException"
            raise ServiceError(code, f"Requested resource not found: Table: {name} not found")
        return self.tables[name]

    def _idle(self, request: Body) -> Body:
        table = self._find(request)
        if request["TableName"] in self._due:
            raise ServiceError("ResourceInUseException", f"Attempt to change a resource in use: {table}")
        return table

    def _list(self, request: Body) -> Body:
        names = [name for name in sorted(self.tables) if name > request.get("ExclusiveStartTableName", "")]
        # Like MiniStack, a full page names its last table even if nothing follows.
        more = {"LastEvaluatedTableName": names[PAGE - 1]} if len(names) >= PAGE else {}
        return {"TableNames": names[:PAGE], **more}

    def _create(self, request: Body) -> Body:
        name = request["TableName"]
        if name in self.tables:
            code = "TableAlreadyExists" if self.polardb else "ResourceInUseException"
            raise ServiceError(code, f"Table already exists: {name}")
        check_creation(request, self.polardb)
        self._made += 1
        table = {key: value for key, value in request.items() if key != "BillingMode"}
        table.update(TableId=f"{id(self)}-{self._made}", ItemCount=0, TableSizeBytes=0)
        if not self.polardb:
            table["BillingModeSummary"] = {"BillingMode": request["BillingMode"]}
            table.setdefault("ProvisionedThroughput", {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0})
        self.tables[name], self.items[name] = table, []
        self._begin(name, "CREATING", self.delays.create, "ACTIVE")
        return {"TableDescription": table}

    def _delete(self, request: Body) -> Body:
        table = self._idle(request)
        self._begin(request["TableName"], "DELETING", self.delays.delete, "")
        return {"TableDescription": table}

    def _update(self, request: Body) -> Body:
        table = self._idle(request)
        self._stream(request["TableName"], request["StreamSpecification"])
        self._begin(request["TableName"], "UPDATING", self.delays.update, "ACTIVE")
        return {"TableDescription": table}

    def _stream(self, name: str, specification: Body) -> None:
        table = self.tables[name]
        enabled = table.get("StreamSpecification", {}).get("StreamEnabled", False)
        if enabled == specification["StreamEnabled"]:
            raise ServiceError("ValidationException", f"Table already has an enabled stream: {name}")
        if not specification["StreamEnabled"]:
            del table["StreamSpecification"]
            return
        self._made += 1
        table["StreamSpecification"] = specification
        table["PendingStreamArn"] = f"arn:aws:dynamodb:x:0:table/{name}/stream/{self._made}"
        if self.delays.update == 0:
            table["LatestStreamArn"] = table.pop("PendingStreamArn")

    def disable_stream(self, name: str) -> None:
        self._stream(name, {"StreamEnabled": False})

    def _describe_ttl(self, request: Body) -> Body:
        self._find(request)
        attribute = self.ttl.get(request["TableName"])
        status = {"TimeToLiveStatus": "ENABLED" if attribute else "DISABLED"}
        return {"TimeToLiveDescription": {**status, **({"AttributeName": attribute} if attribute else {})}}

    def _update_ttl(self, request: Body) -> Body:
        self._idle(request)
        if request["TableName"] in self.ttl:
            raise ServiceError("ValidationException", "TimeToLive is already enabled")
        self.ttl[request["TableName"]] = request["TimeToLiveSpecification"]["AttributeName"]
        return {"TimeToLiveSpecification": request["TimeToLiveSpecification"]}

    def _scan(self, request: Body) -> Body:
        self._find(request)
        items = self.items[request["TableName"]]
        if items and "ExclusiveStartKey" not in request:
            return {"Items": [], "Count": 0, "LastEvaluatedKey": items[0]}  # an empty page is not the end
        return {"Items": items[: request["Limit"]], "Count": 0}

    def _describe_stream(self, request: Body) -> Body:
        shards = [{"ShardId": "shardId-0", "SequenceNumberRange": {"StartingSequenceNumber": "1"}}]
        return {"StreamDescription": {"StreamArn": request["StreamArn"], "Shards": shards}}


def check_creation(request: Body, polardb: bool) -> None:
    """Check the rules of CreateTable that a copied request could break."""
    indexes = request.get("GlobalSecondaryIndexes", []) + request.get("LocalSecondaryIndexes", [])
    keys = {element["AttributeName"] for element in request["KeySchema"]}
    used = keys | {element["AttributeName"] for index in indexes for element in index["KeySchema"]}
    defined = {element["AttributeName"] for element in request["AttributeDefinitions"]}
    _valid(defined == used, f"AttributeDefinitions {sorted(defined)}, keys {sorted(used)}")
    provisioned = request.get("BillingMode") == "PROVISIONED"
    for definition in [request, *request.get("GlobalSecondaryIndexes", [])]:
        _valid(
            ("ProvisionedThroughput" in definition) == provisioned,
            "ProvisionedThroughput goes with PROVISIONED",
        )
    for index in indexes:
        extra = set(index["Projection"].get("NonKeyAttributes", []))
        _valid(bool(extra) == (index["Projection"]["ProjectionType"] == "INCLUDE"), "NonKeyAttributes")
        own = {element["AttributeName"] for element in index["KeySchema"]} | keys
        _valid(not (polardb and extra & own), f"NonKeyAttributes of {index['IndexName']} name key attributes")
    _valid(not (polardb and "StreamSpecification" in request), "StreamSpecification is not supported")


def _valid(holds: bool, message: str) -> None:
    if not holds:
        raise ServiceError("ValidationException", message)
