"""PolarDB with one slot, a reverse job that crashes, loses changes and is moved by hand, its record, and a
chain of checks for the way back. The recorder, the session, the segments, the reader and the chain are real.

Comparing is idealized: a key that differs when it is compared counts as a difference. Each write has a value
of its own, so that no value returns.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

import msgspec

from connectors.base.errors import TransientError
from connectors.check.changes.chain import (
    BrokenChain,
    Chain,
    ChainLink,
    ChainTable,
    LogState,
    Selection,
    sealed,
    unsealed,
)
from connectors.check.changes.link import next_chain, turned_back
from connectors.check.changes.record import HOLE_LISTINGS, LIST_SECONDS, PATIENCE_SECONDS, RecordReader
from connectors.check.report.summary import (
    CheckMode,
    CheckRun,
    ReportSide,
    Scope,
    Summary,
    TableResult,
    Verdict,
    summarise,
)
from connectors.config.choices import Direction
from connectors.model.digests import digest_of
from connectors.model.keys import KeyAttribute, KeyReader, KeySchema
from connectors.postgres.replication.confirmed import Session
from connectors.postgres.replication.continuity import KnownIdentities, TableIdentity
from connectors.reverse.recording import KeyRecorder
from tests.fakes.storage import MemoryStorage
from tests.unit.connectors.check.changes.histories import Op

TABLE, SLOT, PUBLICATION, OID = "orders", "slot", "pub", 17
KEYS = "abcdefgh"
POLARDB, DYNAMODB = ReportSide("PolarDB", "y"), ReportSide("Amazon DynamoDB", "x")
READER = KeyReader(TABLE, KeySchema(KeyAttribute("pk", "S")))
MOST_TURNS = 400


class Change(NamedTuple):
    key: str
    value: Optional[int]
    lost: bool = False
    """The reverse job does not write it."""
    truncates: bool = False


class Transaction(NamedTuple):
    commit: int
    """The position at which its commit begins."""
    end: int
    changes: List[Change]


class RecordWorld:
    def __init__(self) -> None:
        self.now, self.lsn, self.version = 0.0, 1000, 0
        self.source: Dict[str, int] = {}
        self.target: Dict[str, int] = {}
        self.log: List[Transaction] = []
        self.server = 1
        self.slot = self.saved_slot = self.lsn
        self.storage = MemoryStorage()
        self.left_out = False
        """The job's filter excludes the table."""
        self.faults: Set[str] = set()
        """What happened that must not end in an EQUAL without a reason."""
        for key in KEYS[:4]:
            self.version += 1
            self.source[key] = self.target[key] = self.version
        self.stored = self._cut_over()
        self.start_job()

    # -- the application and the server --------------------------------------------------------------------

    def write(self, n: int) -> None:
        self._commit([self._changed(n)])

    def write_many(self, n: int) -> None:
        self._commit([self._changed(n + each) for each in range(2 + n % 5)])

    def write_lost(self, n: int) -> None:
        """A change that the reverse job will lose without a word."""
        self._commit([self._changed(n)._replace(lost=True)])

    def delete(self, n: int) -> None:
        key = KEYS[n % len(KEYS)]
        self.source.pop(key, None)
        self._commit([Change(key, None)])

    def truncate(self, n: int) -> None:
        self.source.clear()
        self._commit([Change("", None, truncates=True)])

    def truncate_lost(self, n: int) -> None:
        """The reverse job does not empty DynamoDB's table."""
        self.source.clear()
        self._commit([Change("", None, lost=True, truncates=True)])

    def pass_log(self, n: int) -> None:
        """Another database writes."""
        self.lsn += 1 + n % 50

    def crash_server(self, n: int) -> None:
        """The slot may be where it was last written to disk. The connection is cut."""
        self.server += 1
        self.slot = min(self.slot, self.saved_slot)
        self.start_job()

    def fail_over(self, n: int) -> None:
        """Another server lacks the last transactions, and goes on at the same position."""
        self.server += 1
        lost, kept = self.log[len(self.log) - n % 3 :], self.log[: len(self.log) - n % 3]
        self.log = kept
        self.lsn = min([each.commit for each in lost], default=self.lsn)
        self.slot = self.saved_slot = min(self.slot, self.lsn)
        self.source = self._replayed()
        self.start_job()

    def _replayed(self) -> Dict[str, int]:
        rows = dict(self.first_rows)
        for transaction in self.log:
            for change in transaction.changes:
                if change.truncates:
                    rows.clear()
                elif change.value is None:
                    rows.pop(change.key, None)
                else:
                    rows[change.key] = change.value
        return rows

    def _changed(self, n: int) -> Change:
        key = KEYS[n % len(KEYS)]
        self.version += 1
        self.source[key] = self.version
        return Change(key, self.version)

    def _commit(self, changes: List[Change]) -> None:
        commit = self.lsn + 3
        self.lsn = commit + 5
        self.log.append(Transaction(commit, self.lsn, changes))

    # -- the reverse job -----------------------------------------------------------------------------------

    def start_job(self) -> None:
        """Begin at the slot's own position, after a crash or a stop."""
        self.session = Session(self.slot, server=str(self.server))
        self.recorder = KeyRecorder(SLOT, PUBLICATION, self.storage, _never, _never)
        self.recorder.begin(self.session, _never)
        self.pending: List[Tuple[int, Change]] = []
        self.place, self.within = self._first_unread(), 0

    def _first_unread(self) -> int:
        return sum(1 for each in self.log if each.commit < self.session.floor)

    def reconnect(self, n: int) -> None:
        """The same process opens the connection again."""
        self.session = Session(self.slot, server=str(self.server))
        self.recorder.begin(self.session, _never)
        self.pending, self.place, self.within = [], self._first_unread(), 0

    def restart(self, n: int) -> None:
        self.start_job()

    def read(self, n: int) -> None:
        """A few messages, perhaps up to the middle of a transaction."""
        for _ in range(1 + n % 6):
            if self.place >= len(self.log):
                self.recorder.reach(self.lsn)
                self.pending.append((self.lsn, Change("", None)))
                break
            self._read(self.log[self.place])
        self.recorder.flush()

    def _read(self, transaction: Transaction) -> None:
        if self.within < len(transaction.changes):
            change = transaction.changes[self.within]
            self.within += 1
            self._tell(change)
            self.pending.append((0, change))
            return
        self.recorder.reach(transaction.end)
        self.pending.append((transaction.end, Change("", None)))
        self.place, self.within = self.place + 1, 0

    def _tell(self, change: Change) -> None:
        if change.truncates:
            self.recorder.truncate([] if self.left_out else [TABLE], [OID])
        elif self.left_out:
            self.recorder.change(OID, "", ())
        else:
            key = bytes(_raw(change.key))
            self.recorder.change(OID, TABLE, [(digest_of(TABLE, change.key.encode()), key, True)])

    def deliver(self, n: int) -> None:
        """Write to DynamoDB what has been read, in its order."""
        for _ in range(min(1 + n % 8, len(self.pending))):
            reached, change = self.pending.pop(0)
            if reached:
                self.session.passed(reached, 0.0)
            elif change.truncates and not (change.lost or self.left_out):
                self.target.clear()
            elif not (change.lost or self.left_out):
                self._apply(change)

    def _apply(self, change: Change) -> None:
        if change.value is None:
            self.target.pop(change.key, None)
        else:
            self.target[change.key] = change.value

    def record(self, n: int) -> None:
        self.recorder.turn()

    def report(self, n: int) -> None:
        self.slot = max(self.slot, self.session.confirmed)
        if n % 2:
            self.saved_slot = self.slot

    # -- what goes wrong -----------------------------------------------------------------------------------

    def leave_out(self, n: int) -> None:
        """The job goes on with another filter, or with the table again."""
        self.left_out = not self.left_out
        self.start_job()

    def move_slot(self, n: int) -> None:
        """Somebody advances the slot by hand."""
        self.slot = self.lsn
        self.start_job()

    def lose_segment(self, n: int) -> None:
        names = sorted(self.storage.objects)
        if names:
            del self.storage.objects[names[n % len(names)]]

    def edit_segment(self, n: int) -> None:
        names = sorted(self.storage.objects)
        if names:
            name = names[n % len(names)]
            self.storage.objects[name] = self.storage.objects[name].replace(b'"a"', b'"b"')

    def storage_fails(self, n: int) -> None:
        self.storage.error = TransientError("no route")
        self.recorder.turn()
        self.storage.error = None

    # -- the checks ----------------------------------------------------------------------------------------

    def _cut_over(self) -> bytes:
        """The chain that a cut-over leaves: both sides were equal, and nothing was written."""
        self.first_rows = dict(self.source)
        link = ChainLink(generation=0, started=1.0, ended=2.0, verdict=Verdict.EQUAL, keys=len(self.source))
        forward = Chain(
            root="root",
            source=DYNAMODB,
            target=POLARDB,
            selection=Selection(),
            links=[link],
            tables={TABLE: ChainTable(arn="arn", since=0.0)},
        )
        log = LogState(
            positions={SLOT: self.lsn},
            server=str(self.server),
            publications={SLOT: PUBLICATION},
            known=KnownIdentities({TABLE: TableIdentity(OID, "public.orders")}),
        )
        chain = turned_back(forward, 0.0, log)
        assert chain
        return sealed(chain)

    @property
    def chain(self) -> Chain:
        return unsealed(self.stored, "chain.json")

    def generation(self, between: List[Op], crash: bool = False) -> Optional[Summary]:
        """A generation; `between` happens while it reads. None if it crashes. Raises BrokenChain."""
        chain = self.chain
        self._verify(chain)
        log = chain.log
        assert log
        reader = RecordReader(log, {TABLE: READER}, self.storage, lambda: self.now)
        reader.until, started = self.lsn, self.now
        for turn in range(MOST_TURNS):
            reader.turn()
            if reader.complete(started):
                break
            self.now += LIST_SECONDS
            for op in between[turn : turn + 1]:
                self.do(op)
        if crash or not reader.complete(started):
            return None
        after, changed = reader.log(), reader.take()[TABLE]
        keys = {json.loads(key)["pk"]["S"] for key in changed.values()}
        keys |= {json.loads(bytes(key))["pk"]["S"] for key in chain.open.get(TABLE, [])}
        for op in between[MOST_TURNS:]:
            self.do(op)
        open_ = sorted(key for key in keys if self.source.get(key) != self.target.get(key))
        self._verify(chain)
        summary = self._summary(started, len(keys), len(open_))
        left = {TABLE: [_raw(key) for key in open_]} if open_ else {}
        following = next_chain(chain, started, self.now, chain.tables, summary, left, after)
        assert following
        self.stored = sealed(following)
        return summary

    def _verify(self, chain: Chain) -> None:
        assert chain.log
        if chain.log.server != str(self.server):
            raise BrokenChain("PolarDB was restarted")

    def attempt(self, between: List[Op], crash: bool) -> None:
        """A generation while everything moves: it may also fail."""
        with suppress(BrokenChain):
            self.generation(between, crash)

    def settle(self) -> None:
        """The application has stopped, and the reverse job has caught up."""
        for _ in range(1000):
            self.do(("read", 5))
            self.do(("deliver", 7))
            self.do(("record", 0))
            self.do(("report", 1))
            if self.slot >= self.lsn:
                return
        raise AssertionError("the slot stands still")

    def do(self, op: Op) -> None:
        name, number = op
        getattr(self, name)(number)

    def _summary(self, started: float, compared: int, different: int) -> Summary:
        run = CheckRun(
            started=started,
            ended=self.now,
            direction=Direction.REVERSE,
            mode=CheckMode(Scope.CHANGES),
            source=POLARDB,
            target=DYNAMODB,
        )
        table = TableResult(table=TABLE, compared=compared, equal=compared - different, different=different)
        return summarise(run, [table])


LONG_ENOUGH = LIST_SECONDS * MOST_TURNS > PATIENCE_SECONDS > LIST_SECONDS * HOLE_LISTINGS
"""A generation that lacks a segment ends with an error, within its turns."""


def _never(*given: object) -> bytes:
    raise AssertionError(given)


def _raw(key: str) -> msgspec.Raw:
    return msgspec.Raw(json.dumps({"pk": {"S": key}}).encode())
