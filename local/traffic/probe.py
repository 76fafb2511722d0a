"""Measures the time from the source's acknowledgement of a write until the write is visible at the target."""

from __future__ import annotations

import base64
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, Dict, List

from local.traffic.client import Busy, Client, Lost
from local.traffic.keys import Item
from local.traffic.pacer import Pacer
from local.traffic.requests import encode

POLL = 0.02
"""Seconds between two polls: the resolution of the result. More polls would use CPU that the measured
programs need."""
OUTSTANDING = 32
"""Maximum markers that are awaited at a time."""


class ProbeLost(Exception):
    """A marker did not appear at the target in time."""


def measure_latency(
    source: Client, target: Client, table: str, count: int, rate: float, timeout: float = 60.0
) -> List[float]:
    """Write `count` markers, `rate` per second, and return the seconds that each took, in the order of the
    writes.

    The time starts with the acknowledgement at `source` and ends with the first GetItem at `target` that
    returns the marker. It therefore includes up to one poll (20 ms and a round trip). The markers are deleted
    at the source afterwards. Raises ProbeLost if a marker is not visible within `timeout` seconds.
    """
    schema = source.ask("DescribeTable", {"TableName": table})["Table"]
    run = uuid.uuid4().hex
    keys = [_marker_key(schema, run, number) for number in range(count)]
    pacer = Pacer(rate, time.monotonic())
    try:
        with ThreadPoolExecutor(OUTSTANDING) as pool:
            return list(pool.map(partial(_one, source, target, table, pacer, timeout), keys))
    finally:
        for key in keys:
            source.insist("DeleteItem", encode({"TableName": table, "Key": key}))


def percentile(values: List[float], share: float) -> float:
    """The smallest value that is not exceeded by `share` of all values (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


def _one(source: Client, target: Client, table: str, pacer: Pacer, timeout: float, key: Item) -> float:
    now = time.monotonic()
    time.sleep(max(0.0, pacer.slot(now) - now))
    source.insist("PutItem", encode({"TableName": table, "Item": key}))
    written = time.monotonic()
    request = encode({"TableName": table, "Key": key})
    while time.monotonic() - written < timeout:
        if _shown(target, request):
            return time.monotonic() - written
        time.sleep(POLL)
    raise ProbeLost(f"table {table}: the marker {key} was not at the target after {timeout:.0f} s")


def _shown(target: Client, request: bytes) -> bool:
    try:
        return b'"Item"' in target.call("GetItem", request)
    except (Busy, Lost):
        return False


def _marker_key(schema: Dict[str, Any], run: str, number: int) -> Item:
    """A key that the application does not use."""
    digits = int(run[:24], 16) * 1_000_000 + number
    makers: Dict[str, Callable[[], str]] = {
        "S": lambda: f"probe-{run}-{number}",
        "N": lambda: f"-{digits}",
        "B": lambda: base64.b64encode(f"probe-{run}-{number}".encode()).decode(),
    }
    kinds = {
        attribute["AttributeName"]: attribute["AttributeType"] for attribute in schema["AttributeDefinitions"]
    }
    names = [attribute["AttributeName"] for attribute in schema["KeySchema"]]
    return {name: {kinds[name]: makers[kinds[name]]()} for name in names}
