"""What the jobs need of the database that is migrated to.

A target is a folder beside this file with a class for `Target`, and an entry in connectors.targets.open.
"""

from __future__ import annotations

from typing import Callable, ContextManager, List, Optional, Protocol

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.board import Board
from connectors.model.dead_letters import DeadLetters
from connectors.model.orders import SegmentOrder
from connectors.model.pages import ReadSplit
from connectors.model.pipeline import WritePipeline
from connectors.targets.check_contract import CheckEnds, CheckSides
from connectors.targets.preflight.sides import TargetSide

BeforeAttempt = Callable[[], None]
"""Runs before each attempt to write; what it raises ends the call."""


class TargetTables(Protocol):
    """The target's tables, as the forward job creates, sweeps and writes them. Built on every worker; several
    threads may use it."""

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        """Returns once the table takes writes, with a warning for each way in which it is not as the
        source's.

        `rescan`: after a gap, when it holds what the job has written and must stay. `first_attempt`: this run
        has not written into it yet. Raises PreflightError, TerminalError, TransientError; safe to repeat.
        """
        ...

    def table_id(self, table: str) -> Optional[str]:
        """Identifies the target's table: one that is dropped and created again has another. Empty if the
        target has no such ids; None if the table does not exist. Raises as `ensure`."""
        ...

    def sweep_bytes(self, source: TableDescription) -> int:
        """About the size of the target's table, for dividing a sweep; 0: in one segment."""
        ...

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> ReadSplit:
        """Reads the target's table. Its pages hold the keys that the source no longer has, to be deleted."""
        ...

    def pipeline(self, writer: int, share: float, letters: DeadLetters) -> WritePipeline:
        """One worker's. `writer` is the worker's number; no two workers that write at the same time have the
        same. `share`, above 0 up to 1: the part of each table's `write.limit` that the worker may use."""
        ...

    def board(self) -> Board:
        """Where the workers report to the enumerator. For one thread; needs no `ensure` before."""
        ...


class Target(Protocol):
    """Made from the settings, and connects when one of its parts is used. `seconds` bounds each answer.

    Each part raises PreflightError if the target is the source itself: a job would overwrite what it reads,
    and a check would compare a database with itself.
    """

    def preflight(self, seconds: float) -> ContextManager[TargetSide]:
        """For the look before the forward job starts. Raises ConfigError, PreflightError, TransientError."""
        ...

    def tables(self, source: Caller, before_attempt: BeforeAttempt) -> TargetTables:
        """For the forward job's workers. `source`: the database that is migrated from."""
        ...

    def check_ends(self, seconds: float) -> ContextManager[CheckEnds]:
        """For the look before the check starts."""
        ...

    def check_sides(self, before_attempt: BeforeAttempt) -> CheckSides:
        """For the check's workers."""
        ...
