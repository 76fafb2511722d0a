"""The DynamoDB tables that changes are written to."""

from __future__ import annotations

import logging
import time
from typing import Callable, Collection, Dict, Iterator, List, Optional

from connectors.base.errors import TerminalError
from connectors.dynamodb.answers import ask
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.scan.request import ScanOptions, ScanRequest, read_page
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.ensure import TableOptions, ensure_target
from connectors.model.digests import Entry
from connectors.model.keys import KeyReader, KeySchema
from connectors.postgres.layout.layout import Tables

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""The list of tables is read again after this time: a table may be created meanwhile."""


class DynamoTables(Tables):
    """Also lists the deletes that empty a table. Each table is described once."""

    def __init__(
        self,
        dynamodb: Caller,
        missing: str,
        polardb: Optional[Caller] = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`missing`: fail, create or skip. `polardb`: the endpoint that describes the tables to create; only
        for create."""
        self._dynamodb, self._missing, self._polardb = dynamodb, missing, polardb
        self._known: Dict[str, Optional[KeySchema]] = {}
        self._clock = clock
        self._readers: Dict[str, KeyReader] = {}
        self._names: List[str] = []
        self._listed_at = float("-inf")

    def names(self) -> Collection[str]:
        if self._clock() - self._listed_at > FRESH_SECONDS:
            self._names, self._listed_at = api.list_tables(self._dynamodb), self._clock()
        return self._names

    def key_schema(self, name: str) -> Optional[KeySchema]:
        """Raises TerminalError for a missing table, if `missing` is fail."""
        if name not in self._known:
            table = api.describe_table(self._dynamodb, name)
            self._known[name] = table.key_schema if table else self._absent(name)
        return self._known[name]

    def key_of(self, table: str, item: bytes) -> bytes:
        """The key of an item, as DynamoDB JSON. The table exists."""
        reader = self._readers.get(table)
        if reader is None:
            schema = self.key_schema(table)
            assert schema is not None
            reader = self._readers[table] = KeyReader(table, schema)
        return reader.key_json(item)

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

    def _absent(self, name: str) -> Optional[KeySchema]:
        if self._missing == "skip":
            return None
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
