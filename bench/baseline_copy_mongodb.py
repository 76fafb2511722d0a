"""The baseline of the copy to MongoDB: the boto3 paginator, TypeDeserializer, bulk_write of ReplaceOne.

Segments are read in threads of several processes, as in `bench.baseline_copy`. It does not resume and
does not follow changes.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Dict, List

from boto3.dynamodb.types import Binary, TypeDeserializer
from bson import Decimal128
from pymongo import MongoClient, ReplaceOne

from bench.baseline_copy import Piece, client, deal
from bench.options import Order, order, parser, report

DATABASE = "bench"
KEYS = ("pk", "sk")


def main() -> None:
    parsed = parser(__doc__, threads=8).parse_args()
    started = time.monotonic()
    given = order(parsed)
    shares = deal(given)
    with ProcessPoolExecutor(given.processes) as pool:
        report(sum(pool.map(work, [given] * len(shares), shares)), started)


def work(given: Order, pieces: List[Piece]) -> int:
    source = client("dynamodb", given.source, given, True)
    with MongoClient[Any](given.target.url) as target, ThreadPoolExecutor(given.threads) as pool:
        return sum(pool.map(lambda piece: copy_segment(source, target[DATABASE], piece), pieces))


def copy_segment(source: Any, database: Any, piece: Piece) -> int:
    table, segment, segments = piece
    deserialize = TypeDeserializer().deserialize
    moved = 0
    pages = source.get_paginator("scan").paginate(TableName=table, Segment=segment, TotalSegments=segments)
    for page in pages:
        documents = [
            {name: plain(deserialize(value)) for name, value in item.items()} for item in page["Items"]
        ]
        if documents:
            database[table].bulk_write([replacement(one) for one in documents], ordered=False)
        moved += len(documents)
    return moved


def replacement(document: Dict[str, Any]) -> ReplaceOne[Any]:
    return ReplaceOne({name: document[name] for name in KEYS}, document, upsert=True)


def plain(value: Any) -> Any:
    """Converts the values of TypeDeserializer that bson does not accept."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 2**63:
            return int(value)
        return Decimal128(value) if len(value.as_tuple().digits) <= 34 else str(value)
    if isinstance(value, Binary):
        return value.value
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, set)):
        return [plain(inner) for inner in value]
    return value


if __name__ == "__main__":
    main()
