"""The table of the marks by which the reverse job knows the forward job's writes: connectors.model.origin."""

from __future__ import annotations

from connectors.dynamodb.tables.description import AttributeDefinition, KeyElement, TableDescription
from connectors.model.origin import TABLE


def description() -> TableDescription:
    return TableDescription(TABLE, [KeyElement("id", "HASH")], [AttributeDefinition("id", "S")])
