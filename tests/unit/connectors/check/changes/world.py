"""A source with its stream, a target, a forward job that lags, restarts and loses changes, and a chain of
checks that is made meanwhile. The chain, the reading of the stream and the verification of tables are real.

Comparing is idealized: a key that differs when it is compared counts as a difference. Each write has a value
of its own, so that no value returns.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import msgspec

from connectors.base.errors import TransientError
from connectors.check.changes.chain import (
    MARGIN,
    BrokenChain,
    Chain,
    Selection,
    expired,
    mismatch,
    sealed,
    unsealed,
)
from connectors.check.changes.link import next_chain, root_chain
from connectors.check.changes.reader import ChangesReader
from connectors.check.changes.sources import live_tables
from connectors.check.changes.table import TableReading
from connectors.check.report.summary import (
    CheckMode,
    CheckRun,
    ReportSide,
    Scope,
    Summary,
    TableResult,
    summarise,
)
from connectors.config.choices import Direction
from connectors.dynamodb.caller import Response
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.model.notices import PlannedTable
from tests.fakes.streams import FakeStreams
from tests.unit.connectors.check.changes.histories import Op
from tests.unit.connectors.check.rig import AtOnce

TABLE = "orders"
KEYS = "abcdefgh"
SCHEMA = KeySchema(KeyAttribute("pk", "S"))
SOURCE, TARGET = ReportSide("Amazon DynamoDB", "x"), ReportSide("PolarDB", "y")
STALE = MARGIN - 60
"""Maximum age in seconds of what a page of the full check shows."""
TURN = 0.4
MOST_TURNS = 400
"""Turns within which a generation must end if nothing hides a shard."""
DAY = 24 * 3600.0


class Change(NamedTuple):
    key: str
    value: Optional[int]
    lost: bool


class World:
    def __init__(self) -> None:
        self.fake = FakeStreams()
        self.fake.page_size = 3
        self.arn = self.fake.create(TABLE, shards=2)
        self.table_id = "id-1"
        self.source: Dict[str, int] = {}
        self.target: Dict[str, int] = {}
        self.history: Dict[str, List[Tuple[float, Optional[int]]]] = {}
        self.pending: List[Change] = []
        self.delivered: List[Change] = []
        self.version = 0
        self.stored = b""
        """chain.json; empty before the full check."""
        self.broken = False
        """Something happened that must break the chain."""
        self.lost = False
        self.replaced = 0.0
        """When the stream was created. No page of the full check shows an older state."""

    # -- the application, the stream and the forward job ---------------------------------------------------

    def write(self, n: int) -> None:
        self._change(KEYS[n % len(KEYS)], lost=False)

    def write_lost(self, n: int) -> None:
        """A change that the forward job will lose without a word."""
        self._change(KEYS[n % len(KEYS)], lost=True)

    def delete(self, n: int) -> None:
        key = KEYS[n % len(KEYS)]
        self.source.pop(key, None)
        self._record(Change(key, None, False))
        self.fake.delete(self.arn, key)

    def split(self, n: int) -> None:
        shards = self.fake.open_shards(self.arn)
        self.fake.split(self.arn, shards[n % len(shards)].shard_id, 1 + n % 2 if len(shards) < 8 else 1)

    def hide(self, n: int) -> None:
        shards = sorted(self.fake.streams[self.arn].shards)
        self.fake.hide(self.arn, shards[n % len(shards)], 1 + n % 3)

    def empty(self, n: int) -> None:
        self.fake.empty_pages(n % 4)

    def expire_iterators(self, n: int) -> None:
        self.fake.expire_iterators()

    def pass_time(self, n: int) -> None:
        self._wait(float(n % 900))

    def pass_hours(self, n: int) -> None:
        self._wait(float(n % 14) * 3600)

    def deliver(self, n: int) -> None:
        for _ in range(min(n % 7, len(self.pending))):
            change = self.pending.pop(0)
            self.delivered.append(change)
            self._apply(change)

    def replay(self, n: int) -> None:
        """The forward job restarts, and writes the last few changes once more, from an older one."""
        count = min(n % 5, len(self.delivered))
        if count:
            self.pending = self.delivered[-count:] + self.pending
            del self.delivered[-count:]

    def replace_stream(self, n: int) -> None:
        """A change is made while no stream is enabled. The forward job, as it happens, does not miss it."""
        key = KEYS[n % len(KEYS)]
        self.version += 1
        self.source[key] = self.version
        self._record(Change(key, self.version, True))
        self.arn, self.replaced = self.fake.create(TABLE, shards=2), self.fake.now
        self.broken = self.broken or bool(self.stored)

    def recreate_table(self, n: int) -> None:
        self.table_id += "'"
        self.broken = self.broken or bool(self.stored)

    def _change(self, key: str, lost: bool) -> None:
        self.version += 1
        self.source[key] = self.version
        self._record(Change(key, self.version, lost))
        self.fake.put(self.arn, key, self.version)

    def _record(self, change: Change) -> None:
        self.history.setdefault(change.key, [(0.0, None)]).append((self.fake.now, change.value))
        self.pending.append(change)
        self.lost = self.lost or change.lost

    def _apply(self, change: Change) -> None:
        if change.lost:
            return
        if change.value is None:
            self.target.pop(change.key, None)
        else:
            self.target[change.key] = change.value

    def _wait(self, seconds: float) -> None:
        self.fake.now += seconds
        self.fake.trim(self.fake.now - DAY)

    # -- the checks ----------------------------------------------------------------------------------------

    def full_check(self, between: List[Op]) -> None:
        """Compare each key at a time of its own. `between`: what happens meanwhile."""
        started = self.fake.now
        planned = PlannedTable(TABLE, arn=self.arn, source_id=self.table_id, since=float(int(started)))
        open_: List[str] = []
        for place, key in enumerate(KEYS):
            for op in between[place :: len(KEYS)]:
                self.do(op)
            if self._as_it_was(key, started) != self.target.get(key):
                open_.append(key)
        run = self._run(started, CheckMode(Scope.ALL))
        keys = {TABLE: [_raw(key) for key in open_]} if open_ else {}
        summary = _summary(run, len(KEYS), len(open_))
        self.stored = root_chain(run, Selection(), "root", summary, [planned], keys) or b""
        # What happened before the check began broke nothing; what happened since, did.
        self.broken = planned.arn != self.arn or planned.source_id != self.table_id

    def _as_it_was(self, key: str, started: float) -> Optional[int]:
        """What a page shows: as the item was some time ago."""
        moment = max(self.fake.now - STALE * (ord(key) % 3) / 2, self.replaced)
        return [value for at, value in self.history.get(key, [(0.0, None)]) if at <= moment][-1]

    @property
    def chain(self) -> Chain:
        return unsealed(self.stored, "chain.json")

    def generation(self, between: List[Op], crash: bool = False) -> Optional[Summary]:
        """A generation; `between` happens while it reads. None if it crashes or does not end.

        Raises BrokenChain.
        """
        chain = self.chain
        problem = mismatch(chain, SOURCE, TARGET, Selection(), [TABLE])
        if problem:
            raise BrokenChain(problem)
        live = live_tables(self, chain.tables, AtOnce())
        started = min(table.date for table in live.values())
        problem = expired(chain, started)
        if problem:
            raise BrokenChain(problem)
        table = TableReading(KeyReader(TABLE, SCHEMA), chain.tables[TABLE], self.fake, self.fake, self._now)
        reader = ChangesReader([table], AtOnce(), AtOnce(), self._now)
        for turn in range(MOST_TURNS):
            if reader.complete(started):
                break
            reader.turn()
            self.fake.now += TURN
            if turn < len(between):
                self.do(between[turn])
        if crash or not reader.complete(started):
            return None
        tables, changed = reader.chain(), reader.take()[TABLE]
        keys = {json.loads(key)["pk"]["S"] for key in changed.values()}
        keys |= {json.loads(bytes(key))["pk"]["S"] for key in chain.open.get(TABLE, [])}
        for op in between[MOST_TURNS:]:
            self.do(op)
        open_ = sorted(key for key in keys if self.source.get(key) != self.target.get(key))
        summary = _summary(self._run(started, CheckMode(Scope.CHANGES)), len(keys), len(open_))
        live_tables(self, chain.tables, AtOnce())
        after = next_chain(
            chain,
            started,
            self.fake.now,
            tables,
            summary,
            {TABLE: [_raw(key) for key in open_]} if open_ else {},
        )
        assert after is not None
        self.stored = sealed(after)
        return summary

    def settle(self) -> None:
        """The application has stopped, and the forward job has caught up."""
        self.fake.now += 10
        for change in self.pending:
            self.delivered.append(change)
            self._apply(change)
        self.pending = []
        for shard in self.fake.streams[self.arn].shards.values():
            shard.hidden = 0
        self.fake.now += 10

    def do(self, op: Op) -> None:
        name, number = op
        getattr(self, name)(number)

    def attempt(self, between: List[Op], crash: bool) -> None:
        """A generation while everything moves: it may also fail."""
        if self.stored:
            with suppress(BrokenChain, TransientError):
                self.generation(between, crash)

    def _now(self) -> float:
        return self.fake.now

    def _run(self, started: float, mode: CheckMode) -> CheckRun:
        return CheckRun(
            started=started,
            ended=self.fake.now,
            direction=Direction.FORWARD,
            mode=mode,
            source=SOURCE,
            target=TARGET,
        )

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        """Describe the table, as a Caller does."""
        found: Dict[str, Any] = {
            "TableName": TABLE,
            "TableId": self.table_id,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "LatestStreamArn": self.arn,
        }
        return Response(json.dumps({"Table": found}).encode(), float(int(self.fake.now)))


def _raw(key: str) -> Any:
    return msgspec.Raw(json.dumps({"pk": {"S": key}}).encode())


def _summary(run: CheckRun, compared: int, different: int) -> Summary:
    table = TableResult(table=TABLE, compared=compared, equal=compared - different, different=different)
    return summarise(run, [table])
