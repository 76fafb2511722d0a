"""Records the keys of the changes that a slot sends, so that the last check of a rollback need not compare
everything. See connectors.model.key_record for what is stored.

1. The reading thread notes the keys of each change, whether it is written or not (an echo, for example).
2. The keys of a transaction count from its commit on, because a position is one between transactions.
3. A thread of its own stores what has been noted since the last time as a segment. Only then may the slot
   pass it: see connectors.postgres.replication.confirmed. So after a crash the slot sends again whatever is
   not recorded.
4. If a segment cannot be stored, the job goes on without it. The segments then have a hole, which the check
   notices: replication does not depend on the record.
"""

from __future__ import annotations

import logging
import threading
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

import msgspec

from connectors.base.errors import PolarshakeError
from connectors.model.digests import Entry
from connectors.model.key_record import (
    MOST_KEYS,
    TOO_MANY,
    KeySegment,
    LogPart,
    SegmentName,
    foldable,
    folded,
    sealed,
    segment_name,
    unsealed,
)
from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.confirmed import Session
from connectors.storage.contract import Storage, content

log = logging.getLogger(__name__)

RECORD_SECONDS = 1.0
"""Between two segments: the slot's position is late by up to this time."""
LARGE = 1000
"""Changes of one transaction that are kept as they are. Of more, only the keys are kept."""
TRUNCATED = "it was truncated"
MISSING = (
    "slot %s: the keys of the changes up to %s could not be recorded, so the last check of a rollback will "
    "compare all items: %s"
)


NewKey = Callable[[int, bytes], bytes]
"""The key of an item of a relation, as DynamoDB JSON."""
KeyOf = Callable[[str, bytes], bytes]
"""The key of an item of a table, as DynamoDB JSON."""
Told = List[Tuple[int, str, Sequence[Entry]]]
"""Changes, each with its relation and its table."""


class ChangeRecorder:
    """What the reading thread tells. This one records nothing."""

    def begin(self, session: Session, new_key: NewKey) -> None:
        """The changes of another connection follow. `new_key` is for the item that is being told."""

    def change(self, relation: int, table: str, entries: Sequence[Entry]) -> None:
        """A change of the current transaction. `table`: empty if the relation is skipped."""

    def truncate(self, tables: Sequence[str], relations: Sequence[int]) -> None:
        """The current transaction truncates these. `relations`: their oids, also of skipped ones."""

    def reach(self, lsn: int) -> None:
        """Everything that committed before `lsn` has been told, and nothing else."""

    def flush(self) -> None:
        """What has been told may be stored. Called once for many transactions, because a lock costs time."""


class KeyNotes:
    """Keys by table and digest, and what is not known."""

    def __init__(self) -> None:
        self.keys: Dict[str, Dict[bytes, bytes]] = {}
        self.unknown: Dict[str, str] = {}
        self.skipped: Set[int] = set()
        self.fed: Dict[int, str] = {}
        """Relation -> table."""
        self._count = 0

    def take(self, told: Told, key_of: KeyOf) -> None:
        """Add the keys of these changes. A key is read from its item only once."""
        for relation, table, entries in told:
            if relation not in self.fed:
                self.fed[relation] = table
            keys = self.keys.get(table)
            if keys is None:
                keys = self.keys[table] = {}
            for digest, body, delete in entries:
                if digest not in keys:
                    keys[digest] = body if delete else key_of(table, body)
                    self._count += 1
        if self._count > MOST_KEYS:
            self._give_up()

    def merge(self, later: KeyNotes) -> None:
        self.unknown.update(later.unknown)
        self.skipped |= later.skipped
        self.fed.update(later.fed)
        for table, keys in later.keys.items():
            mine = self.keys.setdefault(table, {})
            before = len(mine)
            mine.update(keys)
            self._count += len(mine) - before
        if self._count > MOST_KEYS:
            self._give_up()

    def _give_up(self) -> None:
        self.unknown.update(dict.fromkeys(self.keys, TOO_MANY))
        self.keys, self._count = {}, 0

    def __bool__(self) -> bool:
        return bool(self.keys or self.unknown or self.skipped)

    def segment(self, name: SegmentName) -> KeySegment:
        keys = {
            table: [msgspec.Raw(key) for key in those.values()]
            for table, those in self.keys.items()
            if table not in self.unknown
        }
        fed: Dict[str, List[int]] = {}
        for relation, table in sorted(self.fed.items()):
            fed.setdefault(table, []).append(relation)
        return KeySegment(name.text, keys, dict(self.unknown), sorted(self.skipped), fed)


class _Noted:
    """What has been told of one session and is not stored yet."""

    def __init__(self, session: Session, first: int) -> None:
        self.session, self.first, self.through = session, first, first
        self.notes = KeyNotes()


class KeyRecorder(ChangeRecorder):
    """The reading thread calls the methods of ChangeRecorder; `turn` runs in a thread of its own."""

    def __init__(
        self,
        slot: str,
        publication: str,
        storage: Storage,
        key_of: KeyOf,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._slot, self._publication, self._storage = slot, publication, storage
        self._key_of, self._failed = key_of, failed
        self._new_key: NewKey = lambda relation, item: b""
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._told: Told = []
        """Changes since the last flush; the first `_committed` ones are of transactions that have ended."""
        self._committed = self._reached = 0
        self._transaction, self._partial = KeyNotes(), False
        """Of the current transaction: the keys before those, and what is not known. Whether there is any."""
        self._noted = _Noted(Session(0), 0)
        self._stored: Optional[List[SegmentName]] = None
        """The known segments of this part of the log."""
        self.thread = threading.Thread(target=self._run, name="recording", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def close(self, seconds: float) -> None:
        """Store what has been told, and end. Wait for that at most `seconds`."""
        self._stopped.set()
        if self.thread.is_alive():
            self.thread.join(seconds)

    def begin(self, session: Session, new_key: NewKey) -> None:
        self._new_key = new_key
        # What was told of the last session and is not stored is not confirmed, so it is sent again.
        session.recorded = session.floor
        self._told, self._committed, self._reached = [], 0, session.floor
        self._transaction, self._partial = KeyNotes(), False
        with self._lock:
            self._noted = _Noted(session, session.floor)

    def change(self, relation: int, table: str, entries: Sequence[Entry]) -> None:
        if table:
            if len(entries) == 1:
                digest, body, delete = entries[0]
                # Only now the item's key need not be read again.
                if not delete and digest not in self._noted.notes.keys.get(table, ()):
                    entries = ((digest, self._new_key(relation, body), True),)
            self._told.append((relation, table, entries))
        else:
            self._transaction.skipped.add(relation)
            self._partial = True

    def truncate(self, tables: Sequence[str], relations: Sequence[int]) -> None:
        self._transaction.unknown.update(dict.fromkeys(tables, TRUNCATED))
        self._transaction.skipped.update(relations)
        self._partial = True

    def reach(self, lsn: int) -> None:
        self._committed = len(self._told)
        if lsn > self._reached:
            self._reached = lsn
        if self._partial:
            self._flush_transaction()

    def flush(self) -> None:
        with self._lock:
            self._note()
        if len(self._told) >= LARGE:
            self._transaction.take(self._told, self._key_of)
            self._told, self._partial = [], True

    def _flush_transaction(self) -> None:
        """The current transaction has ended, and has more than a few changes."""
        with self._lock:  # once: a segment has all keys of a transaction, or none
            self._noted.notes.merge(self._transaction)
            self._note()
        self._transaction, self._partial = KeyNotes(), False

    def _note(self) -> None:
        if self._committed:
            ended, self._told = self._told[: self._committed], self._told[self._committed :]
            self._noted.notes.take(ended, self._key_of)
            self._committed = 0
        self._noted.through = max(self._noted.through, self._reached)

    def turn(self) -> None:
        """Store what has been told since the last turn."""
        with self._lock:
            noted = self._noted
            if noted.through <= noted.first:
                return
            self._noted = _Noted(noted.session, noted.through)
        name = SegmentName(self._part(noted.session), 0, noted.first, noted.through)
        try:
            self._storage.write(name.text, [sealed(noted.notes.segment(name))])
        except PolarshakeError as error:
            log.warning(MISSING, self._slot, lsn_text(noted.through), error)
        noted.session.recorded = noted.through
        try:
            self._fold(name)
        except PolarshakeError as error:
            log.warning("slot %s: the record of the changes could not be folded: %s", self._slot, error)

    def _part(self, session: Session) -> LogPart:
        return LogPart(self._slot, session.server, self._publication)

    def _fold(self, new: SegmentName) -> None:
        """Replace segments by one, where there are many. Folding changes nothing that is known."""
        if self._stored is None or any(name.part != new.part for name in self._stored):
            names = map(segment_name, self._storage.names(f"{self._slot}."))
            self._stored = [name for name in names if name and name.part == new.part and name != new]
        self._stored.append(new)
        for level in range(new.level, 1 + max(name.level for name in self._stored)):
            parts = foldable([name for name in self._stored if name.level == level])
            if parts:
                self._replace(parts)

    def _replace(self, parts: List[SegmentName]) -> None:
        segments = [unsealed(content(self._storage, part.text), part) for part in parts]
        assert self._stored is not None
        self._stored = [name for name in self._stored if name not in parts]
        if None in segments:
            return  # the check will say so
        longer = folded([segment for segment in segments if segment], parts)
        self._storage.write(longer.name, [sealed(longer)])
        name = segment_name(longer.name)
        assert name is not None
        self._stored.append(name)
        for part in parts:
            self._storage.delete(part.text)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(RECORD_SECONDS):
                self.turn()
            self.turn()
        except BaseException as error:  # passed to the reader's step, which raises it
            self._failed(error)
