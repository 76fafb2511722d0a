"""Discovery of the forward job: finds tables and streams of the source, and creates the target's tables."""

from __future__ import annotations

import logging
from typing import List, Optional

from connectors.base.errors import PreflightError
from connectors.base.table_fault import FaultKind, TableError
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.stream import ensure_stream, is_enabled
from connectors.engine.enumerator.discovery import (
    NoTablesError,
    StreamDiscovery,
    TableDiscovery,
    TargetDiscovery,
)
from connectors.engine.enumerator.observations import Listed, Prepared
from connectors.engine.enumerator.table_planner import FIRST_RESCAN, TableState
from connectors.forward.validate import Moved
from connectors.model.keys import stored_schema
from connectors.targets.contract import TargetTables

log = logging.getLogger(__name__)


class ForwardDiscovery(TableDiscovery, StreamDiscovery, TargetDiscovery):
    def __init__(
        self,
        settings: Settings,
        source: Caller,
        streams: HttpStreamCalls,
        target: TargetTables,
        first_attempt: bool,
    ) -> None:
        """`first_attempt`: this run has not yet written to any target table."""
        self._settings, self._first_attempt = settings, first_attempt
        self._source, self._streams, self._target = source, streams, target

    def names(self) -> List[str]:
        names = list(filter(Moved(self._settings).allows, api.list_tables(self._source)))
        if not names:
            raise NoTablesError("no table of the source passes the filter: see filter.whiteTableSet")
        return names

    def prepare(self, state: TableState) -> Prepared:
        source = self._described(state.table)
        for warning in self._ensure(source, state):
            log.warning("table %s: %s", state.table, warning)
        arn = ""
        if self._settings.mode.follows:
            arn = ensure_stream(source, self._source, self._settings.streams.enable)
        schema = stored_schema(source.key_schema)
        sweep_bytes = self._target.sweep_bytes(source)
        target_id = self._target.table_id(state.table) or ""
        return Prepared(
            state.table,
            schema,
            arn,
            source.TableSizeBytes,
            source.ItemCount,
            sweep_bytes,
            target_id=target_id,
        )

    def _ensure(self, source: TableDescription, state: TableState) -> List[str]:
        """tables.existing: fail stops the whole job, but not for a table that was created later."""
        try:
            return self._target.ensure(source, self._must_stay(state), self._first_attempt)
        except TableError as error:
            fails = self._settings.tables.existing == "fail" and not state.after_plan
            if fails and error.kind is FaultKind.TARGET_DIFFERS:
                raise PreflightError(str(error)) from error
            raise

    def target_id(self, table: str) -> Optional[str]:
        return self._target.table_id(table)

    def _must_stay(self, state: TableState) -> bool:
        """Whether the target's table is kept regardless of tables.existing."""
        if is_rescan(state):
            return True
        if not state.after_plan or self._settings.tables.existing != "recreate":
            return False
        log.warning(
            "table %s: was not there when the job began, so the target's table of that name, if any, is "
            "kept: tables.existing: recreate drops tables of the first plan only",
            state.table,
        )
        return True

    def shards(self, table: str, arn: str) -> Listed:
        listed = self._streams.list_dated(arn)
        return Listed(table, arn, listed.description.Shards, listed.date)

    def stream_arn(self, table: str) -> Optional[str]:
        description = api.describe_table(self._source, table)
        if description is None:
            return None
        return description.LatestStreamArn if is_enabled(description) else ""

    def _described(self, table: str) -> TableDescription:
        description = api.describe_table(self._source, table)
        if description is None:
            raise TableError(table, FaultKind.SOURCE_GONE, "no longer exists at the source.")
        return description


def is_rescan(state: TableState) -> bool:
    """Whether the target contains writes of this job. Such a table is never dropped."""
    return state.generation >= FIRST_RESCAN
