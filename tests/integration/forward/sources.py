"""Parts of a job, one of whose sides does what the local servers cannot, is counted, or suits the harness."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any, Dict, List, Optional, Tuple

import msgspec

from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import source_client, streams_client
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.scan.request import ScanRequest, read_page
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.engine.enumerator.planner import TablesPlanner
from connectors.forward.components import ForwardParts
from connectors.model.pipeline import NEVER, WritePipeline
from connectors.model.state import Entries
from connectors.targets.dynamodb_api.tables import EndpointTables

HOLD_SECONDS = 1.0
PAGES_PER_RUN = 10


class Streams(HttpStreamCalls):
    """GetRecords answers, changed on their way."""

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        body, date = super().get_records(iterator, limit)
        answer = msgspec.json.decode(body)
        answer["Records"] = [self.seen(record) for record in answer["Records"] if self.shows(record)]
        return msgspec.json.encode(answer), date

    def seen(self, record: Dict[str, Any]) -> Dict[str, Any]:
        return record

    def shows(self, record: Dict[str, Any]) -> bool:
        return True


class ExpiringStreams(Streams):
    """Every deletion is time to live's, as AWS writes it."""

    expired = 0

    def seen(self, record: Dict[str, Any]) -> Dict[str, Any]:
        if record["eventName"] != "REMOVE":
            return record
        self.expired += 1
        return {**record, "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}


class Expiring(ForwardParts):
    def _stream_calls(self, describes: float) -> HttpStreamCalls:
        return self.streams

    @cached_property
    def streams(self) -> ExpiringStreams:
        return ExpiringStreams(streams_client(self.settings))


class TrimmedStreams(Streams):
    """Records up to a sequence number are gone, as after 24 hours; a reader before it is refused."""

    def __init__(self, caller: Caller, trimmed: int) -> None:
        super().__init__(caller)
        self.trimmed = trimmed

    def get_shard_iterator(self, arn: str, shard_id: str, kind: str, sequence: Optional[str]) -> str:
        if sequence and int(sequence) < self.trimmed:
            raise ServiceError("TrimmedDataAccessException", "trimmed", 400, "GetShardIterator")
        return super().get_shard_iterator(arn, shard_id, kind, sequence)

    def shows(self, record: Dict[str, Any]) -> bool:
        return int(record["dynamodb"]["SequenceNumber"]) > self.trimmed


ScanPage = Tuple[str, int, bytes]
"""Of one Scan request: table, segment, ExclusiveStartKey."""


class Scans:
    """A Caller that notes every Scan."""

    def __init__(self, client: Client) -> None:
        self._client, self._lock = client, threading.Lock()
        self.policy, self.close = client.policy, client.close
        self.seen: List[ScanPage] = []
        self.fetched = 0
        """Bytes of all pages"""

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        if operation == "Scan":
            return self._scan(body, table)
        return self._client.call(operation, body, table)

    def _scan(self, body: bytes, table: str) -> Response:
        request = msgspec.json.decode(body)
        key = msgspec.json.encode(request.get("ExclusiveStartKey"))
        with self._lock:
            self.seen.append((request["TableName"], request.get("Segment", 0), key))
        answer = self._client.call("Scan", body, table)
        with self._lock:
            self.fetched += len(answer.body)
        return answer


class Counting(ForwardParts):
    @cached_property
    def _source(self) -> Any:
        return Scans(super()._source)

    @property
    def scans(self) -> Scans:
        found: Scans = self._source
        return found


class RationedScans(Scans):
    """A job reads `PAGES_PER_RUN` pages; its other requests wait for `release`."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.release = threading.Event()
        self._left = threading.Semaphore(PAGES_PER_RUN)

    def _scan(self, body: bytes, table: str) -> Response:
        if not self._left.acquire(blocking=False):
            self.release.wait()
        return super()._scan(body, table)


class Rationed(Counting):
    """However fast the machine is, no run ends the scan before it is released."""

    @cached_property
    def _source(self) -> Any:
        return RationedScans(source_client(self.settings))


class Stale(Scans):
    """Each page of a Scan is as it was when it was remembered: an eventually consistent read that is late."""

    def __init__(self, client: Client, pages: Dict[bytes, Response]) -> None:
        super().__init__(client)
        self._pages = pages

    def remember(self, request: ScanRequest) -> int:
        """Read one segment. Returns the number of its pages."""
        key, count = b"", 0
        while True:
            body = request.after(key)
            answer = self._pages[body] = self._client.call("Scan", body, request.table)
            key, count = bytes(read_page(answer.body, request.table).LastEvaluatedKey), count + 1
            if not key:
                return count

    def _scan(self, body: bytes, table: str) -> Response:
        super()._scan(body, table)
        return self._pages[body]


class Holding(Counting):
    """The stream waits for a scan for a second; then the scan pauses."""

    def planner(self, saved: Entries, first_attempt: bool) -> TablesPlanner:
        planner = super().planner(saved, first_attempt)
        planner._rules = planner._rules._replace(hold_seconds=HOLD_SECONDS)
        return planner


class StaleScans(Holding):
    """`pages`: by request; the class's own, so that a restart reads the old ones too: make a subclass."""

    pages: Dict[bytes, Response] = {}

    @cached_property
    def _source(self) -> Any:
        return Stale(source_client(self.settings), self.pages)


class Blocked:
    """A target's pipeline that takes nothing until `release`."""

    def __init__(self, pipeline: WritePipeline, release: threading.Event) -> None:
        self._pipeline, self._release = pipeline, release

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    def __len__(self) -> int:
        return len(self._pipeline)

    def wait_for(self, table: str, now: float) -> float:
        return self._pipeline.wait_for(table, now) if self._release.is_set() else NEVER


class BlockedTarget(Counting):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.release = threading.Event()
        tables: Any = self._target
        pipeline = tables.pipeline
        tables.pipeline = lambda *given: Blocked(pipeline(*given), self.release)


class Stingy:
    """A client of a target whose capacity is used up: each batch is done by half, the rest sent back."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._kept: Dict[int, Dict[str, List[Any]]] = {}
        self.sent_back = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def begin(self, operation: str, body: bytes, *rest: Any) -> Any:
        items = msgspec.json.decode(body)["RequestItems"]
        requests = [(table, each) for table, some in items.items() for each in some]
        done = (len(requests) + 1) // 2
        kept = grouped(requests[done:])
        body = msgspec.json.encode({"RequestItems": grouped(requests[:done])})
        pending = self._client.begin(operation, body, *rest)
        self._kept[id(pending)] = kept
        return pending

    def finish(self, pending: Any) -> Response:
        answer = self._client.finish(pending)
        kept = self._kept.pop(id(pending))
        self.sent_back += sum(map(len, kept.values()))
        return answer._replace(body=msgspec.json.encode({"UnprocessedItems": kept}))


def grouped(requests: List[Tuple[str, Any]]) -> Dict[str, List[Any]]:
    tables: Dict[str, List[Any]] = {}
    for table, request in requests:
        tables.setdefault(table, []).append(request)
    return tables


class Unprocessed(ForwardParts):
    @cached_property
    def _target(self) -> Any:
        tables: Any = super()._target
        tables._client = Stingy(tables._client)
        return tables


class ShortPauses(ForwardParts):
    """Where half of all requests are refused, a pause twice as long is half as frequent: up to 5 s, the rare
    ones would weigh as much as all the others."""

    @cached_property
    def _target(self) -> Any:
        tables: Any = super()._target
        if isinstance(tables, EndpointTables):
            client: Any = tables._client
            client.policy = client.policy._replace(cap=0.2)
        return tables


class Trimming(ForwardParts):
    """`trimmed`: the last sequence number that is gone; the class's own, so that a restart does not bring
    the records back: make a subclass."""

    trimmed = 0

    def _stream_calls(self, describes: float) -> HttpStreamCalls:
        return TrimmedStreams(streams_client(self.settings), self.trimmed)


def newest(streams: HttpStreamCalls, arn: str) -> int:
    """The last sequence number of a stream of one shard."""
    (shard,) = streams.describe_stream(arn, None).Shards
    iterator, last = streams.get_shard_iterator(arn, shard.ShardId, "TRIM_HORIZON", None), 0
    while True:
        answer = msgspec.json.decode(streams.get_records(iterator, 1000)[0])
        if not answer["Records"]:
            return last
        last = int(answer["Records"][-1]["dynamodb"]["SequenceNumber"])
        iterator = answer["NextShardIterator"]
