"""Which shards of one stream must be read now, in which family, and which may be forgotten."""

from __future__ import annotations

from typing import Iterable, List, NamedTuple

from connectors.dynamodb.streams.calls import Shard
from connectors.dynamodb.streams.lineage import Forgotten, Lineage
from connectors.dynamodb.streams.listing_view import ListingView
from connectors.dynamodb.streams.registration import register
from connectors.dynamodb.streams.tracking import ShardTracking
from connectors.model.assignment import Assignment


class Observed(NamedTuple):
    lineage: Lineage
    assign: List[Assignment]
    """Parents before children."""
    forget: List[Forgotten]
    gaps: List[str]
    """Reasons why changes may be lost; none in a sound stream. The lineage cannot be followed any further."""


def observe(lineage: Lineage, listed: Iterable[Shard]) -> Observed:
    """Take in one listing. Pure; the same listing twice assigns nothing twice."""
    sight = ListingView(lineage.shards, listed)
    if not lineage.registered:
        started, assign = register(lineage, sight)
        return Observed(started, assign, [], [])
    seen = ShardTracking(lineage, sight)
    return Observed(seen.lineage, seen.assign, seen.forget, seen.gaps)
