"""Compares the table definitions of two databases that speak DynamoDB's protocol."""

from __future__ import annotations

from typing import List, Optional, Set

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.compare import require_same_key
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.schema import Schema as Defined
from connectors.dynamodb.tables.schema import schema_differences
from connectors.model.keys import stored_schema
from connectors.targets.check_contract import Beside, Definitions


class EndpointDefinitions(Definitions):
    def __init__(self, source: Caller, target: Caller) -> None:
        self._source, self._target = source, target

    def names(self) -> Set[str]:
        return set(api.list_tables(self._target))

    def beside(self, table: str, source: Optional[TableDescription]) -> Optional[Beside]:
        target = api.describe_table(self._target, table)
        if target is None:
            return None
        if source is not None:
            require_same_key(source, target)
        return Beside(
            stored_schema(target.key_schema),
            self._differences(source, target),
            target.TableSizeBytes,
            target.ItemCount,
        )

    def _differences(self, source: Optional[TableDescription], target: TableDescription) -> List[str]:
        if source is None:
            return ["the table exists at the target only"]
        return schema_differences(
            Defined(source, api.describe_ttl(self._source, source.TableName)),
            Defined(target, api.describe_ttl(self._target, source.TableName)),
        )
