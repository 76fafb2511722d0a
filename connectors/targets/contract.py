"""What the jobs need from the target database.

A target is a folder beside this file with a class for `Target`, and an entry in connectors.targets.open.
"""

from __future__ import annotations

from typing import Callable, ContextManager, List, Optional, Protocol

from connectors.dynamodb.caller import Caller
from connectors.dynamodb.limits import LimitOf
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.board import Board
from connectors.model.dead_letters import DeadLetters
from connectors.model.orders import SegmentOrder
from connectors.model.pages import ReadSplit
from connectors.model.pipeline import WritePipeline
from connectors.targets.check_contract import CheckEnds, CheckSides
from connectors.targets.preflight.sides import TargetSide

BeforeAttempt = Callable[[], None]
"""Runs before each attempt to write. An exception from it ends the call."""


class TargetTables(Protocol):
    """The target's tables, as the forward job creates, sweeps and writes them. Built on every worker; several
    threads may use it."""

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        """Returns once the table accepts writes, with a warning for each difference from the source's
        table.

        `rescan`: a new scan after a gap; the table contains what the job has written, and must be kept.
        `first_attempt`: this run has not written into it yet. Raises PreflightError, TerminalError,
        TransientError; safe to repeat.
        """
        ...

    def table_id(self, table: str) -> Optional[str]:
        """Identifies the target's table: one that is dropped and created again has another. Empty if the
        target has no such ids; None if the table does not exist. Raises as `ensure`."""
        ...

    def sweep_bytes(self, source: TableDescription) -> int:
        """Approximate size of the target's table, by which a sweep is divided; 0: one segment."""
        ...

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> ReadSplit:
        """Reads the target's table. Its pages contain keys that the source no longer has, to be deleted."""
        ...

    def pipeline(self, writer: int, limit_of: LimitOf, letters: DeadLetters) -> WritePipeline:
        """The pipeline of one worker. `writer`: its number, unique among workers that write at the same time.
        `limit_of`: the worker's share of each table's rate, in items per second."""
        ...

    def board(self) -> Board:
        """The board, which workers report to the enumerator on. For one thread; does not need `ensure`."""
        ...


class Target(Protocol):
    """Created from the settings; connects when one of its parts is used. `seconds` bounds each answer.

    Each part raises PreflightError if the target is the source itself: a job would overwrite what it reads,
    and a check would compare a database with itself.
    """

    def preflight(self, seconds: float) -> ContextManager[TargetSide]:
        """For the checks before the forward job. Raises ConfigError, PreflightError, TransientError."""
        ...

    def tables(self, source: Caller, before_attempt: BeforeAttempt) -> TargetTables:
        """For the forward job's workers. `source`: the source database."""
        ...

    def check_ends(self, seconds: float) -> ContextManager[CheckEnds]:
        """For the checks before the check job starts."""
        ...

    def check_sides(self, before_attempt: BeforeAttempt) -> CheckSides:
        """For the check's workers."""
        ...
