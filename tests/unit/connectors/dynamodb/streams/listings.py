"""Hand-made listings, and what a lineage makes of a row of them."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from connectors.dynamodb.streams.calls import Range, Shard
from connectors.dynamodb.streams.lineage import Lineage
from connectors.dynamodb.streams.tracking import Observed, observe
from connectors.model.assignment import Assignment
from tests.fakes.state import restored, saved

START, END = "100", "200"


def opened(shard_id: str, parent: Optional[str] = None) -> Shard:
    return Shard(shard_id, parent, Range(START))


def closed(shard_id: str, parent: Optional[str] = None) -> Shard:
    return Shard(shard_id, parent, Range(START, END))


def ids(assignments: Iterable[Assignment]) -> List[str]:
    return [assignment.shard_id for assignment in assignments]


def families(assignments: Iterable[Assignment]) -> List[Tuple[str, Optional[str], str]]:
    """(shard, parent to wait for, root) of each."""
    return [(assignment.shard_id, assignment.parent_id, assignment.root_id) for assignment in assignments]


def feed(lineage: Lineage, *listings: List[Shard]) -> Tuple[Lineage, List[Observed]]:
    seen = []
    for listing in listings:
        seen.append(observe(restored(Lineage, saved(lineage)), listing))
        lineage = seen[-1].lineage
    return lineage, seen
