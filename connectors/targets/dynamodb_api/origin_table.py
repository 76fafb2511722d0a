"""The job's own table at the target. Its rows are origin marks, by which the reverse job recognizes writes of
the forward job (connectors.model.origin), and the board's documents (connectors.model.board)."""

from __future__ import annotations

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables.description import AttributeDefinition, KeyElement, TableDescription
from connectors.dynamodb.tables.ensure import TableOptions, ensure_target
from connectors.model.origin import TABLE

_OPTIONS = TableOptions(indexes=False, ttl=False, billing=False)


def description() -> TableDescription:
    return TableDescription(TABLE, [KeyElement("id", "HASH")], [AttributeDefinition("id", "S")])


def ensure(target: Caller) -> None:
    """Returns once the table accepts writes. Safe to repeat, also by several workers at once."""
    ensure_target(description(), None, target, _OPTIONS)
