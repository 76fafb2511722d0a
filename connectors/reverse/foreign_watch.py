"""Watches PolarDB for writes of others, through the slots of the reverse job before that job needs them.

The cut-over skips everything that the slots contain before the switch. So the watch may read it first: each
piece is counted and stored, then the slots are advanced past it, and PolarDB keeps no more log for them.
"""

from __future__ import annotations

import time
from typing import Callable, Dict, List, NamedTuple, Optional, Protocol, Tuple

from connectors.base.errors import TerminalError
from connectors.base.text import duration
from connectors.config.settings import Settings
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.tables.api import list_tables
from connectors.postgres.layout.assignment import assign
from connectors.postgres.layout.from_settings import assignment_rules
from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.replication.connect import address_of, connected
from connectors.postgres.replication.facts import read_database
from connectors.postgres.replication.peek import peek
from connectors.postgres.replication.problems import runtime_problems
from connectors.postgres.replication.slot import advance, end_of_log
from connectors.reverse.foreign import (
    ForeignWrites,
    TransactionCounter,
    WatchedRelations,
    continued,
    published_by,
)

PIECE = 50_000
"""Messages that are read before the slot is advanced."""
TELL_SECONDS = 3.0


class WritesFile(Protocol):
    """What has been found, stored durably. Both raise TerminalError or TransientError."""

    def load(self) -> Optional[ForeignWrites]:
        """None before the first look."""
        ...

    def save(self, writes: ForeignWrites) -> None: ...


class SlotsSeen(NamedTuple):
    positions: Dict[str, int]
    """Slot -> its own position."""
    published: List[str]
    relations: WatchedRelations


class ForeignWatch:
    def __init__(self, settings: Settings, file: WritesFile, clock: Callable[[], float] = time.time) -> None:
        """Raises ConfigError, or TerminalError without marks."""
        if settings.write.mark_origin == "none":
            raise TerminalError(
                "write.markOrigin is none: the writes of the forward job cannot be recognized"
            )
        self._settings, self._file, self._clock = settings, file, clock
        self._address = address_of(settings)

    def known(self) -> Optional[ForeignWrites]:
        """What is stored; None before the first look. Raises TerminalError or TransientError."""
        return self._file.load()

    def look(self, say: Callable[[str], None], seconds: float = float("inf")) -> Tuple[ForeignWrites, bool]:
        """Read what has committed so far, for at most `seconds`. Returns what was found up to there, and
        whether everything has been read. Raises PolarshakeError."""
        until = self._clock() + seconds
        known, seen = self.known(), self._seen()
        began = self._clock()  # what commits from now on is past those positions
        writes = continued(known, seen.positions, seen.published, began)
        end, told = end_of_log(self._address), began
        for slot, publication in self._settings.feeds:
            done = False
            while not done:
                if self._clock() >= until:
                    return writes, False
                if self._clock() - told >= TELL_SECONDS:
                    told = self._clock()
                    say(f"reading what PolarDB's log has kept, {duration(told - began)} so far")
                writes, done = self._piece(writes, slot, publication, end, seen)
        return writes, True

    def _piece(
        self, writes: ForeignWrites, slot: str, publication: str, end: int, seen: SlotsSeen
    ) -> Tuple[ForeignWrites, bool]:
        counter = TransactionCounter(writes, slot, seen.relations)
        decoder, read = Decoder(), 0
        for lsn, message in peek(self._address, slot, publication, end, PIECE):
            counter.take(decoder.decode(message, lsn))
            read += 1
        done = read < PIECE
        counted = counter.result(writes, end if done else 0)
        self._file.save(counted)
        if counted.counted[slot] > seen.positions[slot]:
            advance(self._address, slot, counted.counted[slot])
        return counted, done

    def _seen(self) -> SlotsSeen:
        settings = self._settings
        dynamodb = source_client(settings)
        try:
            names = list_tables(dynamodb)
        finally:
            dynamodb.close()
        slots: List[str] = [slot for slot, _ in settings.feeds]
        with connected(self._address, "watch", "reading the database") as connection:
            facts = read_database(connection, slots, [name for _, name in settings.feeds])
        assignment = assign(facts.relations, names, assignment_rules(settings))
        problems = runtime_problems(facts, settings.feeds, assignment)
        if problems:
            raise TerminalError(" ".join(problems))
        tables = {relation.oid: "" for relation in facts.relations}
        for each in assignment.wanted:
            tables[each.relation.oid] = each.table
            tables.update((partition.oid, each.table) for partition in each.relation.partitions)
        positions = {name: slot.confirmed_lsn or 0 for name, slot in facts.slots.items()}
        published = published_by(list(facts.publications.values()))
        return SlotsSeen(
            positions, published, WatchedRelations(tables, frozenset(mark.oid for mark in assignment.marks))
        )
