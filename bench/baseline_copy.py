"""The baseline of the copy: what a competent engineer writes in an afternoon with boto3.

It reads segments in threads of several processes with the Scan paginator of the low-level client, which is
cheaper than the resource layer. It writes 25 items per BatchWriteItem, the last change of each key of a
stream, and sends UnprocessedItems again with jittered back-off. It does not resume, and does not merge scan
and stream.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Dict, Iterable, List, Tuple

import boto3
from botocore.config import Config

from bench.options import IDLE_SECONDS, REGION, Order, Side, order, parser, report, schema_of

BATCH = 25
Piece = Tuple[str, int, int]
"""table, segment, segments; for streams: table, shard, shards"""


def main() -> None:
    arguments = parser(__doc__, threads=8)
    arguments.add_argument("--no-validation", action="store_true", help="parameter_validation=False")
    parsed = arguments.parse_args()
    started = time.monotonic()
    given, validate = order(parsed), not parsed.no_validation
    create_tables(given, validate)
    shares = deal(given)
    with ProcessPoolExecutor(given.processes) as pool:
        moved = pool.map(work, [given] * len(shares), shares, [validate] * len(shares))
        report(sum(moved), started)


def client(service: str, side: Side, given: Order, validate: bool) -> Any:
    settings = Config(
        max_pool_connections=given.threads + 2,
        parameter_validation=validate,
        retries={"mode": "standard", "max_attempts": 10},
    )
    return boto3.client(
        service,
        endpoint_url=side.url,
        region_name=REGION,
        aws_access_key_id=side.key_id,
        aws_secret_access_key=side.secret.reveal(),
        config=settings,
    )


def create_tables(given: Order, validate: bool) -> None:
    source = client("dynamodb", given.source, given, validate)
    target = client("dynamodb", given.target, given, validate)
    for table in given.tables:
        target.create_table(**schema_of(source.describe_table(TableName=table)["Table"]))


def deal(given: Order) -> List[List[Piece]]:
    """The pieces of each process. Each table has as many segments as there are threads in total."""
    segments = given.processes * given.threads
    pieces = [(table, segment, segments) for segment in range(segments) for table in given.tables]
    return [pieces[number :: given.processes] for number in range(given.processes)]


def work(given: Order, pieces: List[Piece], validate: bool) -> int:
    target = client("dynamodb", given.target, given, validate)
    with ThreadPoolExecutor(given.threads) as pool:
        if given.mode == "full":
            source = client("dynamodb", given.source, given, validate)
            return sum(pool.map(lambda piece: copy_segment(source, target, piece), pieces))
        streams = client("dynamodbstreams", given.source, given, validate)
        return sum(pool.map(lambda piece: follow(streams, target, piece), pieces))


def copy_segment(source: Any, target: Any, piece: Piece) -> int:
    table, segment, segments = piece
    moved = 0
    pages = source.get_paginator("scan").paginate(TableName=table, Segment=segment, TotalSegments=segments)
    for page in pages:
        write(target, table, [{"PutRequest": {"Item": item}} for item in page["Items"]])
        moved += len(page["Items"])
    return moved


def write(target: Any, table: str, requests: List[Dict[str, Any]]) -> None:
    for start in range(0, len(requests), BATCH):
        batch = {table: requests[start : start + BATCH]}
        attempt = 0
        while batch:
            batch = target.batch_write_item(RequestItems=batch)["UnprocessedItems"]
            if batch:
                time.sleep(random.uniform(0, min(5.0, 0.05 * 2**attempt)))
                attempt += 1


def follow(streams: Any, target: Any, piece: Piece) -> int:
    """Read every `shards`-th open shard of the table, beginning with `shard`, one after the other."""
    table, shard, shards = piece
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    found = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return sum(follow_shard(streams, target, table, arn, one["ShardId"]) for one in found[shard::shards])


def follow_shard(streams: Any, target: Any, table: str, arn: str, shard: str) -> int:
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    moved, last = 0, time.monotonic()
    while iterator and time.monotonic() - last < IDLE_SECONDS:
        page = streams.get_records(ShardIterator=iterator)
        iterator = page.get("NextShardIterator")
        if page["Records"]:
            write(target, table, folded(page["Records"]))
            moved, last = moved + len(page["Records"]), time.monotonic()
        else:
            time.sleep(0.2)
    return moved


def folded(records: Iterable[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The last change of each key."""
    latest: Dict[str, Dict[str, Any]] = {}
    for record in records:
        change = record["dynamodb"]
        put = record["eventName"] != "REMOVE"
        request = (
            {"PutRequest": {"Item": change["NewImage"]}}
            if put
            else {"DeleteRequest": {"Key": change["Keys"]}}
        )
        latest[repr(sorted(change["Keys"].items()))] = request
    return list(latest.values())


if __name__ == "__main__":
    main()
