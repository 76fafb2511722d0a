"""What is to be written, in order per key. Pure; used by one thread.

1. At most one change of a key is in flight. The key's next change waits for it.
2. Changes of a key that have not been sent are folded: the last one replaces the first, in its place.
3. Different keys do not wait for each other.
4. Tables take turns. A table that may not be written now does not delay the others.
5. A change that was replaced counts as durable when the change that replaced it is durable.
6. Copied items need no order: a scan shows each key once.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, Iterable, List, Optional, Protocol, Sequence, Set, Tuple, cast

from connectors.engine.worker.feed import Feed
from connectors.engine.worker.pages import Page
from connectors.model.pipeline import NEVER, Landed, WritePipeline, WriteRequest
from connectors.model.writes import Write

GATHER_SECONDS = 0.02
"""While requests are in flight, a request of changes that is not full waits at most this long for more."""
MAX_BYTES = 12_000_000
"""A request's bodies. DynamoDB accepts 16 MB, which it counts differently; 25 items of 400 KB fit."""
OVERHEAD = 64


OutboxEntry = Tuple[bytes, bytes, bool, str]
"""digest, body, is a delete, origin"""


class Owner(Protocol):
    """A page, or another part of a source, whose position waits for its changes."""

    left: int
    """Changes that are not durable."""


class Change(Write):
    """A change of one key: the newest that has not been sent, or the one in flight."""

    digest: bytes
    pages: List[Any]
    """The pages that are not done before this change is durable."""


class _Gathering:
    """A request of changes that is not full and waits for more of them."""

    def __init__(self) -> None:
        self.until = 0.0
        """0: there is no such request."""

    def wait(self, ends: bool, now: float) -> float:
        """Seconds; 0: the request is sent now. `ends`: it waits for no more changes."""
        if not ends:
            self.until = self.until or now + GATHER_SECONDS
            if now < self.until:
                return self.until - now
        self.until = 0.0
        return 0.0


class _Table:
    __slots__ = ("behind", "copies", "flying", "gathering", "queue", "waiting")

    def __init__(self) -> None:
        self.gathering = _Gathering()
        """Used while the table does not share requests."""
        self.copies: Deque[WriteRequest] = deque()
        self.queue: Deque[bytes] = deque()
        """Digests of the keys to send, in order."""
        self.waiting: Dict[bytes, Change] = {}
        """Their newest changes."""
        self.flying: Set[bytes] = set()
        self.behind: Dict[bytes, Change] = {}
        """Changes to be sent after the change of the same key that is in flight."""

    def put(self, table: str, changes: Iterable[OutboxEntry], page: Owner) -> None:
        """Of each key, keep the last change."""
        flying, waiting, behind, queue = self.flying, self.waiting, self.behind, self.queue
        for digest, body, delete, origin in changes:
            change = Change(table, body, delete, origin, True)
            change.digest = digest
            place = behind if digest in flying else waiting
            before = place.get(digest)
            if before is None:
                change.pages = [page]
                page.left += 1
                if place is waiting:
                    queue.append(digest)
            else:
                change.pages = before.pages
                if before.pages[-1] is not page:
                    change.pages.append(page)
                    page.left += 1
            place[digest] = change


class WorkerOutbox:
    def __init__(self, most: int, most_copies: int) -> None:
        """The most changes, and the most copied items, of a request."""
        self._most, self._most_copies = most, most_copies
        self._tables: Dict[str, _Table] = {}
        self._ready: Dict[str, _Table] = {}
        """Tables with something to send; the table whose turn it is comes first."""
        self._shared = _Gathering()

    def add(self, table: str, page: Page) -> None:
        """Add the next page of a split. Sets `left` of the page."""
        read = page.page
        if not read.bodies and not read.changes:
            return
        known = self._known(table)
        if read.bodies:
            self._copy(known, table, page)
        if read.changes:
            origin = read.origin
            self.change(table, ((*entry, origin) for entry in read.changes), page)
        elif known.copies:
            self._ready.setdefault(table, known)

    def change(self, table: str, changes: Iterable[OutboxEntry], page: Owner) -> None:
        """Add changes of a page, which may hold those of several tables. Adds to `left` of the page."""
        known = self._known(table)
        known.put(table, changes, page)
        if known.copies or known.queue:
            self._ready.setdefault(table, known)

    def _known(self, table: str) -> _Table:
        known = self._tables.get(table)
        if known is None:
            known = self._tables[table] = _Table()
        return known

    def _copy(self, known: _Table, table: str, page: Page) -> None:
        read = page.page
        for bodies in chunks(read.bodies, self._most_copies, read.size):
            known.copies.append(WriteRequest(table, bodies, read.origin, page, read.deletes))
            page.left += 1

    def clear(self) -> None:
        """Forget all that has not been sent. What is in flight still blocks its key."""
        for table in self._tables:
            self.drop(table, lambda page: True)

    def drop(self, table: str, dropped: Callable[[Any], bool]) -> None:
        """Forget what has not been sent of these pages. What is in flight still blocks its key."""
        known = self._tables.get(table)
        if known is None:
            return
        for request in known.copies:
            request.owner.left -= dropped(request.owner)
        known.copies = deque(request for request in known.copies if not dropped(request.owner))
        for place in (known.waiting, known.behind):
            for digest, change in list(place.items()):
                for page in change.pages:
                    page.left -= dropped(page)
                change.pages = [page for page in change.pages if not dropped(page)]
                if not change.pages:
                    del place[digest]
        known.queue = deque(digest for digest in known.queue if digest in known.waiting)
        if not known.copies and not known.queue:
            self._ready.pop(table, None)

    def next(self, pipeline: WritePipeline, now: float) -> Tuple[Optional[WriteRequest], float]:
        """The request to send now, or None and the seconds until there may be one (NEVER: not before
        something is added or has landed)."""
        soonest, gathers = NEVER, False
        for table in list(self._ready):
            known, wait = self._ready[table], pipeline.wait_for(table, now)
            if not wait and known.copies:
                request = known.copies.popleft()
                self._to_the_back(table, known)
                return request, 0.0
            mixes = pipeline.mixes(table)
            if not wait and not (gathers and mixes):
                taken, wait = self._gathered(table, pipeline, now)
                if taken:
                    return WriteRequest.of(tuple(taken)), 0.0
                gathers = gathers or mixes  # the other tables that mix wait in the same request
            if wait:
                soonest = min(soonest, wait)
        return None, soonest

    def _gathered(self, table: str, pipeline: WritePipeline, now: float) -> Tuple[List[Change], float]:
        """Changes to send now, or the seconds to wait for more of them."""
        tables = self._sharing(table, pipeline, now)
        full = sum(len(self._ready[table].queue) for table in tables) >= self._most
        gathering = self._shared if pipeline.mixes(table) else self._ready[table].gathering
        wait = gathering.wait(full or not len(pipeline), now)
        return ([], wait) if wait else (self._take(tables), 0.0)

    def _sharing(self, first: str, pipeline: WritePipeline, now: float) -> List[str]:
        """The tables with changes for one request; no more than can fill it."""
        tables, changes = [first], len(self._ready[first].queue)
        if not pipeline.mixes(first):
            return tables
        for table, known in self._ready.items():
            if changes >= self._most:
                break
            if known.queue and table != first and pipeline.mixes(table) and not pipeline.wait_for(table, now):
                tables.append(table)
                changes += len(known.queue)
        return tables

    def _take(self, tables: Sequence[str]) -> List[Change]:
        taken: List[Change] = []
        room = MAX_BYTES
        for table in tables:
            known = self._ready[table]
            before = len(taken)
            room = self._take_of(known, taken, room)
            if len(taken) > before:
                self._to_the_back(table, known)
            if len(taken) == self._most or room <= 0:
                break
        return taken

    def _take_of(self, known: _Table, taken: List[Change], room: int) -> int:
        queue, waiting, flying = known.queue, known.waiting, known.flying
        while queue and len(taken) < self._most:
            change = waiting[queue[0]]
            size = len(change.body) + OVERHEAD
            if taken and size > room:
                return 0
            room -= size
            del waiting[queue.popleft()]
            flying.add(change.digest)
            taken.append(change)
        return room

    def landed(self, writes: Sequence[Write]) -> List[Any]:
        """These changes are durable, or were dropped by the target. Returns their pages, some of them more
        than once, with `left` reduced."""
        pages: List[Any] = []
        tables = self._tables
        for change in cast("Sequence[Change]", writes):
            known, digest = tables[change.table], change.digest
            known.flying.discard(digest)
            if digest in known.behind:
                known.waiting[digest] = known.behind.pop(digest)
                known.queue.append(digest)
                self._ready.setdefault(change.table, known)
            for page in change.pages:
                page.left -= 1
            pages += change.pages
        return pages

    def _to_the_back(self, table: str, known: _Table) -> None:
        self._ready.pop(table, None)
        if known.copies or known.queue:
            self._ready[table] = known


def feeds_of(landed: Landed) -> List[Feed]:
    """The feeds that have read these writes."""
    owner: Optional[Page] = landed.request.owner
    if owner is not None:
        return [owner.feed]
    feeds: Dict[Feed, None] = {}
    for change in landed.writes:
        assert isinstance(change, Change)
        feeds.update((page.feed, None) for page in change.pages)
    return list(feeds)


def chunks(bodies: Sequence[bytes], most: int, size: int) -> List[Sequence[bytes]]:
    """The bodies in requests of up to `most` and MAX_BYTES. `size`: at least the sum of their bytes."""
    if size <= MAX_BYTES or not bodies:
        return [bodies[at : at + most] for at in range(0, len(bodies), most)]
    lists: List[Sequence[bytes]] = []
    start = held = 0
    for at, body in enumerate(bodies):
        weight = len(body) + OVERHEAD
        if at > start and (at - start == most or held + weight > MAX_BYTES):
            lists.append(bodies[start:at])
            start, held = at, 0
        held += weight
    return [*lists, bodies[start:]]
