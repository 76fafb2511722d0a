"""How the tables of the two sides differ. Pure.

What the target leaves out (billing, throughput, statuses, streams) is no difference.
"""

from __future__ import annotations

from typing import Dict, List, Optional

from connectors.base.errors import PreflightError
from connectors.dynamodb.tables.copy import projection_of
from connectors.dynamodb.tables.description import SecondaryIndex, TableDescription, attribute_type
from connectors.model.keys import KeySchema


def key_difference(source: TableDescription, target: TableDescription) -> Optional[str]:
    """None when both tables have the same key attributes, types and roles."""
    if source.key_schema == target.key_schema:
        return None
    ours, theirs = shown_key(source.key_schema), shown_key(target.key_schema)
    return (
        f"the source's key is {ours}, the target's is {theirs}; "
        f"they must be equal. Drop the target's table, or set tables.existing: recreate, which drops it, "
        f"or leave the table out with filter.blackTableSet"
    )


def require_same_key(source: TableDescription, target: TableDescription) -> None:
    """Raises PreflightError naming both keys."""
    difference = key_difference(source, target)
    if difference:
        raise PreflightError(f"table {source.TableName}: {difference}.")


def index_warnings(source: TableDescription, target: TableDescription) -> List[str]:
    """A line for each secondary index that is not the same on both sides."""
    ours, theirs = shown_indexes(source), shown_indexes(target)
    lines = [_missing(label) for label in ours if label not in theirs]
    lines += [_extra(label) for label in theirs if label not in ours]
    for label in ours:
        if label in theirs and ours[label] != theirs[label]:
            lines.append(
                f"{label} is {ours[label]} at the source and {theirs[label]} at the target; it stays so"
            )
    return [f"table {source.TableName}: {line}." for line in sorted(lines)]


def ttl_warning(table: str, source: Optional[str], target: Optional[str]) -> Optional[str]:
    """`source` and `target` are the attributes that hold the time to live, None where that is off."""
    if source == target:
        return None
    ours, theirs = shown_ttl(source), shown_ttl(target)
    line = f"table {table}: time to live is {ours} at the source and {theirs} at the target"
    return f"{line}. Items may expire on one side only." if target else f"{line}."


def shown_ttl(attribute: Optional[str]) -> str:
    """`attribute` holds the time to live; None where that is off."""
    return f"on (attribute {attribute})" if attribute else "off"


def _missing(label: str) -> str:
    return f"{label} is missing at the target; queries that use it will fail. Create it there before cut-over"


def _extra(label: str) -> str:
    return f"{label} exists at the target only; items whose attributes do not fit its key will be refused"


def shown_indexes(table: TableDescription) -> Dict[str, str]:
    """Label to what matters of an index, as text: key attributes with types, and projection."""
    labels = {f"global index {one.IndexName}": one for one in table.GlobalSecondaryIndexes}
    labels.update({f"local index {one.IndexName}": one for one in table.LocalSecondaryIndexes})
    return {label: _index_text(table, index) for label, index in labels.items()}


def _index_text(table: TableDescription, index: SecondaryIndex) -> str:
    key = ", ".join(
        f"{one.AttributeName} ({attribute_type(table, one.AttributeName)}, {one.KeyType})"
        for one in sorted(index.KeySchema, key=lambda element: element.KeyType)
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
