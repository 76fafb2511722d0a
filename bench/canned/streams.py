"""The source's streams: open shards with prepared INSERT records, and no further ones."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Dict, Tuple

from bench.canned.errors import Refusal
from bench.canned.items import KEY_SCHEMA, PAGE, PAGE_DIGITS, SLOT_DIGITS, record_text
from bench.canned.pages import Template, share
from bench.canned.source import STREAM_LABEL, Operations, Parts, as_json, counts, stream_arn
from bench.canned.stats import Stats

STALE_SECONDS = 20.0
"""Record times are renewed this often: readers may skip records much older than their own start."""


class Streams:
    def __init__(
        self, tables: int, records: int, shards: int, stats: Stats, clock: Callable[[], float] = time.time
    ) -> None:
        """`records`: the total of all tables. `shards`: the number per table."""
        self._stats, self._shards, self._clock = stats, shards, clock
        self._records = {stream_arn(table): (table, held) for table, held in counts(records, tables).items()}
        self._stamped = 0.0

    def operations(self) -> Operations:
        return {
            "ListStreams": as_json(self._list),
            "DescribeStream": as_json(self._describe),
            "GetShardIterator": as_json(self._iterator),
            "GetRecords": self.get_records,
        }

    def _list(self, request: Dict[str, Any]) -> Dict[str, Any]:
        wanted = request.get("TableName")
        found = [(arn, table) for arn, (table, _) in self._records.items() if wanted in (None, table)]
        return {"Streams": [{"StreamArn": a, "TableName": t, "StreamLabel": STREAM_LABEL} for a, t in found]}

    def _describe(self, request: Dict[str, Any]) -> Dict[str, Any]:
        arn = request["StreamArn"]
        table, _ = self._stream(arn)
        shards = []
        for number in range(self._shards):
            start, _ = self._range(arn, number)
            numbers = {"StartingSequenceNumber": sequence_number(start)}
            shards.append({"ShardId": shard_id(number), "SequenceNumberRange": numbers})
        after = request.get("ExclusiveStartShardId")
        return {
            "StreamDescription": {
                "StreamArn": arn,
                "StreamLabel": STREAM_LABEL,
                "StreamStatus": "ENABLED",
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "CreationRequestDateTime": 1700000000.0,
                "TableName": table,
                "KeySchema": KEY_SCHEMA,
                "Shards": [shard for shard in shards if after is None or shard["ShardId"] > after],
            }
        }

    def _iterator(self, request: Dict[str, Any]) -> Dict[str, Any]:
        arn, shard = request["StreamArn"], int(request["ShardId"][-8:])
        low, high = self._range(arn, shard)
        kind = request["ShardIteratorType"]
        if kind == "TRIM_HORIZON":
            position = low
        elif kind == "LATEST":
            position = high
        else:
            position = position_of(request["SequenceNumber"]) + (kind == "AFTER_SEQUENCE_NUMBER")
        return {"ShardIterator": f"{arn}|{shard}|{position}"}

    def get_records(self, body: bytes) -> Parts:
        """One page of a shard. There is always a next iterator, as for an open shard."""
        arn, shard, position, limit = _read(body)
        _, high = self._range(arn, shard)
        stop = min(high, position + limit)
        records = self._template().items(position, stop) if stop > position else b""
        self._stats.records += max(stop - position, 0)
        following = f"{arn}|{shard}|{max(stop, position)}".encode()
        return (b'{"NextShardIterator":"%b","Records":[' % following, records, b"]}")

    def _template(self) -> Template:
        now = self._clock()
        if now - self._stamped > STALE_SECONDS:
            self._stamped = now
            self._prepared = Template([record_text(slot, now) for slot in range(PAGE)])
        return self._prepared

    def _stream(self, arn: str) -> Tuple[str, int]:
        if arn not in self._records:
            raise Refusal(
                "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
            )
        return self._records[arn]

    def _range(self, arn: str, shard: int) -> Tuple[int, int]:
        _, held = self._stream(arn)
        if not 0 <= shard < self._shards:
            raise Refusal("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
        return share(held, shard, self._shards)


def shard_id(number: int) -> str:
    return f"shardId-00000001700000000000-{number:08}"


def sequence_number(position: int) -> str:
    page, slot = divmod(position, PAGE)
    return f"1{page:0{PAGE_DIGITS}}{slot:0{SLOT_DIGITS}}"


def position_of(sequence: str) -> int:
    return int(sequence[1:-SLOT_DIGITS]) * PAGE + int(sequence[-SLOT_DIGITS:])


def _read(body: bytes) -> Tuple[str, int, int, int]:
    request = json.loads(body)
    arn, shard, position = request["ShardIterator"].split("|")
    return arn, int(shard), int(position), min(request.get("Limit", PAGE), PAGE)
