"""A scripted DynamoDB Streams: splits, rotates, trims, expires, throttles and contradicts itself on demand.

Holds the streams of any number of tables. Every key belongs to one open shard, found by its hash, so that a
key's changes are in one line of shards, as on AWS. The clock is `now`, moved by the test.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Callable, Deque, Dict, List, Optional, Set, Tuple

from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.streams.calls import DatedDescription, Range, Shard, StreamDescription, whole_listing

ITERATOR_LIFE = 15 * 60.0
FIRST_SEQUENCE = 10**20 - 40
"""The numbers grow by a digit after forty records: comparing them as text goes wrong."""
_SPACE = 1 << 32


@dataclass
class FakeRecord:
    sequence: int
    created: float
    event: str
    keys: Dict[str, object]
    image: Optional[Dict[str, object]]
    by_ttl: bool = False

    def wire(self, view: str) -> Dict[str, object]:
        data: Dict[str, object] = {
            "ApproximateCreationDateTime": int(self.created),
            "Keys": self.keys,
            "SequenceNumber": str(self.sequence),
            "SizeBytes": 64,
            "StreamViewType": view,
        }
        if self.image is not None and "NEW" in view:
            data["NewImage"] = self.image
        record: Dict[str, object] = {"eventName": self.event, "eventVersion": "1.1", "dynamodb": data}
        if self.by_ttl:
            record["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
        return record


@dataclass
class FakeShard:
    shard_id: str
    parent: Optional[str]
    low: int
    high: int
    start: int
    opened: float
    end: Optional[int] = None
    closed: Optional[float] = None
    records: List[FakeRecord] = field(default_factory=list)
    trimmed_to: int = -1
    hidden: int = 0
    """Listings that will not show it."""

    def listed(self) -> Shard:
        span = Range(str(self.start), None if self.end is None else str(self.end))
        return Shard(self.shard_id, self.parent, span)


@dataclass
class FakeStream:
    arn: str
    table: str
    label: str
    view: str
    status: str = "ENABLED"
    shards: Dict[str, FakeShard] = field(default_factory=dict)


class FakeStreams:
    """Implements StreamCalls; everything else on it scripts what the calls will answer."""

    def __init__(self, now: float = 1_700_000_000.0, page_size: int = 100) -> None:
        self.now = now
        self.page_size = page_size
        self.timed_ids = True
        """Shard ids hold their birth, as on AWS; False: a counter, as local servers have it."""
        self.shuffled = False
        """List shards in an order that has nothing to do with their age."""
        self.between_pages: Deque[Callable[[], object]] = deque()
        """Run one by one between two pages of a listing: the next page is of a later moment."""
        self.calls: Counter[str] = Counter()
        self.taken: List[Tuple[str, str, Optional[str]]] = []
        """(shard, type, sequence number) of every iterator asked for."""
        self.streams: Dict[str, FakeStream] = {}
        self._faults: Dict[str, Deque[str]] = {}
        self._unseen: Set[str] = set()
        self._empty_pages = 0
        self._iterator_epoch = 0
        self._sequence = FIRST_SEQUENCE
        self._serial = 0

    # -- the calls -----------------------------------------------------------------------------------------

    def list_dated(self, arn: str) -> DatedDescription:
        return whole_listing(self._describe_dated, arn)

    def children(self, arn: str, shard_id: str) -> List[Shard]:
        """As a server that supports the filter for children."""
        self._enter("children")
        self._begin_listing(arn)
        found = self._stream(arn).shards.values()
        return [s.listed() for s in found if s.parent == shard_id and s.shard_id not in self._unseen]

    def _describe_dated(self, arn: str, exclusive_start_shard_id: Optional[str]) -> DatedDescription:
        return DatedDescription(self.describe_stream(arn, exclusive_start_shard_id), self.now)

    def describe_stream(self, arn: str, exclusive_start_shard_id: Optional[str]) -> StreamDescription:
        self._enter("describe_stream")
        if exclusive_start_shard_id is None:
            self._begin_listing(arn)
        elif self.between_pages:
            self.between_pages.popleft()()
        stream = self._stream(arn)
        order = sorted(stream.shards, key=self._rank)
        if exclusive_start_shard_id is not None:
            after = self._rank(exclusive_start_shard_id)
            order = [shard_id for shard_id in order if self._rank(shard_id) > after]
        page, rest = order[: self.page_size], order[self.page_size :]
        shards = [s.listed() for s in map(stream.shards.__getitem__, page) if s.shard_id not in self._unseen]
        return StreamDescription(arn, stream.table, shards, page[-1] if rest else None)

    def get_shard_iterator(
        self, arn: str, shard_id: str, iterator_type: str, sequence_number: Optional[str]
    ) -> str:
        self.taken.append((shard_id, iterator_type, sequence_number))
        self._enter("get_shard_iterator")
        shard = self._shard(arn, shard_id)
        if iterator_type == "TRIM_HORIZON":
            return self._iterator(arn, shard, max(shard.trimmed_to, shard.start - 1))
        if iterator_type != "AFTER_SEQUENCE_NUMBER" or sequence_number is None:
            raise ServiceError("ValidationException", f"{iterator_type} {sequence_number}")
        if int(sequence_number) <= shard.trimmed_to:
            raise ServiceError("TrimmedDataAccessException", "beyond the trim horizon")
        if int(sequence_number) < shard.start:
            raise ServiceError("ValidationException", "sequence number of another shard")
        return self._iterator(arn, shard, int(sequence_number))

    def get_records(self, iterator: str, limit: int) -> Tuple[bytes, float]:
        self._enter("get_records")
        arn, shard_id, after, issued, epoch = iterator.split("|")
        if self.now - float(issued) > ITERATOR_LIFE or int(epoch) != self._iterator_epoch:
            raise ServiceError("ExpiredIteratorException", "the iterator is over 15 minutes old")
        stream, shard, place = self._stream(arn), self._shard(arn, shard_id), int(after)
        if place < shard.trimmed_to:
            raise ServiceError("TrimmedDataAccessException", "beyond the trim horizon")
        if self._empty_pages:
            self._empty_pages -= 1
            return self._body([], self._iterator(arn, shard, place), stream.view)
        left = [record for record in shard.records if record.sequence > place]
        page = left[:limit]
        ended = shard.end is not None and len(page) == len(left)
        place = page[-1].sequence if page else place
        return self._body(page, None if ended else self._iterator(arn, shard, place), stream.view)

    # -- the script: streams and shards --------------------------------------------------------------------

    def create(self, table: str = "orders", shards: int = 1, view: str = "NEW_AND_OLD_IMAGES") -> str:
        """A new stream of a table; one it had before is disabled but stays listed. Returns the ARN."""
        for old in self.streams.values():
            if old.table == table and old.status == "ENABLED":
                self.disable(old.arn)
        label = f"{len(self.streams):04d}-{int(self.now)}"
        arn = f"arn:aws:dynamodb:local:0:table/{table}/stream/{label}"
        stream = self.streams[arn] = FakeStream(arn, table, label, view)
        for bounds in _divide(0, _SPACE, shards):
            self._open(stream, None, *bounds)
        return arn

    def disable(self, arn: str) -> None:
        stream = self._stream(arn)
        stream.status = "DISABLED"
        for shard in self.open_shards(arn):
            self._close(shard)

    def drop(self, arn: str) -> None:
        del self.streams[arn]

    def split(self, arn: str, shard_id: str, ways: int = 2) -> List[str]:
        """Close a shard and open its children, each with a part of its keys. One way is a rotation."""
        stream, shard = self._stream(arn), self._shard(arn, shard_id)
        self._close(shard)
        bounds = _divide(shard.low, shard.high, ways)
        return [self._open(stream, shard_id, low, high).shard_id for low, high in bounds]

    def rotate(self, arn: str, shard_id: str) -> str:
        return self.split(arn, shard_id, 1)[0]

    def trim(self, before: float) -> None:
        """Drop records made before that time, and shards closed before it."""
        for stream in self.streams.values():
            for shard in list(stream.shards.values()):
                old = [record.sequence for record in shard.records if record.created < before]
                shard.records = [record for record in shard.records if record.created >= before]
                shard.trimmed_to = max([shard.trimmed_to, *old])
                if shard.closed is not None and shard.closed < before:
                    del stream.shards[shard.shard_id]

    def hide(self, arn: str, shard_id: str, listings: int) -> None:
        """Leave a shard out of that many listings."""
        self._shard(arn, shard_id).hidden = listings

    def open_shards(self, arn: str) -> List[FakeShard]:
        return [shard for shard in self._stream(arn).shards.values() if shard.closed is None]

    def line(self, arn: str, key: str) -> List[str]:
        """The shards that have held a key, of those that still exist; parents come first."""
        place = int(_digest(key)[:8], 16)
        return [
            shard.shard_id for shard in self._stream(arn).shards.values() if shard.low <= place < shard.high
        ]

    # -- the script: records and faults --------------------------------------------------------------------

    def put(self, arn: str, key: str, value: int, event: str = "MODIFY") -> FakeRecord:
        image: Dict[str, object] = {"pk": {"S": key}, "v": {"N": str(value)}}
        return self._record(arn, key, event, image)

    def delete(self, arn: str, key: str, by_ttl: bool = False) -> FakeRecord:
        record = self._record(arn, key, "REMOVE", None)
        record.by_ttl = by_ttl
        return record

    def expire_iterators(self) -> None:
        self._iterator_epoch += 1

    def empty_pages(self, count: int) -> None:
        """The next pages hold nothing, although there are records."""
        self._empty_pages = count

    def fail(self, operation: str, code: str, times: int = 1) -> None:
        self._faults.setdefault(operation, deque()).extend([code] * times)

    def throttle(self, times: int, operation: str = "get_records") -> None:
        self.fail(operation, "LimitExceededException", times)

    # -- inside --------------------------------------------------------------------------------------------

    def _enter(self, operation: str) -> None:
        self.calls[operation] += 1
        faults = self._faults.get(operation)
        if faults:
            raise ServiceError(faults.popleft(), "as scripted", operation=operation)

    def _stream(self, arn: str) -> FakeStream:
        if arn not in self.streams:
            raise ServiceError("ResourceNotFoundException", f"no stream {arn}")
        return self.streams[arn]

    def _shard(self, arn: str, shard_id: str) -> FakeShard:
        shards = self._stream(arn).shards
        if shard_id not in shards:
            raise ServiceError("ResourceNotFoundException", f"no shard {shard_id}")
        return shards[shard_id]

    def _begin_listing(self, arn: str) -> None:
        hidden = [shard for shard in self._stream(arn).shards.values() if shard.hidden]
        for shard in hidden:
            shard.hidden -= 1
        self._unseen = {shard.shard_id for shard in hidden}

    def _rank(self, shard_id: str) -> Tuple[str, str]:
        return _digest(shard_id) if self.shuffled else "", shard_id

    def _open(self, stream: FakeStream, parent: Optional[str], low: int, high: int) -> FakeShard:
        self._serial += 1
        stamp = int(self.now * 1000) if self.timed_ids else self._serial
        shard_id = f"shardId-{stamp:020d}-{self._serial:08x}"
        self._sequence += 1
        shard = FakeShard(shard_id, parent, low, high, self._sequence, self.now)
        stream.shards[shard_id] = shard
        return shard

    def _close(self, shard: FakeShard) -> None:
        if shard.closed is not None:
            raise AssertionError(f"{shard.shard_id} is closed already")
        self._sequence += 1
        shard.end, shard.closed = self._sequence, self.now

    def _record(self, arn: str, key: str, event: str, image: Optional[Dict[str, object]]) -> FakeRecord:
        place = int(_digest(key)[:8], 16)
        shard = next(s for s in self.open_shards(arn) if s.low <= place < s.high)
        if shard.records or shard.trimmed_to >= 0:
            self._sequence += 1
            sequence = self._sequence
        else:
            sequence = shard.start
        record = FakeRecord(sequence, self.now, event, {"pk": {"S": key}}, image)
        shard.records.append(record)
        return record

    def _iterator(self, arn: str, shard: FakeShard, after: int) -> str:
        return f"{arn}|{shard.shard_id}|{after}|{self.now}|{self._iterator_epoch}"

    def _body(self, page: List[FakeRecord], following: Optional[str], view: str) -> Tuple[bytes, float]:
        records = [record.wire(view) for record in page]
        body: Dict[str, object] = {"Records": records}
        if following is not None:
            body["NextShardIterator"] = following
        return json.dumps(body).encode(), float(int(self.now))


@functools.lru_cache(maxsize=100_000)
def _digest(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _divide(low: int, high: int, ways: int) -> List[Tuple[int, int]]:
    edges = [low + (high - low) * part // ways for part in range(ways + 1)]
    return list(zip(edges, edges[1:]))
