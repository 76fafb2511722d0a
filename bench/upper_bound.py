"""The upper bound: the fastest client that keeps the servers busy, without regard to correctness.

It uses raw sockets. Items are slices of the page's bytes, never decoded. The next page is requested before
this one is written. The answer to a write is read only when its connection is needed again, and only its
status is checked. It does not retry, read keys or resume. It signs only with --sign: the prepared server does
not check signatures.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Deque, Iterable, Iterator, List, Optional, Set, Tuple

import msgspec

from bench.baseline_copy import BATCH, Piece, deal
from bench.options import IDLE_SECONDS, Order, Side, dump, order, parser, report, schema_of
from bench.wire import Wire

LANES = 48
"""Connections for writes per process. With 25 items each and 20 ms, they write 60,000 items per second."""
_STREAMS = "DynamoDBStreams_20120810"
_PUT = b'{"PutRequest":{"Item":'
_NEXT = b"}},"


class ScanPage(msgspec.Struct, gc=False):
    Items: List[msgspec.Raw]
    LastEvaluatedKey: msgspec.Raw = msgspec.Raw()
    """Empty at the end of the segment: msgspec does not support an optional Raw."""


class Change(msgspec.Struct, gc=False):
    NewImage: msgspec.Raw


class Record(msgspec.Struct, gc=False):
    dynamodb: Change


class RecordsPage(msgspec.Struct, gc=False):
    Records: List[Record]
    NextShardIterator: Optional[str] = None


def main() -> None:
    arguments = parser(__doc__, threads=4)
    arguments.add_argument(
        "--sign", action="store_true", help="sign every request, as a real server asks for"
    )
    parsed = arguments.parse_args()
    started = time.monotonic()
    given = order(parsed)
    create_tables(given, parsed.sign)
    shares = deal(given)
    with ProcessPoolExecutor(given.processes) as pool:
        report(sum(pool.map(work, [given] * len(shares), shares, [parsed.sign] * len(shares))), started)


def create_tables(given: Order, signed: bool) -> None:
    describe = Wire(given.source, "DescribeTable", signed)
    create = Wire(given.target, "CreateTable", signed)
    for table in given.tables:
        described = json.loads(bytes(describe.call(dump({"TableName": table}))))
        create.call(dump(schema_of(described["Table"])))


def work(given: Order, pieces: List[Piece], signed: bool) -> int:
    lanes = Lanes(given.target, signed)
    if given.mode == "full":
        moved = copy(given, deque(pieces), lanes, signed)
    else:
        moved = follow(
            [Shard(given.source, *named, signed) for named in shards(given, pieces, signed)], lanes
        )
    lanes.finish()
    return moved


class Lanes:
    """Connections for writes, used in turn. Each has at most one outstanding answer."""

    def __init__(self, side: Side, signed: bool) -> None:
        self._wires = [Wire(side, "BatchWriteItem", signed) for _ in range(LANES)]
        self._turn: Iterator[Wire] = itertools.cycle(self._wires)
        self._owing: Set[Wire] = set()

    def put(self, table: str, items: List[Any]) -> None:
        head = b'{"RequestItems":{"%b":[' % table.encode() + _PUT
        between = _NEXT + _PUT
        for start in range(0, len(items), BATCH):
            wire = next(self._turn)
            if wire in self._owing:
                wire.receive()
            self._owing.add(wire)
            wire.send(b"".join((head, between.join(items[start : start + BATCH]), b"}}]}}")))

    def finish(self) -> None:
        for wire in self._owing:
            wire.receive()
        self._owing.clear()


class Scan:
    """One segment at a time over one connection, one request outstanding."""

    def __init__(self, side: Side, signed: bool) -> None:
        self._wire = Wire(side, "Scan", signed)
        self._decode = msgspec.json.Decoder(ScanPage).decode

    def begin(self, piece: Piece) -> None:
        self.table, segment, segments = piece
        self._request = b'{"TableName":"%b","Segment":%d,"TotalSegments":%d' % (
            self.table.encode(),
            segment,
            segments,
        )
        self._wire.send(self._request + b"}")

    def page(self) -> ScanPage:
        """This page. The next one has already been requested; `LastEvaluatedKey` shows whether it exists."""
        page = self._decode(self._wire.receive())
        if page.LastEvaluatedKey:
            self._wire.send(b"".join((self._request, b',"ExclusiveStartKey":', page.LastEvaluatedKey, b"}")))
        return page


def copy(given: Order, pieces: Deque[Piece], lanes: Lanes, signed: bool) -> int:
    scans = deque(Scan(given.source, signed) for _ in range(min(given.threads, len(pieces))))
    for scan in scans:
        scan.begin(pieces.popleft())
    moved = 0
    while scans:
        scan = scans.popleft()
        page = scan.page()
        lanes.put(scan.table, page.Items)
        moved += len(page.Items)
        if page.LastEvaluatedKey:
            scans.append(scan)
        elif pieces:
            scan.begin(pieces.popleft())
            scans.append(scan)
    return moved


class Shard:
    """One shard over one connection, one request outstanding."""

    def __init__(self, side: Side, table: str, arn: str, shard: str, signed: bool) -> None:
        self.table = table
        asked = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        answer = Wire(side, "GetShardIterator", signed, _STREAMS).call(dump(asked))
        self._wire = Wire(side, "GetRecords", signed, _STREAMS)
        self._decode = msgspec.json.Decoder(RecordsPage).decode
        self._wire.send(dump({"ShardIterator": json.loads(bytes(answer))["ShardIterator"]}))

    def page(self) -> RecordsPage:
        """This page. The next one has already been requested."""
        page = self._decode(self._wire.receive())
        if page.NextShardIterator is not None:
            self._wire.send(b'{"ShardIterator":"%b"}' % page.NextShardIterator.encode())
        return page


def shards(given: Order, pieces: Iterable[Piece], signed: bool) -> List[Tuple[str, str, str]]:
    """Table, stream ARN and shard id of every open shard of these pieces."""
    tables = Wire(given.source, "DescribeTable", signed)
    streams = Wire(given.source, "DescribeStream", signed, _STREAMS)
    found = []
    for table, first, step in pieces:
        described = json.loads(bytes(tables.call(dump({"TableName": table}))))["Table"]
        arn = described["LatestStreamArn"]
        listed = json.loads(bytes(streams.call(dump({"StreamArn": arn}))))["StreamDescription"]["Shards"]
        found += [(table, arn, shard["ShardId"]) for shard in listed[first::step]]
    return found


def follow(open_shards: List[Shard], lanes: Lanes) -> int:
    """Read the shards in turn until all have been empty for IDLE_SECONDS; every record counts as a put."""
    moved, last = 0, time.monotonic()
    while open_shards and time.monotonic() - last < IDLE_SECONDS:
        before = moved
        for shard in open_shards:
            page = shard.page()
            lanes.put(shard.table, [record.dynamodb.NewImage for record in page.Records])
            moved += len(page.Records)
        if moved > before:
            last = time.monotonic()
        else:
            time.sleep(0.05)
    return moved


if __name__ == "__main__":
    main()
