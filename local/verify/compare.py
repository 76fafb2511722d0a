"""Comparison of source and target: every item of both."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional, Sequence

import msgspec

from local.traffic.client import Client
from local.verify.canonical import value_form
from local.verify.join import Join
from local.verify.scan import scan
from local.verify.side import Target, key_at, read, reducer
from local.verify.tables import Key, attribute_names, table_key, table_names
from local.verify.verdict import TableVerdict, Verdict

CLIP = 60
"""Maximum characters of a value that are shown."""


def compare(source: Client, target: Target, tables: Optional[Sequence[str]] = None) -> Verdict:
    """Compare both sides completely, in both directions. Without `tables`, every table of the source.

    The result is exact only while nothing is being written. Raises CallError if a side cannot be read.
    """
    names = list(tables) if tables is not None else table_names(source)
    return Verdict([compare_table(source, target, name) for name in names])


def compare_until_equal(
    source: Client, target: Target, tables: Optional[Sequence[str]] = None, patience: float = 60.0
) -> Verdict:
    """Repeat `compare` until the sides are equal or `patience` seconds have passed. Returns the last
    verdict."""
    deadline = time.monotonic() + patience
    while True:
        verdict = compare(source, target, tables)
        if verdict.equal or time.monotonic() > deadline:
            return verdict
        time.sleep(0.5)


def compare_table(source: Client, target: Target, table: str) -> TableVerdict:
    verdict = TableVerdict(table)
    key = table_key(source, table)
    other = key_at(target, table, key)
    verdict.problem = _obstacle(key, other)
    if key is None or verdict.problem:
        return verdict
    reduce = reducer(target, attribute_names(key))
    join = Join(verdict)
    for page in scan(source, table, reduce, consistent=True):
        for reduced in page:
            join.expect(*reduced)
    for page in read(target, table, key):
        for reduced in page:
            join.meet(*reduced)
    join.finish()
    if isinstance(target, Client):
        explain(source, target, verdict)
    return verdict


def explain(source: Client, target: Client, verdict: TableVerdict) -> None:
    """Read the examples of differing items again, and add the attributes in which they differ."""
    for place, (kind, key, _) in enumerate(verdict.examples):
        if kind == "different":
            pair = [_get(side, verdict.table, key) for side in (source, target)]
            verdict.examples[place] = (kind, key, difference(*pair))


def difference(left: Dict[str, Any], right: Dict[str, Any]) -> str:
    """The attributes in which two items differ, with shortened values."""
    parts = []
    for name in sorted({*left, *right}):
        if value_form(left.get(name)) != value_form(right.get(name)):
            parts.append(f"{name}: {_clip(left.get(name))} / {_clip(right.get(name))}")
    return "; ".join(parts) or "equal when read again"


def _obstacle(key: Optional[Key], other: Optional[Key]) -> str:
    if key is None:
        return "absent on the source"
    if other is None:
        return "absent on the target"
    return "" if key == other else f"the primary keys differ: {key} on the source, {other} on the target"


def _get(client: Client, table: str, key: bytes) -> Dict[str, Any]:
    request = {"TableName": table, "Key": msgspec.json.decode(key)}
    item: Dict[str, Any] = client.ask("GetItem", request).get("Item", {})
    return item


def _clip(value: Any) -> str:
    text = "-" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= CLIP else text[:CLIP] + "..."
