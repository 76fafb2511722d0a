"""Writes at PolarDB that the forward job did not make. Pure.

1. While the forward job follows its streams, each of its transactions is an echo: see
   connectors.reverse.echo. Any other transaction that changes a table of the migration is foreign.
2. Copied items and repairs of the check have no mark, and count as foreign, too: nothing is overlooked.
3. A slot contains everything that commits after its position. `counted` is the position up to which its
   transactions are in `tables`. A slot that is found beyond it has been moved by somebody else, or was
   created again. The watch then begins again. So it does when a publication gets another table: what was
   written to that table before is in no slot.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence

import msgspec

from connectors.base.text import plural, timestamp
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.layout.overrides import DOCUMENT
from connectors.postgres.pgoutput.lsn import epoch_seconds
from connectors.postgres.pgoutput.messages import (
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    Truncate,
    Update,
)
from connectors.postgres.replication.facts import Publication
from connectors.reverse.echo import MOST_COVERED

CLOCKS = 5.0
"""Seconds by which the clocks of PolarDB, of this machine and of the check may differ."""


class ForeignTable(msgspec.Struct, frozen=True):
    transactions: int
    first: float
    last: float
    """Times of their commits: epoch seconds, PolarDB's clock."""


class ForeignWrites(msgspec.Struct, frozen=True):
    """What has been found so far, as it is stored."""

    since: float
    """When the watch began: epoch seconds."""
    counted: Dict[str, int] = {}
    """Slot -> position."""
    tables: Dict[str, ForeignTable] = {}
    published: List[str] = []
    """What the publications send, see published_by."""


class ForeignVerdict(NamedTuple):
    watched: bool
    """The watch began before the time in question, and has read everything up to now."""
    found: List[str] = []
    """One text for each table that others have written to."""


def verdict(writes: Optional[ForeignWrites], since: float) -> ForeignVerdict:
    """Who has written since then: epoch seconds."""
    if writes is None:
        return ForeignVerdict(False)
    tables = [
        f"{name} ({plural(table.transactions, 'transaction')}, the last at {timestamp(table.last)})"
        for name, table in sorted(writes.tables.items())
        if table.last >= since - CLOCKS
    ]
    return ForeignVerdict(writes.since <= since - CLOCKS, tables)


def continued(
    writes: Optional[ForeignWrites], positions: Dict[str, int], published: List[str], now: float
) -> ForeignWrites:
    """The watch of these slots, which are at `positions`. It begins `now` if anything is unknown."""
    known = writes.counted if writes else {}
    unmoved = all(position <= known.get(slot, -1) for slot, position in positions.items())
    if writes and unmoved and writes.published == published:
        return writes
    return ForeignWrites(now, dict(positions), writes.tables if writes else {}, published)


def published_by(publications: Sequence[Publication]) -> List[str]:
    """The tables by name and membership; one word for a publication of all tables."""
    return sorted(
        f"{each.name} {'all tables' if each.all_tables else sorted(each.identity.members.items())}"
        for each in publications
    )


class WatchedRelations(NamedTuple):
    tables: Dict[int, str]
    """Oid -> DynamoDB table; empty if the relation is not part of the migration."""
    marks: FrozenSet[int]
    """Oids of the table of the marks."""


class TransactionCounter:
    """Judges the transactions of one slot, message by message."""

    def __init__(
        self,
        writes: ForeignWrites,
        slot: str,
        relations: WatchedRelations,
    ) -> None:
        self._slot, self._relations = slot, relations
        self._new: Dict[int, str] = {}
        self._counted, self._tables = writes.counted[slot], dict(writes.tables)
        self._changed: List[str] = []
        self._marked, self._other = 0, False

    def take(self, message: Message) -> None:
        if isinstance(message, Begin):
            self._changed, self._marked, self._other = [], 0, False
        elif isinstance(message, (Insert, Update, Delete)):
            self._change(message.relation, isinstance(message, Delete))
        elif isinstance(message, Truncate):
            self._changed += filter(None, map(self._table_of, message.relations))
            self._other = True
        elif isinstance(message, Relation) and message.id not in self._relations.tables:
            # It was created or dropped meanwhile.
            if DOCUMENT in [column.name for column in message.columns] and message.name != ORIGIN:
                self._new[message.id] = message.name
        elif isinstance(message, Commit):
            self._commit(message)

    def result(self, writes: ForeignWrites, reached: int = 0) -> ForeignWrites:
        """`reached`: everything that committed before this position has been taken."""
        counted = {**writes.counted, self._slot: max(self._counted, reached)}
        return msgspec.structs.replace(writes, counted=counted, tables=self._tables)

    def _change(self, oid: int, deleted: bool) -> None:
        if oid in self._relations.marks:
            self._marked += not deleted
            return
        table = self._table_of(oid)
        if table is not None:
            self._changed.append(table)

    def _table_of(self, oid: int) -> Optional[str]:
        return self._relations.tables.get(oid) or self._new.get(oid)

    def _commit(self, message: Commit) -> None:
        if message.end_lsn <= self._counted:  # counted before a crash
            return
        self._counted = message.end_lsn
        echo = self._marked == 1 and not self._other and len(self._changed) <= MOST_COVERED
        if not echo:
            at = epoch_seconds(message.timestamp)
            for table in set(self._changed):
                old = self._tables.get(table, ForeignTable(0, at, at))
                self._tables[table] = ForeignTable(old.transactions + 1, old.first, max(old.last, at))
