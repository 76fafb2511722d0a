"""Writes of one thread: one unordered bulk write for each table, until all are durable or dead letters."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Callable, Dict, List, NamedTuple, Sequence

from connectors.base.errors import TerminalError, TransientError
from connectors.base.timing import REAL, Timing
from connectors.dynamodb.retry import Policy
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.writes import Write, Writer, WriteReport
from connectors.targets.mongodb.bulk import BulkAnswer, BulkCalls, BulkChange
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.faults import MongoFaultClass, advice, verdict_of
from connectors.targets.mongodb.schemas import Schemas
from connectors.targets.mongodb.values import Unconvertible

log = logging.getLogger(__name__)

DUPLICATE_TRIES = 3
"""If two upserts of one key run at the same time, one may fail as a duplicate; a retry succeeds. If another
document has the value of a unique index, every retry fails."""


class MongoWriter(Writer):
    """For one thread. Each key occurs once per call, so the order within a call does not matter."""

    def __init__(
        self,
        bulk: BulkCalls,
        schemas: Schemas,
        shape: Shape,
        dead_letters: DeadLetters,
        policy: Policy = Policy(),  # noqa: B008 - immutable
        before_attempt: Callable[[], None] = lambda: None,
        timing: Timing = REAL,
    ) -> None:
        """`policy.deadline` bounds the time without a successful write. `before_attempt` may raise."""
        self._bulk, self._schemas, self._shape = bulk, schemas, shape
        self._dead_letters, self._policy = dead_letters, policy
        self._before_attempt = before_attempt
        self._timing = timing
        self._converters: Dict[str, Converter] = {}
        self._texts: Counter[str] = Counter()

    def write(self, writes: Sequence[Write]) -> WriteReport:
        tables: Dict[str, List[Write]] = {}
        for write in writes:
            tables.setdefault(write.table, []).append(write)
        run = _BulkRun()
        for table, some in tables.items():
            self._table(table, some, run)
        # Before the report, because after it the source may forget the changes.
        self._dead_letters.add(run.dead)
        refused = tuple(letter.write for letter in run.dead)
        return WriteReport(
            len(writes) - len(refused),
            len(refused),
            run.retries,
            sent_bytes=run.sent,
            refused=refused,
        )

    def close(self) -> None:
        """Leaves the client and the dead letters open: others may share them."""
        self._bulk.close()

    def _table(self, table: str, writes: Sequence[Write], run: _BulkRun) -> None:
        pending = self._converted(table, writes, run)
        attempt, progress_at = 0, self._timing.clock()
        while pending:
            left, fault = self._attempt(table, pending, run)
            if not left:
                return
            if len(left) < len(pending):
                progress_at, attempt = self._timing.clock(), 0
            elif self._timing.clock() - progress_at > self._policy.deadline:
                raise self._give_up(table, len(left), fault)
            run.retries += 1
            self._timing.sleep(self._policy.pause(attempt, self._timing.random))
            pending, attempt = left, attempt + 1

    def _converted(self, table: str, writes: Sequence[Write], run: _BulkRun) -> List[_Pending]:
        converter = self._converter(table)
        pending, texts = [], 0
        for write in writes:
            try:
                if write.delete:
                    change = BulkChange(converter.delete(write.body), None)
                else:
                    put = converter.put(write.body)
                    change, texts = BulkChange(put.filter, put.document), texts + put.texts
                    run.sent += len(put.document)
                pending.append(_Pending(write, change))
            except Unconvertible as error:
                run.dead.append(DeadLetter(write, str(error)))
        self._note_texts(table, texts)
        return pending

    def _converter(self, table: str) -> Converter:
        found = self._converters.get(table)
        if found is None:
            found = self._converters[table] = Converter(self._schemas.of(table), self._shape)
        return found

    def _note_texts(self, table: str, texts: int) -> None:
        """Log when their number is 1 or has doubled: a line for each would fill the disk."""
        if not texts:
            return
        before, self._texts[table] = self._texts[table], self._texts[table] + texts
        if before.bit_length() < self._texts[table].bit_length():
            log.warning(
                "table %s: %d numbers of more than 34 digits so far were stored as text by this writer",
                table,
                self._texts[table],
            )

    def _attempt(self, table: str, pending: List[_Pending], run: _BulkRun) -> _Left:
        """The writes to be sent again, and why."""
        self._before_attempt()
        try:
            answer = self._bulk.write(table, [one.change for one in pending])
        except TransientError as error:
            return _Left(pending, str(error))
        return self._settled(table, pending, answer, run)

    def _settled(self, table: str, pending: List[_Pending], answer: BulkAnswer, run: _BulkRun) -> _Left:
        left, fault = [], answer.unconfirmed
        refused = {one.place for one in answer.refused}
        for one in answer.refused:
            verdict, refusal = verdict_of(one.code), pending[one.place]
            if verdict is MongoFaultClass.TERMINAL:
                raise TerminalError(f"table {table}: writing to MongoDB: {one.reason}.{advice(one.code)}")
            if verdict is MongoFaultClass.DUPLICATE:
                refusal = refusal._replace(duplicates=refusal.duplicates + 1)
            if verdict is MongoFaultClass.ITEM or refusal.duplicates == DUPLICATE_TRIES:
                run.dead.append(DeadLetter(refusal.write, one.reason))
            else:
                left.append(refusal)
                fault = one.reason
        if answer.unconfirmed:
            left += [one for index, one in enumerate(pending) if index not in refused]
        return _Left(left, fault)

    def _give_up(self, table: str, count: int, fault: str) -> TransientError:
        seconds = f"{self._policy.deadline:g} s"
        return TransientError(f"table {table}: no write got through for {seconds}: {count} writes: {fault}")


class _Pending(NamedTuple):
    write: Write
    change: BulkChange
    duplicates: int = 0
    """How often the server has refused it as a duplicate."""


class _Left(NamedTuple):
    pending: List[_Pending]
    fault: str


class _BulkRun:
    """One call of `write`."""

    def __init__(self) -> None:
        self.dead: List[DeadLetter] = []
        self.retries = self.sent = 0
