"""Differences between the schemas of a table on the two sides, as facts for a report. Pure.

Members that the target omits (billing, throughput, statuses, streams) do not count as differences. Nor do key
attributes among an index's NonKeyAttributes, which PolarDB refuses: every index contains them anyway.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from connectors.dynamodb.tables.compare import shown_indexes, shown_key, shown_ttl
from connectors.dynamodb.tables.description import TableDescription

MISSING = "missing"


class Schema(NamedTuple):
    """The schema of a table on one side."""

    table: TableDescription
    ttl: Optional[str]
    """The attribute that holds an item's time to live; None if time to live is off."""


def schema_differences(source: Schema, target: Schema) -> List[str]:
    """A line for each, with both values: "local index x is .. at the source and missing at the target"."""
    of_source, of_target = _features(source), _features(target)
    labels = [*of_source, *(label for label in of_target if label not in of_source)]
    pairs = {label: (of_source.get(label, MISSING), of_target.get(label, MISSING)) for label in labels}
    return [
        f"{label} is {at_source} at the source and {at_target} at the target"
        for label, (at_source, at_target) in pairs.items()
        if at_source != at_target
    ]


def _features(schema: Schema) -> Dict[str, str]:
    return {
        "the primary key": shown_key(schema.table.key_schema),
        **dict(sorted(shown_indexes(schema.table).items())),
        "time to live": shown_ttl(schema.ttl),
    }
