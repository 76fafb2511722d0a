"""How the schemas of a table on two sides differ, told as facts for a report. Pure.

What the target leaves out (billing, throughput, statuses, streams) is no difference, nor are key attributes
among an index's NonKeyAttributes, which PolarDB refuses: they are in every index anyway.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from connectors.dynamodb.tables.compare import shown_indexes, shown_key, shown_ttl
from connectors.dynamodb.tables.description import TableDescription

MISSING = "missing"


class Schema(NamedTuple):
    """A table of one side."""

    table: TableDescription
    ttl: Optional[str]
    """The attribute that holds an item's time to live; None where that is off."""


def schema_differences(source: Schema, target: Schema) -> List[str]:
    """A line for each, with both values: "local index x is .. at the source and missing at the target"."""
    ours, theirs = _features(source), _features(target)
    labels = [*ours, *(label for label in theirs if label not in ours)]
    pairs = {label: (ours.get(label, MISSING), theirs.get(label, MISSING)) for label in labels}
    return [
        f"{label} is {one} at the source and {other} at the target"
        for label, (one, other) in pairs.items()
        if one != other
    ]


def _features(schema: Schema) -> Dict[str, str]:
    return {
        "the primary key": shown_key(schema.table.key_schema),
        **dict(sorted(shown_indexes(schema.table).items())),
        "time to live": shown_ttl(schema.ttl),
    }
