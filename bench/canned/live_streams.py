"""Streams of the writes to live tables: open shards that grow."""

from __future__ import annotations

import json
import time
from typing import Dict, List, Tuple

import msgspec

from bench.canned.items import PAGE, key_of
from bench.canned.source import Parts, stream_arn, table_names
from bench.canned.stats import Stats
from bench.canned.streams import Streams, sequence_number

Shard = List[bytes]


class LiveStreams(Streams):
    def __init__(self, tables: int, shards: int, stats: Stats) -> None:
        super().__init__(tables, 0, shards, stats)
        self._arns = {table: stream_arn(table) for table in table_names(tables)}
        self._written: Dict[Tuple[str, int], Shard] = {
            (arn, shard): [] for arn in self._arns.values() for shard in range(shards)
        }

    def written(self, table: str, index: int, item: bytes) -> None:
        shard = self._written[(self._arns[table], index % self._shards)]
        change = {
            "ApproximateCreationDateTime": int(time.time()),
            "Keys": key_of(index),
            "NewImage": msgspec.Raw(item),
            "SequenceNumber": sequence_number(len(shard)),
            "SizeBytes": len(item),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        event = {"eventID": f"{table}-{index}", "eventName": "MODIFY", "eventVersion": "1.1"}
        shard.append(
            msgspec.json.encode(
                {**event, "eventSource": "aws:dynamodb", "awsRegion": "us-east-1", "dynamodb": change}
            )
        )

    def get_records(self, body: bytes) -> Parts:
        """One page of a shard, and always a next iterator, as for an open shard."""
        request = json.loads(body)
        arn, shard, position = request["ShardIterator"].split("|")
        start = int(position)
        records = self._written[(arn, int(shard))][start : start + min(request.get("Limit", PAGE), PAGE)]
        self._stats.records += len(records)
        following = f"{arn}|{shard}|{start + len(records)}".encode()
        return (b'{"NextShardIterator":"%b","Records":[' % following, b",".join(records), b"]}")

    def _range(self, arn: str, shard: int) -> Tuple[int, int]:
        self._stream(arn)
        return 0, len(self._written[(arn, shard)])
