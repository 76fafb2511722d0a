"""The baseline of the check: what a competent engineer writes in an afternoon with boto3.

Segments are read in threads of several processes, as in bench.baseline_copy. Each page of the source is
looked up at the target with BatchGetItem, a hundred keys per request, and the items are compared as boto3
returns them. This finds missing and different items. With --both-ways, the target is scanned too and
its keys are looked up at the source, which finds extra items. The low-level client is cheaper than the
resource layer, whose objects are needed only if two items are spelled differently.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Dict, List

from boto3.dynamodb.types import TypeDeserializer

from bench.baseline_copy import Piece, client, deal
from bench.options import Order, order, parser, report

KEYS = 100


def main() -> None:
    arguments = parser(__doc__, threads=8)
    arguments.add_argument("--both-ways", action="store_true", help="look for extra items too")
    parsed = arguments.parse_args()
    started = time.monotonic()
    given = order(parsed)
    shares = deal(given)
    with ProcessPoolExecutor(given.processes) as pool:
        found = pool.map(work, [given] * len(shares), shares, [parsed.both_ways] * len(shares))
        report(sum(found), started)


def work(given: Order, pieces: List[Piece], both_ways: bool) -> int:
    """The number of the source's items compared. Raises RuntimeError for a difference: there must be none."""
    source = client("dynamodb", given.source, given, True)
    target = client("dynamodb", given.target, given, True)
    with ThreadPoolExecutor(given.threads) as pool:
        compared = sum(pool.map(lambda piece: compare(source, target, piece), pieces))
        if both_ways:
            sum(pool.map(lambda piece: compare(target, source, piece), pieces))
    return compared


def compare(one: Any, other: Any, piece: Piece) -> int:
    table, segment, segments = piece
    compared = 0
    key = [each["AttributeName"] for each in one.describe_table(TableName=table)["Table"]["KeySchema"]]
    pages = one.get_paginator("scan").paginate(TableName=table, Segment=segment, TotalSegments=segments)
    for page in pages:
        for at in range(0, len(page["Items"]), KEYS):
            lot = page["Items"][at : at + KEYS]
            found = {name(item, key): item for item in looked_up(other, table, lot, key)}
            for item in lot:
                if not same(item, found.get(name(item, key))):
                    raise RuntimeError(f"table {table}: {name(item, key)} differs")
        compared += len(page["Items"])
    return compared


def looked_up(side: Any, table: str, items: List[Dict[str, Any]], key: List[str]) -> List[Dict[str, Any]]:
    wanted = {table: {"Keys": [{each: item[each] for each in key} for item in items]}}
    found: List[Dict[str, Any]] = []
    while wanted:
        answer = side.batch_get_item(RequestItems=wanted)
        found += answer["Responses"].get(table, [])
        wanted = answer.get("UnprocessedKeys", {})
    return found


def name(item: Dict[str, Any], key: List[str]) -> str:
    return repr([item[each] for each in key])


def same(one: Dict[str, Any], other: Any) -> bool:
    if other is None or one == other:
        return other is not None
    values = TypeDeserializer()
    return {k: values.deserialize(v) for k, v in one.items()} == {
        k: values.deserialize(v) for k, v in other.items()
    }


if __name__ == "__main__":
    main()
