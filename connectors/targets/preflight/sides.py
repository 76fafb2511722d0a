"""The databases that are checked, and what the job needs from them."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Protocol, Tuple, TypeVar

from connectors.base.errors import PolarshakeError, TransientError
from connectors.config.choices import CopyMode
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import ServiceError, SettingNames
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import TableOptions
from connectors.targets.preflight.problems import KEYS_REFUSED, Problem, explain

T = TypeVar("T")


class NameFilter(Protocol):
    """The section `filter` of the configuration."""

    @property
    def white_table_set(self) -> Tuple[str, ...]:
        """Names and globs; empty: all tables."""
        ...

    def allows(self, name: str) -> bool: ...


class Findings:
    """The results of the checks of one table."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.problems: List[Problem] = []
        self.warnings: List[str] = []
        self.there: Optional[bool] = None
        """Whether the target has the table; None: this was not checked."""

    def add(self, text: str) -> None:
        self.problems.append(Problem(text, self.table))

    def ask(self, names: SettingNames, question: Callable[[], T]) -> Optional[T]:
        """The answer; None after an error, which is added to the problems."""
        try:
            return question()
        except PolarshakeError as error:
            self.problems.append(explain(error, names, self.table))
            return None


class TargetSide(Protocol):
    """The target database, which is only read here. Threads share it."""

    name: str
    """The setting that contains its address."""
    reached: str
    """A sentence for the user, shown if `reach` finds no problem."""

    def reach(self) -> List[Problem]:
        """Check that the database answers and accepts the credentials."""
        ...

    def look(self, source: TableDescription, ttl: Optional[str], wanted: PreflightOptions) -> Findings:
        """Check the target for one table. `ttl`: the source's time-to-live attribute."""
        ...


class PreflightSides(NamedTuple):
    """The clients should have a short retry bound: a side that is down costs it once."""

    source: Caller
    streams: Caller
    target: TargetSide


class PreflightOptions(NamedTuple):
    """The settings on which the checks depend."""

    filter: NameFilter
    mode: CopyMode = CopyMode.ALL
    tables: TableOptions = TableOptions()
    enable_streams: bool = True
    resumed: bool = False
    """The job starts from a savepoint or checkpoint, so it may have filled the target's tables itself."""


class SourceTable(NamedTuple):
    """A table that the filter includes and the source described."""

    description: TableDescription
    ttl_attribute: Optional[str]
    """None if time to live is disabled or not copied."""
    warnings: List[str]
    """Differences of a table that already exists at the target, one sentence each."""
    there: Optional[bool] = None
    """Whether the target already has the table; None: this was not checked."""


class Breaker(Caller):
    """Makes no further calls to a side that has not answered or has refused the credentials: each call would
    take a whole retry bound."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._fault: Optional[PolarshakeError] = None

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        if self._fault is not None:
            raise self._fault
        try:
            return self._caller.call(operation, body, table)
        except (TransientError, ServiceError) as fault:
            if isinstance(fault, TransientError) or fault.code in KEYS_REFUSED:
                self._fault = fault
            raise
