"""The two servers of the world: a PostgreSQL with one slot, and a DynamoDB that answers in any order."""

from __future__ import annotations

import json
import struct
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.write.attempt import Attempt
from connectors.dynamodb.write.in_flight import Answer
from connectors.engine.worker.outbox import Change
from connectors.model.origin import TABLE as ORIGIN
from connectors.model.writes import Write
from connectors.postgres.pgoutput.messages import Begin, Commit, Message
from tests.fakes.layout import relation
from tests.fakes.pgoutput import encode
from tests.fakes.wire import Feedback, data, keepalive

if TYPE_CHECKING:
    from tests.unit.connectors.reverse.world import World

Key = Tuple[str, str]
"""table, id"""
MARKS = relation(("id", "S"), name=ORIGIN, oid=9)
RELATIONS = {
    "plain": relation(("id", "S"), name="plain", oid=1),
    "swapped": relation(("id", "S"), name="swapped", oid=2, identity="f"),
    "echoed": relation(("id", "S"), name="echoed", oid=3),
    "past": relation(("id", "S"), name="past", oid=4),
}
NAMES = "abcdef"
POISON = "poison"


class Written(NamedTuple):
    """A change as the log has it."""

    lsn: int
    key: Key
    value: Optional[str]
    """None: deleted."""
    messages: Tuple[Message, ...] = ()
    """What the server sends for it; the changes of one message carry it once."""


class Transaction:
    def __init__(self) -> None:
        self.changes: List[Written] = []
        self.locked: Set[Key] = set()
        self.came: Set[Key] = set()
        """Where a row came to by a change of its key. In this model it does not leave again."""
        self.commit_lsn = self.end_lsn = 0


def document(key: str, value: str) -> bytes:
    return json.dumps({"id": {"S": key}, "v": {"S": value}}).encode()


class DynamoDb:
    """Also the flights to it. Requests are applied when they are answered, or when the job is killed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.items: Dict[Key, str] = {}
        self.versions: Dict[Key, Tuple[int, int]] = {}
        """(session, version) of the last write of a key."""
        self.flying: List[Tuple[Attempt, bytes]] = []

    def __len__(self) -> int:
        return len(self.flying)

    def send(self, tag: Attempt, body: bytes) -> bool:
        keys = [(write.table, write.digest) for write in writes_of(tag)]
        assert len(set(keys)) == len(keys) <= 25, "a request with a key twice, or too large"
        self.flying.append((tag, body))
        return True

    def next_response(self, timeout: Optional[float]) -> Optional[Tuple[Any, Answer]]:
        rng = self.world.rng
        if not self.flying or rng.random() < self.world.slowness:
            return None
        tag, _ = self.flying.pop(rng.randrange(len(self.flying)))
        return tag, self._answer(tag)

    def discard(self) -> None:
        """The job is killed: each request has come to DynamoDB or has not."""
        for tag, _ in self.flying:
            if self.world.rng.random() < 0.5 and not self._poisoned(tag):
                self._apply(writes_of(tag))
        self.flying.clear()

    def _answer(self, tag: Attempt) -> Answer:
        rng, writes = self.world.rng, writes_of(tag)
        if self._poisoned(tag):
            return ServiceError("ValidationException", "no", 400, "BatchWriteItem")
        if rng.random() >= self.world.faults:
            self._apply(writes)
            return Response(b'{"UnprocessedItems":{}}', 0.0)
        applied = [write for write in writes if rng.random() < 0.5]
        if rng.random() < 0.3:
            self._apply(applied)
            return TransientError("cut")
        if rng.random() < 0.5:
            return ServiceError("ThrottlingException", "slow down", 400, "BatchWriteItem")
        self._apply(applied)
        return Response(_left([write for write in writes if write not in applied]), 0.0)

    def _poisoned(self, tag: Attempt) -> bool:
        return any(POISON.encode() in write.body for write in writes_of(tag))

    def _apply(self, writes: Sequence[Change]) -> None:
        for write in writes:
            session = self.world.sessions.index(write.pages[-1].session)
            body = json.loads(write.body)
            key = write.table, body["id"]["S"]
            assert write.table not in ("echoed", "past"), f"{write.table} was written"
            version = session, self.world.version_of(lsn_of(write), key)
            before = self.versions.get(key, (-1, -1))
            assert version >= before, f"{key} went back from {before} to {version}"
            self.versions[key] = version
            if write.delete:
                self.items.pop(key, None)
            else:
                self.items[key] = body["v"]["S"]


def writes_of(tag: Attempt) -> Tuple[Change, ...]:
    return tag.writes or ()  # type: ignore[return-value]


def lsn_of(write: Write) -> int:
    """A test's positions are below 2**32."""
    return int(write.provenance.rsplit("/", 1)[1], 16)


def _left(writes: List[Any]) -> bytes:
    tables: Dict[str, List[Any]] = {}
    for write in writes:
        body = json.loads(write.body)
        entry = {"DeleteRequest": {"Key": body}} if write.delete else {"PutRequest": {"Item": body}}
        tables.setdefault(write.table, []).append(entry)
    return json.dumps({"UnprocessedItems": tables}).encode()


class Server:
    """One connection to the slot, as a wire."""

    def __init__(self, world: World, start: int) -> None:
        self.world, self.cut = world, False
        self._position = max(world.slot, start)
        self._next = 0
        self._known: Set[str] = set()
        # The server reads from further back, and says so.
        behind = self._position - world.rng.randint(1, 500)
        self._ready: Deque[bytes] = deque([keepalive(max(1, behind))])
        self._in_commit: Deque[bytes] = deque()
        self._feedback: Deque[Feedback] = deque()

    def read(self) -> Optional[bytes]:
        if self.cut:
            raise TransientError("the connection is cut")
        if not self._ready:
            self._produce()
        if not self._ready or self.world.rng.random() < 0.1:
            return None
        return self._ready.popleft()

    def _produce(self) -> None:
        log = self.world.log
        while self._next < len(log) and log[self._next].commit_lsn < self._position:
            self._next += 1
        if self._next < len(log):
            self._ready.extend(self._sent(log[self._next]))
            self._next += 1

    def _sent(self, transaction: Transaction) -> List[bytes]:
        sent = [data(0, encode(Begin(transaction.commit_lsn, 0, 7)))]
        for change in transaction.changes:
            relation_ = MARKS if change.key[0] == ORIGIN else RELATIONS[change.key[0]]
            if relation_.name not in self._known:
                self._known.add(relation_.name)
                sent.append(data(0, encode(relation_)))
            sent += [data(change.lsn, encode(message)) for message in change.messages]
            if self.world.rng.random() < 0.2:
                sent.append(keepalive(transaction.end_lsn, self.world.rng.random() < 0.5))
        end = Commit(transaction.commit_lsn, transaction.end_lsn, 0)
        return [*sent, data(transaction.commit_lsn, encode(end))]

    def send(self, message: bytes) -> None:
        if self.cut:
            raise TransientError("the connection is cut")
        _, _, flushed, _, _, asks = struct.unpack(">cQQQqB", message)
        self._feedback.append(Feedback(flushed, bool(asks)))

    def hear(self) -> None:
        """The reports that have come as far as the server."""
        while self._feedback:
            confirmed, asks = self._feedback.popleft()
            if confirmed:
                assert confirmed >= self.world.slot, f"the slot would go back to {confirmed}"
                self.world.slot = confirmed
            if asks and not self._ready and self._next == len(self.world.log):
                self._ready.append(keepalive(self.world.lsn))

    def wait(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        self.cut = True
