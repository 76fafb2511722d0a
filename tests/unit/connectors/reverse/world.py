"""A world for the model of the reverse job: a PostgreSQL with one slot, a DynamoDB that answers in any order
and fails at random, and the job's own parts between them, driven in turns from one seed, without a thread.

What the world holds against the parts after every action:

- the slot is never past a change that is neither in DynamoDB nor among the dead letters;
- within a session the values of a key only get newer, and nothing of an earlier session overtakes;
- a request holds no key twice, and not more than 25 writes;
- what the forward job wrote, and what `startPosition: now` passed over, is never written.
"""

from __future__ import annotations

import json
import random
from typing import Any, Dict, List, Optional, Tuple

from connectors.base.errors import TransientError
from connectors.base.timing import Timing
from connectors.dynamodb.retry import Policy
from connectors.dynamodb.write.pipeline import BatchPipeline
from connectors.model.dead_letters import DeadLetter
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.pgoutput.messages import Delete, Insert, Message, Relation, Row, Update
from connectors.postgres.replication.inbox import Inbox
from connectors.postgres.replication.stream import Opened, Stream
from connectors.reverse.reading import Reading
from connectors.reverse.writer import SlotWriter
from tests.fakes.clock import FakeClock
from tests.fakes.layout import FakeTables, layout_of, schema
from tests.unit.connectors.reverse.servers import (
    MARKS,
    NAMES,
    POISON,
    RELATIONS,
    DynamoDb,
    Key,
    Server,
    Transaction,
    Written,
    document,
    lsn_of,
)


class WorldKeys:
    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, relation: int) -> bool:
        return relation == 2

    def occupied(self, relation: Relation, row: Row) -> bool:
        key = row[0]
        assert isinstance(key, bytes)
        return (relation.name, key.decode()) in self._world.rows


class Job:
    """The parts of one attempt."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.dynamodb.flying = []
        tables = FakeTables({name: schema(("id", "S")) for name in RELATIONS})
        self.inbox = Inbox(1 << 30)
        timing = Timing(world.clock, world.clock.sleep, world.rng.random)
        pipeline = BatchPipeline(world.dynamodb, world, Policy(1e9), world.rng.randint(1, 6), timing=timing)
        self.writer = SlotWriter("slot", pipeline, 1 << 30, self._failed, timing)
        self.reading = Reading(
            "slot",
            self.inbox,
            self.writer,
            lambda: layout_of(tables),
            None,  # type: ignore[arg-type]  # nothing is truncated here
            WorldKeys(world),
            self._failed,
            world.clock,
        )
        self.stream = Stream(world.open, self.inbox, 1e9, world.clock)
        self.receiving = self._connect()

    def _connect(self) -> Any:
        receiving = self.stream._begin(self.world.open(0))
        self.world.sessions.append(self.stream.session)
        return receiving

    def turn(self) -> None:
        act = self.world.rng.choice((self._receive, self._receive, self.reading.turn, self.writer.turn))
        act()

    def _receive(self) -> None:
        try:
            self.receiving.turn()
        except TransientError:
            self.receiving = self._connect()

    @staticmethod
    def _failed(error: BaseException) -> None:
        raise error


class World:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.clock = FakeClock()
        self.slowness, self.faults = self.rng.random() * 0.9, self.rng.choice((0.0, 0.2, 0.6))
        self.poisons = self.rng.random() < 0.3
        self.lsn = 1000
        self.log: List[Transaction] = []
        self.open_transactions: List[Transaction] = []
        self.rows: Dict[Key, str] = {}
        self._versions: Dict[Tuple[int, Key], int] = {}
        self._count = 0
        self.letters: Dict[Key, int] = {}
        self.sessions: List[Any] = []
        self.dynamodb = DynamoDb(self)
        self.slot = self.saved_slot = self.lsn
        self.start = 0
        if self.rng.random() < 0.3:
            self._before_the_start()
        self.server: Optional[Server] = None
        self.job = Job(self)

    def _before_the_start(self) -> None:
        """What `startPosition: now` passes over."""
        for _ in range(3):
            transaction = Transaction()
            self._put(transaction, ("past", self.rng.choice(NAMES)))
            self._commit(transaction)
        self.start = self.lsn

    def open(self, highest: int) -> Opened:
        if self.saved_slot >= self.start:
            self.start = 0
        self.server = Server(self, self.start)
        return Opened(self.server, max(self.slot, self.start), 10.0)

    # The dead letters.

    def add(self, letters: List[DeadLetter]) -> None:
        for letter in letters:
            key = letter.write.table, json.loads(letter.write.body)["id"]["S"]
            version = self.version_of(lsn_of(letter.write), key)
            self.letters[key] = max(self.letters.get(key, -1), version)

    def close(self) -> None:
        pass

    # What happens.

    def act(self) -> None:
        kind = self.rng.random()
        self.clock.now += self.rng.random() * 0.1
        if kind < 0.25:
            self._application()
        elif kind < 0.27:
            self.lsn += self.rng.randint(1, 200)  # another database writes
        elif kind < 0.30 and self.server is not None:
            self.server.close()
        elif kind < 0.32:
            self.crash()
        elif kind < 0.33:
            self.saved_slot = self.slot
        elif kind < 0.335:
            self._server_crash()
        elif kind < 0.45 and self.server is not None:
            self.server.hear()
        else:
            self.job.turn()
        self.check()

    def crash(self) -> None:
        """The worker is killed. Whichever checkpoint is restored, nothing of it takes part from here on but
        the start, which the server has by now or not."""
        self.dynamodb.discard()
        if self.server is not None:
            self.server.close()
        self.job = Job(self)

    def settle(self) -> None:
        """Nothing is written any more, nothing fails any more."""
        for transaction in list(self.open_transactions):
            self.open_transactions.remove(transaction)
            self._commit(transaction)
        self.lsn += 1000
        self.slowness = self.faults = 0.0
        for _ in range(4000):
            self.clock.now += 0.1
            self.job.turn()
            assert self.server is not None
            self.server.hear()
            self.check()
            if self.slot >= self.lsn:
                break

    def check(self) -> None:
        for transaction in self.log:
            if transaction.end_lsn > self.slot:
                break
            for change in transaction.changes:
                self._check_durable(change)

    def _check_durable(self, change: Written) -> None:
        table, _ = change.key
        if table in ("echoed", "past", ORIGIN):
            return
        version = self.version_of(change.lsn, change.key)
        written = self.dynamodb.versions.get(change.key, (0, -1))[1]
        durable = max(written, self.letters.get(change.key, -1))
        assert durable >= version, f"the slot is at {self.slot} and {change} is not durable"

    def equal(self) -> bool:
        """Except for keys whose last change is a dead letter."""
        wanted = {k: v for k, v in self.rows.items() if k[0] in ("plain", "swapped") and POISON not in v}
        written = {k: v for k, v in self.dynamodb.items.items() if POISON not in self.rows.get(k, "")}
        return wanted == written

    def version_of(self, lsn: int, key: Key) -> int:
        """Of a delete that the log does not have, because a later transaction deletes the row of this key:
        the version of the change before it."""
        known = self._versions.get((lsn, key))
        if known is not None:
            return known
        return max(version for (at, of), version in self._versions.items() if of == key and at <= lsn)

    # The application.

    def _application(self) -> None:
        kind = self.rng.random()
        if kind < 0.1 and len(self.open_transactions) < 3:
            self.open_transactions.append(Transaction())
        elif kind < 0.25 and self.open_transactions:
            transaction = self.rng.choice(self.open_transactions)
            self.open_transactions.remove(transaction)
            self._commit(transaction)
        elif self.open_transactions and kind < 0.5:
            self._change(self.rng.choice(self.open_transactions))
        elif kind < 0.6:
            self._echo()
        else:
            transaction = Transaction()
            for _ in range(self.rng.choice((1, 1, 2, 5, 40))):
                self._change(transaction)
            if self.rng.random() < 0.3 and sum(len(each.messages) for each in transaction.changes) > 24:
                self._mark(transaction)  # hides nothing: the forward job never writes so much at once
            self._commit(transaction)

    def _change(self, transaction: Transaction) -> None:
        table = self.rng.choice(("plain", "swapped"))
        key = table, self.rng.choice(NAMES)
        kind = self.rng.random()
        if kind < 0.6:
            self._put(transaction, key)
        elif kind < 0.75:
            self._delete(transaction, key)
        elif kind < 0.9:
            self._move(transaction, key, (table, self.rng.choice(NAMES)))
        elif table == "swapped":
            self._swap(transaction, key, (table, self.rng.choice(NAMES)))

    def _now(self, transaction: Transaction, key: Key) -> Optional[str]:
        own = [change.value for change in transaction.changes if change.key == key]
        return own[-1] if own else self.rows.get(key)

    def _lock(self, transaction: Transaction, *keys: Key) -> bool:
        others = [each.locked for each in self.open_transactions if each is not transaction]
        if any(key in locked for locked in others for key in keys):
            return False
        transaction.locked.update(keys)
        return True

    def _put(self, transaction: Transaction, key: Key) -> None:
        if not self._lock(transaction, key):
            return
        before, value = self._now(transaction, key), self._value()
        oid, row = RELATIONS[key[0]].id, self._row(key[1], value)
        if before is None:
            message: Message = Insert(oid, row)
        elif RELATIONS[key[0]].identity == "f":
            message = Update(oid, row, old=self._row(key[1], before))
        else:
            message = Update(oid, row)
        self._write(transaction, message, (key, value))

    def _delete(self, transaction: Transaction, key: Key) -> None:
        before = self._now(transaction, key)
        if before is not None and self._lock(transaction, key):
            self._write(transaction, self._gone(key, before), (key, None))

    def _move(self, transaction: Transaction, key: Key, to: Key) -> None:
        before = self._now(transaction, key)
        if before is None or self._now(transaction, to) is not None or key in transaction.came:
            return
        if not self._lock(transaction, key, to):
            return
        value = self._value()
        transaction.came.add(to)
        self._write(transaction, self._moved(key, to, before, value), (key, None), (to, value))

    def _swap(self, transaction: Transaction, key: Key, other: Key) -> None:
        """One UPDATE; the key is checked at the commit. Half of the time the rows differ in the key alone."""
        first, second = self._now(transaction, key), self._now(transaction, other)
        if first is None or second is None or key == other or {key, other} & transaction.came:
            return
        if not self._lock(transaction, key, other):
            return
        transaction.came |= {key, other}
        self._write(transaction, self._moved(key, other, first, first), (key, None), (other, first))
        self._write(transaction, self._moved(other, key, second, second), (key, second))

    def _moved(self, key: Key, to: Key, before: str, value: str) -> Message:
        oid, new = RELATIONS[key[0]].id, self._row(to[1], value)
        if RELATIONS[key[0]].identity == "f":
            return Update(oid, new, old=self._row(key[1], before))
        return Update(oid, new, key=[key[1].encode(), None])

    def _gone(self, key: Key, before: str) -> Message:
        oid = RELATIONS[key[0]].id
        if RELATIONS[key[0]].identity == "f":
            return Delete(oid, old=self._row(key[1], before))
        return Delete(oid, key=[key[1].encode(), None])

    def _echo(self) -> None:
        """A request of the forward job's."""
        transaction = Transaction()
        for name in self.rng.sample(NAMES, self.rng.randint(1, 6)):
            self._put(transaction, ("echoed", name))
        self._mark(transaction)
        self._commit(transaction)

    def _mark(self, transaction: Transaction) -> None:
        self.lsn += 1
        row = [b"0-1", b'{"id":{"S":"0-1"}}']
        place = self.rng.randint(0, len(transaction.changes))
        mark = Written(self.lsn, (ORIGIN, "0-1"), "", (Insert(MARKS.id, row),))
        transaction.changes.insert(place, mark)

    def _write(self, transaction: Transaction, message: Message, *changes: Tuple[Key, Optional[str]]) -> None:
        self.lsn += self.rng.randint(1, 9)
        for place, (key, value) in enumerate(changes):
            sent = (message,) if not place else ()
            transaction.changes.append(Written(self.lsn, key, value, sent))

    def _commit(self, transaction: Transaction) -> None:
        if not transaction.changes:
            return
        self.lsn += 1
        transaction.commit_lsn, self.lsn = self.lsn, self.lsn + 8
        transaction.end_lsn = self.lsn
        for change in transaction.changes:
            self._count += 1
            self._versions[change.lsn, change.key] = self._count
            if change.value is None:
                self.rows.pop(change.key, None)
            else:
                self.rows[change.key] = change.value
        self.log.append(transaction)

    def _value(self) -> str:
        if self.poisons and self.rng.random() < 0.05:
            return f"{POISON} {self.lsn}"
        return self.rng.choice(("same", f"{self.lsn}"))

    @staticmethod
    def _row(key: str, value: str) -> List[Any]:
        return [key.encode(), document(key, value)]

    def _server_crash(self) -> None:
        """The slot is where it was last written to disk, and everybody's connection is cut."""
        if self.server is not None:
            self.server.close()
        self.slot = min(self.slot, self.saved_slot)
