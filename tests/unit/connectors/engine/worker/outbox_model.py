"""An outbox, its pages and a target in memory, and what must hold after each step."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from connectors.engine.worker.outbox import Change, WorkerOutbox
from connectors.engine.worker.pages import Page
from connectors.model.digests import Entry
from connectors.model.pages import ReadPage
from connectors.model.pipeline import NEVER, WriteRequest
from connectors.model.writes import Write

MOST, MOST_COPIES = 3, 2


class FakeTarget:
    """The part of a WritePipeline that an outbox asks."""

    def __init__(self) -> None:
        self.flights: List[WriteRequest] = []
        self.waits: Dict[str, float] = {}
        self.alone: Set[str] = set()
        """Tables that do not share requests."""

    def wait_for(self, table: str, now: float) -> float:
        return self.waits.get(table, 0.0)

    def mixes(self, table: str) -> bool:
        return table not in self.alone

    def __len__(self) -> int:
        return len(self.flights)


Key = Tuple[str, int]


class Added(NamedTuple):
    page: Page
    feed: Tuple[str, int]
    changes: Dict[Key, int]
    """Key -> its last version in the page."""


class Model:
    """Keys are numbers; a version is a number that grows. The feed of a key is `key % 2`."""

    def __init__(self) -> None:
        self.outbox, self.target, self.now = WorkerOutbox(MOST, MOST_COPIES), FakeTarget(), 0.0
        self.version = 0
        self.pages: List[Added] = []
        self.newest: Dict[Key, int] = {}
        """The last version that was added and not dropped."""
        self.sent: Dict[Key, int] = {}
        self.landed: Dict[Key, int] = {}
        self.copies: List[bytes] = []
        self.sent_copies: List[bytes] = []
        self.landed_copies: Set[bytes] = set()

    def add_changes(self, table: str, feed: int, keys: List[int]) -> None:
        changes: List[Entry] = []
        last: Dict[Key, int] = {}
        for key in (2 * key + feed for key in keys):
            self.version += 1
            changes.append((b"%d" % key, b"%d" % self.version, self.version % 3 == 0))
            last[table, key] = self.version
        page = Page((table, feed), ReadPage(b"", 10, changes=changes, origin="a shard"))
        self.outbox.add(table, page)
        self.pages.append(Added(page, (table, feed), last))
        self.newest.update(last)

    def add_copies(self, table: str, count: int) -> None:
        bodies = [b"%s %d" % (table.encode(), self.version + number) for number in range(count)]
        self.version += count
        page = Page((table, -1), ReadPage(b"", 200, bodies=bodies, origin="a segment"))
        self.outbox.add(table, page)
        self.pages.append(Added(page, (table, -1), {}))
        self.copies += bodies

    def send(self) -> Optional[WriteRequest]:
        request, wait = self.outbox.next(self.target, self.now)  # type: ignore[arg-type]
        if request is None:
            assert wait > 0
            return None
        assert 1 <= len(request) <= (MOST_COPIES if request.owner else MOST)
        if request.owner is not None:
            assert not self.target.waits.get(request.table)
            self.sent_copies += request.bodies
        else:
            self._sent(request.writes)
        self.target.flights.append(request)
        return request

    def _sent(self, writes: Tuple[Write, ...]) -> None:
        flying = {
            self.key(write) for request in self.target.flights for write in request.writes if write.change
        }
        tables = {write.table for write in writes}
        assert len(tables) == 1 or not tables & self.target.alone
        for write in writes:
            assert not self.target.waits.get(write.table)
            key, version = self.key(write), int(write.body)
            assert key not in flying, "two changes of a key in flight"
            assert version > self.sent.get(key, 0), "a change went back"
            flying.add(key)
            self.sent[key] = version

    def land(self, number: int, count: int) -> None:
        """Some writes of a request in flight become durable."""
        if not self.target.flights:
            return
        request = self.target.flights.pop(number % len(self.target.flights))
        if request.owner is not None:
            request.owner.left -= 1
            self.landed_copies.update(request.bodies)
            return
        landed, left = request.writes[: count + 1], request.writes[count + 1 :]
        for page in self.outbox.landed(landed):
            assert page.left >= 0
        for write in landed:
            self.landed[self.key(write)] = int(write.body)
        if left:
            self.target.flights.append(WriteRequest.of(left))

    def drop(self, table: str, feed: int) -> None:
        gone = [each for each in self.pages if each.feed == (table, feed)]
        pages = {id(each.page) for each in gone}
        self.outbox.drop(table, lambda page: id(page) in pages)
        if feed == -1:
            dropped = {body for each in gone for body in each.page.page.bodies}
            self.copies = [body for body in self.copies if body not in dropped or body in self.sent_copies]
        for each in gone:
            for key in each.changes:
                self.newest[key] = self.sent.get(key, 0)
        self.pages = [each for each in self.pages if id(each.page) not in pages]

    def check(self) -> None:
        for page in self.pages:
            bodies = page.page.page.bodies
            done = all(self.landed.get(key, 0) >= version for key, version in page.changes.items())
            done = done and self.landed_copies.issuperset(bodies)
            assert (page.page.left == 0) == done, "a page is done when its changes or later ones have landed"

    def finish(self) -> None:
        self.target.waits, self.target.alone = {}, set()
        while True:
            while self.send() is not None:
                pass
            if not self.target.flights:
                break
            self.land(0, MOST)
            self.check()
        assert {key: version for key, version in self.newest.items() if version} == self.landed
        assert sorted(self.copies) == sorted(self.sent_copies)
        assert all(page.page.left == 0 for page in self.pages)
        assert self.outbox.next(self.target, self.now) == (None, NEVER)  # type: ignore[arg-type]

    @staticmethod
    def key(write: Write) -> Key:
        assert isinstance(write, Change)
        return write.table, int(write.digest)
