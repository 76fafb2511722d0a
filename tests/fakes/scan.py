"""Tables in memory that answer Scan and BatchGetItem, with the pages and faults that a test sets."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Tuple
from zlib import crc32

from connectors.dynamodb.caller import Response

Item = Dict[str, Any]


class FakeScan:
    """Implements `Caller`. Items by table, with the key attribute `pk` and optionally `sk`."""

    def __init__(self, page: int = 3, units: float = 0.5) -> None:
        self.tables: Dict[str, List[Item]] = {}
        self.requests: List[Tuple[str, Item]] = []
        self.empty_pages = 0
        """Number of empty pages that precede all others."""
        self.unprocessed: Deque[int] = deque()
        """Number of unprocessed keys of each following BatchGetItem."""
        self.damage: Callable[[bytes], bytes] = lambda body: body
        self._page, self._units = page, units

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        request = json.loads(body)
        self.requests.append((operation, request))
        answer = self._scan(request) if operation == "Scan" else self._get(request)
        return Response(self.damage(json.dumps(answer).encode()), 0.0)

    def _scan(self, request: Item) -> Item:
        total, segment = request.get("TotalSegments", 1), request.get("Segment", 0)
        names = {json.dumps(_key(item)): item for item in self.tables[request["TableName"]]}
        mine = sorted(name for name in names if crc32(name.encode()) % total == segment)
        after = json.dumps(request["ExclusiveStartKey"]) if "ExclusiveStartKey" in request else ""
        answer: Item = {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": self._units}}
        if self.empty_pages:
            self.empty_pages -= 1
            return {
                **answer,
                "Items": [],
                "LastEvaluatedKey": request.get("ExclusiveStartKey", {"pk": {"S": ""}}),
            }
        left = [name for name in mine if name > after]
        page = left[: min(self._page, request.get("Limit", self._page))]
        answer["Items"] = [names[name] for name in page]
        if len(page) < len(left):
            answer["LastEvaluatedKey"] = json.loads(page[-1])
        return answer

    def _get(self, request: Item) -> Item:
        ((table, wanted),) = request["RequestItems"].items()
        assert 1 <= len(wanted["Keys"]) <= 100, "BatchGetItem takes 1 to 100 keys"
        assert wanted["ConsistentRead"] is True
        left = self.unprocessed.popleft() if self.unprocessed else 0
        keys, later = wanted["Keys"][left:], wanted["Keys"][:left]
        whole = "ProjectionExpression" not in wanted
        items = [item if whole else _key(item) for item in self.tables[table] if _key(item) in keys]
        unprocessed = {table: {**wanted, "Keys": later}} if later else {}
        return {"Responses": {table: items}, "UnprocessedKeys": unprocessed}


def _key(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk") if name in item}
