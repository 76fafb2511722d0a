"""The DynamoDB tables that changes are written to."""

from __future__ import annotations

import logging
from typing import Collection, Dict, Iterator, List, Optional

from connectors.base.errors import TerminalError
from connectors.config.filters import TableFilter
from connectors.dynamodb.answers import ask
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest, read_page
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.ensure import TableOptions, ensure_target
from connectors.model.keys import KeyReader, KeySchema
from connectors.model.lane_batch import Entry
from connectors.postgres.layout.names import same_name

log = logging.getLogger(__name__)


class DynamoTables:
    """Implements postgres.layout.layout.Tables, and lists the deletes that empty a table. Each table is
    described once."""

    def __init__(
        self, dynamodb: Caller, tables: TableFilter, missing: str, polardb: Optional[Caller] = None
    ) -> None:
        """`missing`: fail, create or skip. `polardb`: the endpoint that describes the tables to create; only
        for create."""
        self._dynamodb, self._filter, self._missing, self._polardb = dynamodb, tables, missing, polardb
        self._known: Dict[str, Optional[KeySchema]] = {}
        self._names: Optional[List[str]] = None

    def names(self) -> Collection[str]:
        """The tables' names, listed at the first call, and again whenever a table is missing."""
        return self._listed() if self._names is None else self._names

    def key_schema(self, name: str) -> Optional[KeySchema]:
        """Raises TerminalError for a missing table, if `missing` is fail."""
        if not self._filter.allows(name):
            return None
        if name not in self._known:
            table = api.describe_table(self._dynamodb, name)
            self._known[name] = table.key_schema if table else self._absent(name)
        return self._known[name]

    def keys(self, table: str) -> Iterator[List[Entry]]:
        """A delete for each item of the table, page by page, from consistent reads."""
        schema = self.key_schema(table)
        if schema is None:
            return
        reader = KeyReader(table, schema)
        request = ScanRequest(table, 0, 1, ScanOptions(consistent=True))
        after = b""
        while True:
            body = request.after(after)
            page = ask(self._dynamodb, "Scan", body, lambda came: read_page(came.body, table), table)
            keys = [reader.key_json(bytes(item)) for item in page.Items]
            yield [(reader.digest(key), key, True) for key in keys]
            after = bytes(page.LastEvaluatedKey)
            if not after:
                return

    def _listed(self) -> List[str]:
        self._names = api.list_tables(self._dynamodb)
        return self._names

    def _absent(self, name: str) -> Optional[KeySchema]:
        if same_name(name, self._listed()) is not None or self._missing == "skip":
            return None  # PostgreSQL may have folded or truncated the name: the layout finds the right one
        if self._missing == "create" and self._polardb is not None:
            return self._create(name, self._polardb)
        raise TerminalError(f"table {name}: {absent_problem()}.")

    def _create(self, name: str, polardb: Caller) -> KeySchema:
        described = api.describe_table(polardb, name)
        if described is None:
            raise TerminalError(
                f"table {name}: does not exist in DynamoDB, and cannot be created: polardb.endpoint "
                f"does not know it."
            )
        log.warning("table %s: does not exist in DynamoDB; creating it", name)
        for warning in ensure_target(described, None, self._dynamodb, TableOptions(ttl=False, billing=False)):
            log.warning("table %s: %s", name, warning)
        return described.key_schema


def absent_problem() -> str:
    """Why a table that is missing in DynamoDB stops the job, without its name."""
    return (
        "does not exist in DynamoDB. Set reverse.missingTable to create, which creates it as PolarDB's "
        "endpoint describes it, or to skip; or exclude it with filter.blackTableSet"
    )
