"""Writes of one thread: one unordered bulk write for each table, until all are durable or dead letters."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Callable, Dict, List, Optional, Sequence

from connectors.base.timing import REAL, Timing
from connectors.dynamodb.retry import Policy
from connectors.model.dead_letters import DeadLetter, DeadLetters
from connectors.model.writes import Write, Writer, WriteReport
from connectors.targets.mongodb.bulk import BulkCalls, BulkChange
from connectors.targets.mongodb.call import TableCall
from connectors.targets.mongodb.convert import Converter, Shape
from connectors.targets.mongodb.isolation import PassedWrites, PendingWrite
from connectors.targets.mongodb.schemas import Schemas
from connectors.targets.mongodb.values import Unconvertible

log = logging.getLogger(__name__)


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
        progress: Optional[PassedWrites] = None,
        may_repeat: bool = False,
    ) -> None:
        """`policy.deadline` bounds the time without a successful write. `before_attempt` may raise.
        `progress`: shared by writers of the same server. `may_repeat`: no other writer writes the keys of a
        call before it has returned, so a durable write may be sent again."""
        self._bulk, self._schemas, self._shape = bulk, schemas, shape
        self._dead_letters, self._policy = dead_letters, policy
        self._before_attempt = before_attempt
        self._timing, self._progress, self._may_repeat = timing, progress or PassedWrites(), may_repeat
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
        call = TableCall(
            self._bulk, table, self._progress, self._policy, self._timing, self._before_attempt, run.dead
        )
        call.write(self._converted(table, writes, run), self._may_repeat)
        run.retries += call.retries

    def _converted(self, table: str, writes: Sequence[Write], run: _BulkRun) -> List[PendingWrite]:
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
                pending.append(PendingWrite(write, change))
            except Unconvertible as error:
                run.dead.append(DeadLetter(write, str(error)))
        self._note_texts(table, texts)
        return pending

    def _converter(self, table: str) -> Converter:
        converter = self._converters.get(table)
        if converter is None:
            converter = self._converters[table] = Converter(self._schemas.of(table), self._shape)
        return converter

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


class _BulkRun:
    """One call of `write`."""

    def __init__(self) -> None:
        self.dead: List[DeadLetter] = []
        self.retries = self.sent = 0
