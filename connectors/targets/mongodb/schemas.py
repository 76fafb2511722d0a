"""Key attributes by table: a writer receives items only, and must know their keys."""

from __future__ import annotations

from typing import Dict, Protocol

from connectors.base.table_fault import FaultKind, TableError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.model.keys import KeySchema


class Schemas(Protocol):
    def of(self, table: str) -> KeySchema:
        """Raises TableError, TransientError."""
        ...


class SourceSchemas(Schemas):
    """Key attributes as the source describes them. Each table is described once: its key never changes."""

    def __init__(self, source: Caller) -> None:
        self._source = source
        self._known: Dict[str, KeySchema] = {}

    def of(self, table: str) -> KeySchema:
        schema = self._known.get(table)
        if schema is None:
            description = api.describe_table(self._source, table)
            if description is None:
                raise TableError(table, FaultKind.SOURCE_GONE, "no longer exists at the source.")
            schema = self._known[table] = description.key_schema
        return schema
