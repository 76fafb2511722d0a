"""A pipeline over BatchWriteItem, and a service that answers each table in its own way."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Callable, Dict, List, Optional, Tuple

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.in_flight import Answer
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.model.pipeline import Landed, WriteRequest
from tests.fakes.clock import FakeClock
from tests.fakes.deadletters import FakeDeadLetters
from tests.unit.connectors.dynamodb.write.test_writer import put

DONE = Response(b'{"UnprocessedItems":{}}', 0.0)
Key = Tuple[str, str]
"""Table, id."""
Rule = Callable[[List[Key]], Optional[Exception]]


def cut() -> TransientError:
    return TransientError("connection reset")


class Service:
    """In place of the flights: answers each request when it is asked for one, in the order of sending.

    `faults`: by table, what a request with a write of that table gets; `rule` decides by the keys. `sheds`:
    tables whose writes are left over in UnprocessedItems.
    """

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.faults: Dict[str, Callable[[], Exception]] = {}
        self.sheds: List[str] = []
        self.rule: Rule = lambda keys: None
        self.requests: List[List[Key]] = []
        self.written: Counter[Key] = Counter()
        self.connects = True
        self._flying: List[Tuple[Any, List[Tuple[Key, Any]]]] = []

    def __len__(self) -> int:
        return len(self._flying)

    def send(self, tag: Any, body: bytes) -> bool:
        tables = json.loads(body)["RequestItems"].items()
        entries = [((table, _id(entry)), (table, entry)) for table, listed in tables for entry in listed]
        self.requests.append([key for key, _ in entries])
        self._flying.append((tag, entries))
        return self.connects

    def next_response(self, timeout: Optional[float]) -> Optional[Tuple[Any, Answer]]:
        if not self._flying:
            self.clock.sleep(timeout or 0.0)
            return None
        tag, entries = self._flying.pop(0)
        return tag, self._answer(entries)

    def _answer(self, entries: List[Tuple[Key, Any]]) -> Answer:
        keys = [key for key, _ in entries]
        if not self.connects:
            return cut()
        for table in {table for table, _ in keys} & self.faults.keys():
            fault: Any = self.faults[table]()
            return fault
        refused: Any = self.rule(keys)
        if refused is not None:
            return refused
        left: Dict[str, List[Any]] = {}
        for key, (table, entry) in entries:
            if table in self.sheds:
                left.setdefault(table, []).append(entry)
            else:
                self.written[key] += 1
        return Response(json.dumps({"UnprocessedItems": left}).encode(), 0.0) if left else DONE

    def discard(self) -> None:
        self._flying.clear()


def _id(entry: Any) -> str:
    image = entry["PutRequest"]["Item"] if "PutRequest" in entry else entry["DeleteRequest"]["Key"]
    return str(*image["id"].values())


class Rig:
    def __init__(self, deadline: float = 30.0, **options: Any) -> None:
        self.clock = FakeClock()
        self.service, self.dead = Service(self.clock), FakeDeadLetters()
        timing = self.clock.timing()
        self.pipeline = BatchPipeline(self.service, self.dead, Policy(deadline), timing=timing, **options)
        self.found: List[Landed] = []

    def send(self, *keys: Key, copies: bool = False) -> WriteRequest:
        writes = tuple(put(int(number), "v", table) for table, number in keys)
        request = WriteRequest.of(writes)
        if copies:
            request = WriteRequest(writes[0].table, [write.body for write in writes], "segment 0", object())
        self.pipeline.send(request)
        return request

    def run(self, seconds: float, then: Callable[[], object] = lambda: None) -> None:
        """Take what lands for some time; `then` is called every half second."""
        until, at = self.clock.now + seconds, self.clock.now
        while self.clock.now < until:
            if self.clock.now >= at:
                at += 0.5
                then()
            self.clock.now += 0.01
            self.found += self.pipeline.landed(0.02)

    @property
    def landed(self) -> List[Key]:
        return sorted(
            (w.table, str(json.loads(w.body)["id"]["N"])) for each in self.found for w in each.writes
        )

    def outstanding(self, table: str) -> int:
        return self.pipeline._windows.of(table).outstanding


class Others:
    """Sends another write of a table each time."""

    def __init__(self, rig: Rig, table: str) -> None:
        self._rig, self._table, self.number = rig, table, 1000

    def __call__(self) -> None:
        self.number += 1
        self._rig.send((self._table, str(self.number)))


def only(key: Key, fault: Callable[[], Exception]) -> Rule:
    return lambda keys: fault() if key in keys else None
