"""Differences between a table of the source and that of the target. Pure.

Members that the target omits (billing, throughput, statuses, streams) do not count as differences.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.tables.copy import projection_of
from connectors.dynamodb.tables.description import SecondaryIndex, TableDescription, attribute_type
from connectors.model.keys import KeySchema


def key_difference(source: TableDescription, target: TableDescription) -> Optional[str]:
    """None when both tables have the same key attributes, types and roles."""
    if source.key_schema == target.key_schema:
        return None
    source_key, target_key = shown_key(source.key_schema), shown_key(target.key_schema)
    return (
        f"the source's key is {source_key}, the target's is {target_key}; "
        f"they must be equal. Drop the target's table, or set tables.existing: recreate, which drops it, "
        f"or exclude the table with filter.blackTableSet"
    )


def require_same_key(source: TableDescription, target: TableDescription) -> None:
    """Raises TableError naming both keys."""
    difference = key_difference(source, target)
    if difference:
        raise TableError(source.TableName, FaultKind.TARGET_DIFFERS, f"{difference}.")


def index_warnings(source: TableDescription, target: TableDescription) -> List[str]:
    """A line for each secondary index that differs between the sides."""
    of_source, of_target = shown_indexes(source), shown_indexes(target)
    lines = [_missing(label) for label in of_source if label not in of_target]
    lines += [_extra(label) for label in of_target if label not in of_source]
    for label in of_source:
        if label in of_target and of_source[label] != of_target[label]:
            lines.append(
                f"{label} is {of_source[label]} at the source and {of_target[label]} at the target; "
                f"it is not changed"
            )
    return [f"table {source.TableName}: {line}." for line in sorted(lines)]


def ttl_warning(table: str, source: Optional[str], target: Optional[str]) -> Optional[str]:
    """`source` and `target`: the attributes that hold the time to live; None if it is off."""
    if source == target:
        return None
    line = (
        f"table {table}: time to live is {shown_ttl(source)} at the source and {shown_ttl(target)} "
        f"at the target"
    )
    return f"{line}. Items may expire on one side only." if target else f"{line}."


def shown_ttl(attribute: Optional[str]) -> str:
    """`attribute`: holds the time to live; None if it is off."""
    return f"on (attribute {attribute})" if attribute else "off"


def _missing(label: str) -> str:
    return f"{label} is missing at the target; queries that use it will fail. Create it there before cut-over"


def _extra(label: str) -> str:
    return f"{label} exists only at the target; items whose attributes do not match its key will be refused"


def shown_indexes(table: TableDescription) -> Dict[str, str]:
    """The compared properties of each index as text, by label: key attributes with types, and projection."""
    labels = {f"global index {index.IndexName}": index for index in table.GlobalSecondaryIndexes}
    labels.update({f"local index {index.IndexName}": index for index in table.LocalSecondaryIndexes})
    return {label: _index_text(table, index) for label, index in labels.items()}


def _index_text(table: TableDescription, index: SecondaryIndex) -> str:
    key = ", ".join(
        f"{key.AttributeName} ({attribute_type(table, key.AttributeName)}, {key.KeyType})"
        for key in sorted(index.KeySchema, key=lambda element: element.KeyType)
    )
    projection = projection_of(table, index)
    extra = f" {sorted(projection.NonKeyAttributes)}" if projection.NonKeyAttributes else ""
    return f"[{key}] with {projection.ProjectionType}{extra}"


def shown_key(schema: KeySchema) -> str:
    """Attributes with types and roles: "pk (S, HASH), sk (N, RANGE)"."""
    return ", ".join(
        f"{attribute.name} ({attribute.type}, {role})"
        for attribute, role in zip(schema.attributes, ("HASH", "RANGE"))
    )
