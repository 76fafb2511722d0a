"""The reading thread's queries: the relations that exist now, and sample rows of them. Read only."""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, List, Optional, Sequence, Tuple, TypeVar

from psycopg2 import errors

from connectors.base.errors import TransientError
from connectors.postgres.layout.layout import Catalog
from connectors.postgres.layout.proof import Sample
from connectors.postgres.layout.relations import RelationFacts
from connectors.postgres.replication.connect import Address, connected
from connectors.postgres.replication.relation_query import read_relations
from connectors.postgres.sql import identifier

log = logging.getLogger(__name__)

T = TypeVar("T")
PAUSE_SECONDS = 1.0
FRESH_SECONDS = 5.0
"""Seconds, the same as between two polls of the database."""
SAMPLES = 20
"""Rows that are compared with their documents before the first change of a table."""


def read_sample(
    connection: Any, relation: RelationFacts, document: str, columns: Sequence[str]
) -> List[Sample]:
    """Rows with an item, in the text form of replication. None if the role may not read the table, or the
    table has changed meanwhile. Raises psycopg2.Error."""
    texts = ", ".join(f"{identifier(name)}::text" for name in (document, *columns))
    statement = (
        f"SELECT {texts} FROM {relation.quoted} WHERE {identifier(document)} IS NOT NULL LIMIT {SAMPLES}"
    )
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except (errors.InsufficientPrivilege, errors.UndefinedColumn, errors.UndefinedTable):
            return []
        rows = cursor.fetchall()
    return [
        Sample(item.encode(), {name: text.encode() for name, text in zip(columns, texts) if text is not None})
        for item, *texts in rows
    ]


class CatalogReader(Catalog):
    """Reads over separate connections, and waits for a server that does not answer. The relations are read
    again when they are older than FRESH_SECONDS, or lack the one in question."""

    def __init__(
        self,
        address: Address,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience`: seconds to wait."""
        self._address, self._patience, self._sleep, self._clock = address, patience, sleep, clock
        self._relations: Tuple[RelationFacts, ...] = ()
        self._read_at: Optional[float] = None

    def relations(self, oid: int) -> Sequence[RelationFacts]:
        """Raises TransientError and PreflightError."""
        old = self._read_at is None or self._clock() - self._read_at > FRESH_SECONDS
        if old or all(each.oid != oid and each.partition(oid) is None for each in self._relations):
            self._relations, self._read_at = self._patiently(self._look), self._clock()
        return self._relations

    def sample(self, relation: RelationFacts, document: str, columns: Sequence[str]) -> List[Sample]:
        """Raises TransientError and PreflightError."""
        return self._patiently(lambda: self._sample(relation, document, columns))

    def _look(self) -> Tuple[RelationFacts, ...]:
        opening = connected(self._address, "inspect", "reading the catalog")
        with opening as connection, connection.cursor() as cursor:
            return read_relations(cursor)

    def _sample(self, relation: RelationFacts, document: str, columns: Sequence[str]) -> List[Sample]:
        with connected(self._address, "inspect", f"reading rows of {relation.qualified}") as connection:
            return read_sample(connection, relation, document, columns)

    def _patiently(self, ask: Callable[[], T]) -> T:
        until = self._clock() + self._patience
        while True:
            try:
                return ask()
            except TransientError as error:
                if self._clock() > until:
                    raise
                log.warning("retrying: %s", error)
                self._sleep(PAUSE_SECONDS)
