"""The source's tables: their descriptions and the Scan over prepared items."""

from __future__ import annotations

import json
import uuid
from typing import Any, Callable, Dict, KeysView, List, Optional, Tuple

import msgspec

from bench.canned.errors import Refusal, no_such_table
from bench.canned.items import ATTRIBUTES, KEY_SCHEMA, PAGE, index_of, item_text, key_of
from bench.canned.pages import Template, share
from bench.canned.stats import Stats

Parts = Tuple[bytes, ...]
"""The body of an answer in pieces, so that a large page is not copied to add its head."""
Operations = Dict[str, Callable[[bytes], Parts]]
STREAM_LABEL = "2024-01-01T00:00:00.000"


class ScanRequest(msgspec.Struct):
    TableName: str
    Segment: int = 0
    TotalSegments: int = 1
    Limit: int = PAGE
    ExclusiveStartKey: Optional[Dict[str, Any]] = None


def table_names(tables: int) -> List[str]:
    return [f"bench-{number:02}" for number in range(tables)]


def stream_arn(table: str) -> str:
    return f"{table_arn(table)}/stream/{STREAM_LABEL}"


def table_arn(table: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"


def counts(total: int, tables: int) -> Dict[str, int]:
    """The number of things of each table, out of `total`."""
    ends = [share(total, number, tables) for number in range(tables)]
    return {name: stop - start for name, (start, stop) in zip(table_names(tables), ends)}


class Source:
    def __init__(
        self, tables: int, items: int, stats: Stats, name: str = "source", kilobytes: int = 1
    ) -> None:
        """`items`: the total of all tables. `kilobytes`: the size of each item."""
        self.name = name
        self._kilobytes = kilobytes
        self._stats = stats
        self._items = counts(items, tables)
        self._template = Template([item_text(slot, kilobytes) for slot in range(PAGE)])
        self._read_scan = msgspec.json.Decoder(ScanRequest).decode

    def operations(self) -> Operations:
        return {
            "Scan": self.scan,
            "ListTables": as_json(lambda request: {"TableNames": list(self._items)}),
            "DescribeTable": as_json(self._describe),
            "DescribeTimeToLive": as_json(
                lambda request: {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
            ),
            "ListTagsOfResource": as_json(lambda request: {"Tags": []}),
        }

    def scan(self, body: bytes) -> Parts:
        """One page, as in the protocol. Raises Refusal for a key outside the segment."""
        request = self._read_scan(body)
        low, high = self._segment(request)
        key = request.ExclusiveStartKey
        start = low if key is None else self._after(key, low, high)
        stop = min(high, start + min(request.Limit, max(1, PAGE // self._kilobytes)))
        self._stats.scanned += stop - start
        units = -(-self._template.size(start, stop) // 4096) / 2
        self.spend(units)
        head = b'{"Count":%d,"ScannedCount":%d' % (stop - start, stop - start)
        last = json.dumps(key_of(stop - 1)).encode() if stop < high else None
        more = b',"LastEvaluatedKey":' + last if last else b""
        more += b',"ConsumedCapacity":{"CapacityUnits":%.1f}' % units
        return (head + more + b',"Items":[', self.items(request.TableName, start, stop), b"]}")

    @property
    def names(self) -> KeysView[str]:
        return self._items.keys()

    def items(self, table: str, start: int, stop: int) -> bytes:
        """The items at these places, with commas between them."""
        return self._template.items(start, stop)

    def spend(self, units: float) -> None:
        """Read capacity units."""
        self._stats.units[self.name] = self._stats.units.get(self.name, 0.0) + units

    def _segment(self, request: ScanRequest) -> Tuple[int, int]:
        if request.TableName not in self._items:
            raise no_such_table(request.TableName)
        if not 0 <= request.Segment < request.TotalSegments or request.Limit < 1:
            raise Refusal("ValidationException", "Segment, TotalSegments or Limit is out of range")
        return share(self._items[request.TableName], request.Segment, request.TotalSegments)

    @staticmethod
    def _after(key: Dict[str, Any], low: int, high: int) -> int:
        index = index_of(key)
        if index is None or not low <= index < high:
            raise Refusal("ValidationException", "The provided starting key is outside of the segment")
        return index + 1

    def _describe(self, request: Dict[str, Any]) -> Dict[str, Any]:
        table = request["TableName"]
        if table not in self._items:
            raise no_such_table(table)
        return {
            "Table": {
                "TableName": table,
                "TableArn": table_arn(table),
                "TableId": str(uuid.uuid5(uuid.NAMESPACE_OID, self.name + table)),
                "TableStatus": "ACTIVE",
                "CreationDateTime": 1700000000.0,
                "KeySchema": KEY_SCHEMA,
                "AttributeDefinitions": ATTRIBUTES,
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
                "ItemCount": self._items[table],
                "TableSizeBytes": self._items[table] * 1024 * self._kilobytes,
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                "LatestStreamLabel": STREAM_LABEL,
                "LatestStreamArn": stream_arn(table),
            }
        }


def as_json(answer: Callable[[Dict[str, Any]], Dict[str, Any]]) -> Callable[[bytes], Parts]:
    """An operation outside the hot path, with plain objects as request and response."""
    return lambda body: (json.dumps(answer(json.loads(body))).encode(),)
