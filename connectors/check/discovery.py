"""The tables that the check compares, and their definitions on both sides."""

from __future__ import annotations

from typing import List

from connectors.base.errors import PreflightError
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.stream import is_enabled
from connectors.engine.enumerator.discovery import TableDiscovery
from connectors.engine.enumerator.observations import Prepared
from connectors.engine.enumerator.table_planner import TableState
from connectors.model.keys import stored_schema
from connectors.model.origin import TABLE as ORIGIN
from connectors.targets.check_contract import Definitions


class CheckDiscovery(TableDiscovery):
    """Discovers tables. It creates nothing."""

    def __init__(self, settings: Settings, source: Caller, target: Definitions, wanted: List[str]) -> None:
        """`wanted`: the tables of chosen keys; empty: all tables."""
        self._settings, self._source, self._target, self._wanted = settings, source, target, wanted

    def names(self) -> List[str]:
        """The tables of both sides. A table that only the target has is a difference, and so are its items.
        The forward job's own table is excluded."""
        there = {*api.list_tables(self._source), *self._target.names()} - {ORIGIN}
        tables = sorted(name for name in self._wanted or there if self._settings.filter.allows(name))
        if not tables:
            raise PreflightError("no table of either side passes the filter: see filter.whiteTableSet")
        return tables

    def prepare(self, state: TableState) -> Prepared:
        """Raises PreflightError if the key schemas differ, because the items of such tables cannot be
        matched."""
        description = api.describe_dated(self._source, state.table)
        source = description.table if description else None
        target = self._target.beside(state.table, source)
        if source is not None:
            schema = stored_schema(source.key_schema)
        elif target is not None:
            schema = target.schema
        else:
            raise PreflightError(f"table {state.table}: does not exist on either side")
        size, items = (source.TableSizeBytes, source.ItemCount) if source else (0, 0)
        return Prepared(
            state.table,
            schema,
            source.LatestStreamArn if source and is_enabled(source) else "",
            size,
            items,
            # If the target does not report its size, the source's size is a good enough estimate.
            (target.size_bytes if target else 0) or size,
            (target.items if target else 0) or items,
            target.differences if target else ["the table is missing at the target"],
            target.bounds if target else None,
            source_id=source.TableId if source else "",
            described_at=description.date if description else 0.0,
        )
