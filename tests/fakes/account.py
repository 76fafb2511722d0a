"""A source account in memory: descriptions, and a Scan by segments. It records every call."""

from __future__ import annotations

import json
import threading
import zlib
from typing import Any, Dict, List, Optional, Tuple

from connectors.base.errors import PolarshakeError
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import ServiceError

Body = Dict[str, Any]
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/"


class FakeAccount(Caller):
    """Operations that are not in `answers` or implemented here are unknown to it, as to a local server."""

    def __init__(self) -> None:
        self.tables: Dict[str, Body] = {}
        self.items: Dict[str, List[Body]] = {}
        self.answers: Dict[str, Body] = {}
        """Answers by operation, the same for every table."""
        self.refused: Dict[str, PolarshakeError] = {}
        self.calls: List[str] = []
        self.scans: List[Body] = []
        self._divided: Dict[Tuple[str, int], Dict[int, List[Body]]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, items: Optional[List[Body]] = None, sort: bool = False, **members: Any) -> None:
        """A table with the partition key `pk`, and the sort key `sk` if `sort`."""
        keys = ["pk", "sk"] if sort else ["pk"]
        self.items[name] = items or []
        self.tables[name] = {
            "TableName": name,
            "TableArn": ARN + name,
            "TableStatus": "ACTIVE",
            "KeySchema": [
                {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"))
            ],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "ItemCount": len(self.items[name]),
            "TableSizeBytes": len(json.dumps(self.items[name])),
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            **members,
        }

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)
        with self._lock:
            self.calls.append(operation)
        if operation in self.refused:
            raise self.refused[operation]
        return Response(json.dumps(self._answer(operation, request)).encode(), 0.0)

    def _answer(self, operation: str, request: Body) -> Body:
        if operation in self.answers:
            return self.answers[operation]
        if operation == "ListTables":
            return {"TableNames": sorted(self.tables)}
        if operation == "DescribeTable":
            return {"Table": self._table(request)}
        if operation == "DescribeTimeToLive":
            return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        if operation == "Scan":
            return self._scan(request)
        raise ServiceError("UnknownOperationException", "not here")

    def _table(self, request: Body) -> Body:
        if request["TableName"] not in self.tables:
            raise ServiceError("ResourceNotFoundException", "no such table")
        return self.tables[request["TableName"]]

    def _segments(self, table: str, total: int) -> Dict[int, List[Body]]:
        with self._lock:
            if (table, total) not in self._divided:
                divided: Dict[int, List[Body]] = {}
                for item in self.items[table]:
                    place = hash_of(item["pk"]["S"]) * total >> 32
                    divided.setdefault(place, []).append(item)
                self._divided[table, total] = divided
            return self._divided[table, total]

    def _scan(self, request: Body) -> Body:
        with self._lock:
            self.scans.append(request)
        total, limit = request.get("TotalSegments", 1), request.get("Limit", 1000)
        items = self._segments(request["TableName"], total).get(request.get("Segment", 0), [])
        start = 0
        if "ExclusiveStartKey" in request:
            start = 1 + next(
                at for at, item in enumerate(items) if item["pk"] == request["ExclusiveStartKey"]["pk"]
            )
        page = items[start : start + limit]
        more = start + limit < len(items)
        return {
            "Items": page,
            "ScannedCount": len(page),
            "ConsumedCapacity": {"CapacityUnits": 0.5},
            **({"LastEvaluatedKey": {"pk": page[-1]["pk"]}} if more and page else {}),
        }


def hash_of(key: str) -> int:
    """32 bits."""
    return zlib.crc32(key.encode())
