"""The changes to be written, in order per key. Pure; used by one thread.

1. At most one change per key is in flight at a time. The key's next change waits for it.
2. Changes of a key that have not been sent are folded: the last one replaces the first, in its place.
3. Different keys do not wait for each other.
4. Tables take turns. A table that may not be written now does not delay the others.
5. A change that was replaced counts as durable when the change that replaced it is durable.
"""

from __future__ import annotations

from collections import deque
from typing import Callable, Deque, Dict, List, Set

from connectors.dynamodb.write.pack import MAX_BYTES, MAX_WRITES
from connectors.postgres.replication.confirmed import Ledger, Session
from connectors.reverse.batch import OVERHEAD, ChangeBatch


class Item:
    """The newest unsent change of a key, or the change that is in flight."""

    __slots__ = ("batches", "body", "delete", "digest", "lsn", "table")

    def __init__(
        self, table: str, digest: bytes, body: bytes, delete: bool, lsn: int, batch: ChangeBatch
    ) -> None:
        self.table, self.digest, self.body = table, digest, body
        self.delete, self.lsn = delete, lsn
        self.batches = [batch]
        """The batches that cannot be finished before this change is durable."""


class _Keys:
    """The keys of one table."""

    __slots__ = ("behind", "flying", "queue", "waiting")

    def __init__(self) -> None:
        self.queue: Deque[Item] = deque()
        self.waiting: Dict[bytes, Item] = {}
        """The items in the queue, by digest."""
        self.flying: Set[bytes] = set()
        self.behind: Dict[bytes, Item] = {}
        """The items to be sent when the change of the same key that is in flight has been answered."""

    def queue_up(self, item: Item) -> None:
        self.waiting[item.digest] = item
        self.queue.append(item)

    def next(self) -> Item:
        item = self.queue.popleft()
        del self.waiting[item.digest]
        self.flying.add(item.digest)
        return item


class Outbox:
    def __init__(self) -> None:
        self._tables: Dict[str, _Keys] = {}
        self._ready: Dict[str, _Keys] = {}
        """Tables with something to send; the table whose turn it is comes first."""
        self._ledger: Ledger[ChangeBatch] = Ledger(Session(0))
        self.size = 0
        """Bytes of all changes that are not durable."""
        self.waiting = 0
        """Changes that may be sent now, after folding."""

    @property
    def session(self) -> Session:
        return self._ledger.session

    def begin(self, session: Session) -> None:
        """Start a session. Drop unsent changes: the server sends them again. A change that is in flight still
        blocks its key until it is answered."""
        self._ledger = Ledger(session)
        for keys in self._tables.values():
            for item in (*keys.queue, *keys.behind.values()):
                self.size -= _size(item)
            keys.queue.clear()
            keys.waiting.clear()
            keys.behind.clear()
        self._ready.clear()
        self.waiting = 0

    def add(self, batch: ChangeBatch) -> None:
        """Add the next batch of the session's stream."""
        for table, digest, body, delete, lsn in batch.changes:
            keys = self._tables.get(table)
            if keys is None:
                keys = self._tables[table] = _Keys()
            behind = digest in keys.flying
            item = (keys.behind if behind else keys.waiting).get(digest)
            if item is not None:
                self.size += len(body) - len(item.body)
                item.body, item.delete, item.lsn = body, delete, lsn
                if item.batches[-1] is not batch:
                    item.batches.append(batch)
                    batch.left += 1
                continue
            item = Item(table, digest, body, delete, lsn, batch)
            batch.left += 1
            self.size += _size(item)
            if behind:
                keys.behind[digest] = item
            else:
                self._queue_up(keys, item)
        batch.changes = []
        self._ledger.add(batch)
        self._ledger.settle()

    def take(self, may_write: Callable[[str], bool]) -> List[Item]:
        """Take the changes for one request, which are in flight from now on. Empty when there are none, or
        none of their tables may be written now. The table whose turn it was comes last next time."""
        taken: List[Item] = []
        room = MAX_BYTES
        for table in list(self._ready):
            if not may_write(table):
                continue
            keys = self._ready.pop(table)
            while keys.queue and len(taken) < MAX_WRITES:
                size = _size(keys.queue[0])
                if taken and size > room:
                    break
                room -= size
                taken.append(keys.next())
            if keys.queue:
                self._ready[table] = keys
            if len(taken) == MAX_WRITES or keys.queue:
                break
        self.waiting -= len(taken)
        return taken

    def landed(self, items: List[Item]) -> None:
        """Called when these are durable, or belong to an earlier session and are not to be sent again."""
        for item in items:
            keys = self._tables[item.table]
            keys.flying.discard(item.digest)
            self.size -= _size(item)
            for batch in item.batches:
                batch.left -= 1
            following = keys.behind.pop(item.digest, None)
            if following is not None:
                self._queue_up(keys, following)
        self._ledger.settle()

    def _queue_up(self, keys: _Keys, item: Item) -> None:
        if not keys.queue:
            self._ready[item.table] = keys
        keys.queue_up(item)
        self.waiting += 1


def _size(item: Item) -> int:
    return len(item.body) + OVERHEAD
